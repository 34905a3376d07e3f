import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../../shared/errors.ts';
import { Collected, MAX_DOCUMENT_BYTES, type Reported } from './collected.ts';
import { numberIn } from './known-documents.ts';
import { parseYaml } from './yaml-document.ts';

/** The folder of a model's repository in which the Hub looks for results. */
export const EVALUATION_RESULTS = '.eval_results';

const resultsSchema = z
  .array(
    z.looseObject({
      dataset: z.looseObject({ id: z.string().min(1), task_id: z.string().min(1) }),
      value: z.unknown(),
    }),
  )
  .min(1);
type Result = z.infer<typeof resultsSchema>[number];

/**
 * Results as the Hub's benchmarks take them (huggingface.co/docs/hub/eval-results), a list of datasets with a task and a
 * value: a metric is named `<dataset>.<task>`, and by its dataset alone where that has only one.
 */
export function metricsOfResults(documents: readonly unknown[], source: string): Reported {
  const results = documents.flatMap((document) => resultsIn(document, source));
  const collected = new Collected(source);
  for (const { dataset, value } of results) {
    const number = numberIn(value);
    collected.add(`${dataset.id}.${dataset.task_id}`, number);
    const tasks = results.filter((other) => other.dataset.id === dataset.id);
    if (tasks.length === 1) collected.add(dataset.id, number);
  }
  return collected.metrics;
}

function resultsIn(document: unknown, source: string): Result[] {
  const parsed = resultsSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  const what = where === '' ? 'are no list of results' : `have no valid "${where}"`;
  throw new UsageError(`The metrics in ${source} ${what}.`, {
    remedy:
      'Write a list of results, each with "dataset" (of "id" and "task_id") and "value", as the Hub documents it.',
  });
}

/** Reads all results of a folder `.eval_results`, one file of YAML or several. */
export async function readResultsFolder(
  path: string,
  source: string,
  signal: AbortSignal,
): Promise<Reported> {
  const documents: unknown[] = [];
  // A link could lead out of the folder.
  const entries = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
  for (const { name } of entries.filter((entry) => /\.ya?ml$/i.test(entry.name))) {
    const file = join(path, name);
    const label = `${source}/${name}`;
    const { size } = await stat(file);
    if (size > MAX_DOCUMENT_BYTES) {
      throw new UsageError(
        `The metrics in ${label} have ${size} bytes; at most ${MAX_DOCUMENT_BYTES} are read.`,
      );
    }
    const document = parseYaml(await readFile(file, { encoding: 'utf8', signal }), label);
    documents.push(resultsIn(document, label));
  }
  if (documents.length > 0) return metricsOfResults(documents, source);
  throw new UsageError(`There are no metrics in the folder ${source}: it has no file of YAML.`, {
    remedy: 'Give a folder of results as the Hub documents it, or a file of metrics.',
  });
}
