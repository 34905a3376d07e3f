import { stringify } from 'yaml';
import type { ModelRecord } from './admission.ts';

/**
 * The front matter of Hugging Face's model cards, with a model-index (huggingface.co/docs/hub/model-cards). The
 * record does not say what task a model solves, so the task's type is `other`.
 */
export function writeFrontMatter({ training, evaluation, data }: ModelRecord): string {
  const { subject, dataset, body } = training;
  const isOnnx = body?.files.some(({ role, path }) => role === 'model' && path.endsWith('.onnx')) ?? false;
  const metrics = evaluation?.body?.metrics ?? [];
  const name = dataset ?? data[0]?.subject ?? 'unknown';
  const revision = body?.dataFingerprint ?? null;
  const result = {
    task: { type: 'other' },
    dataset: {
      name,
      type: name,
      ...(revision === null ? {} : { revision }),
    },
    metrics: metrics.map((metric) => ({ type: metric.name, name: metric.name, value: metric.value })),
  };
  const metadata = {
    ...(isOnnx ? { library_name: 'onnx' } : {}),
    tags: ['trainyard', ...(isOnnx ? ['onnx'] : [])],
    'model-index': [{ name: subject, results: metrics.length === 0 ? [] : [result] }],
  };
  return `---\n${stringify(metadata, { lineWidth: 0 })}---\n`;
}
