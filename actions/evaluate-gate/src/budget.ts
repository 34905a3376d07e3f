import type { FileReference } from '../../../shared/record/common.ts';
import type { ExaminationRecord } from '../../../shared/record/evaluation-section.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { Metric, Metrics } from './decide/metrics.ts';
import type { Parameters } from './parameters/count-parameters.ts';

interface Sources {
  readonly training: SectionOf<'training'> | undefined;
  readonly files: readonly FileReference[];
  readonly examination: ExaminationRecord | undefined;
  /** Undefined where no rule asks for it. */
  readonly parameters: Parameters | undefined;
  /** What the training or a file tells; it stands where the gate measures nothing itself. */
  readonly reported: ReadonlyMap<string, unknown>;
  /** Metrics that rules name; no other is listed. */
  readonly ruled: ReadonlySet<string>;
}

/** What a model costs, as metrics that rules may bound: its size, its latency in the examination, its training. */
export function budgetMetrics(sources: Sources): Metrics {
  const { training, files, examination, parameters, reported, ruled } = sources;
  const found = new Map<string, Metric>();
  const put = (name: string, value: number | null | undefined, reason: string): void => {
    const known = value !== null && value !== undefined;
    if (!ruled.has(name) || (!known && reported.has(name))) return;
    found.set(name, known ? { value, n: null } : { value: null, n: null, reason });
  };
  const model = files.filter(({ role }) => role === 'model');
  const bytes = model.reduce((sum, file) => sum + file.bytes, 0);
  put('model-bytes', model.length === 0 ? null : bytes, 'the training section names no file of role model');
  put(
    'model-parameters',
    parameters?.value,
    parameters?.value === null ? parameters.reason : 'nobody counted them',
  );
  const latency = examination?.latencyMs;
  for (const [name, value] of [
    ['latency-p50-ms', latency?.p50],
    ['latency-p95-ms', latency?.p95],
    ['latency-p99-ms', latency?.p99],
  ] as const) {
    put(name, value, 'the gate did not run the model row by row, which it does with ONNX');
  }
  put('training-cost-usd', training?.cost?.usd, 'the training section tells no cost');
  put('training-energy-kwh', training?.body?.energyKwh, 'the training section tells no energy');
  return found;
}
