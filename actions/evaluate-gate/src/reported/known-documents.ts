import { z } from 'zod';
import { UsageError } from '../../../../shared/errors.ts';
import { Collected, isObject, own, type Reported } from './collected.ts';

/**
 * The metrics of a document: of one that a known tool wrote by that tool's layout, of any other by its nested numbers.
 */
export function metricsOfDocument(document: unknown, source: string): Reported {
  if (!isObject(document)) {
    throw new UsageError(`The metrics in ${source} are no JSON object.`, {
      remedy: 'Write one JSON object, as in {"accuracy": 0.98}.',
    });
  }
  const collected = new Collected(source);
  const known =
    modelIndex(document, collected) ||
    evaluationHarness(document, collected) ||
    evaluationTable(document, collected);
  if (!known) {
    collected.flatten(document);
    classificationReport(document, collected);
  }
  return collected.metrics;
}

const metricSchema = z.looseObject({ type: z.string().min(1), value: z.unknown().optional() });
const placeSchema = z.looseObject({
  type: z.string().optional(),
  config: z.string().nullish(),
  split: z.string().nullish(),
});
const modelIndexSchema = z.array(
  z.looseObject({
    results: z.array(z.looseObject({ dataset: placeSchema.optional(), metrics: z.array(metricSchema) })),
  }),
);

/**
 * Hugging Face's model-index (huggingface.co/docs/hub/model-cards): a metric is named `<dataset>.<metric>`, with the
 * dataset's config and split where they are told, and by its type alone where only one result has it.
 */
function modelIndex(document: object, collected: Collected): boolean {
  const index = own(document, 'model-index');
  if (index === undefined) return false;
  const parsed = modelIndexSchema.safeParse(index);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = ['model-index', ...(issue?.path ?? [])].map(String).join('.');
    throw new UsageError(`The metrics in ${collected.source} have no valid "${where}".`, {
      remedy: 'Write results with a dataset and metrics of "type" and "value", as the Hub documents it.',
    });
  }
  const all = parsed.data.flatMap(({ results }) =>
    results.flatMap(({ dataset, metrics }) => metrics.map((metric) => ({ dataset, ...metric }))),
  );
  for (const { dataset, type, value } of all) {
    const number = numberIn(value);
    const place = [dataset?.type, dataset?.config, dataset?.split].filter((part) => (part ?? '') !== '');
    if (place.length > 0) collected.add([...place, type].join('.'), number);
    if (all.filter((other) => other.type === type).length === 1 || place.length === 0)
      collected.add(type, number);
  }
  return true;
}

/** The Hub takes numbers in text too; `20.0 ± 1.2` is none that a gate could compare. */
export function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : null;
}

/**
 * Results of lm-evaluation-harness: `{"results": {task: {"metric,filter": number}}}`. The metric of a task is named
 * `<task>.<metric>`, and `<task>.<metric>.<filter>` where a filter is named. Groups stand beside the tasks.
 */
function evaluationHarness(document: object, collected: Collected): boolean {
  const results = own(document, 'results');
  const signs = ['versions', 'n-shot', 'configs', 'config_general', 'lm_eval_version'];
  if (!isObject(results) || !signs.some((sign) => own(document, sign) !== undefined)) return false;
  const groups = own(document, 'groups');
  for (const [task, values] of [
    ...Object.entries(results),
    ...(isObject(groups) ? Object.entries(groups) : []),
  ] as [string, unknown][]) {
    if (!isObject(values)) continue;
    for (const [key, value] of Object.entries(values) as [string, unknown][]) {
      if (typeof value === 'number' || value === null) collected.add(`${task}.${harnessName(key)}`, value);
    }
  }
  return true;
}

/** `acc,none` is `acc`, `exact_match,strict-match` is `exact_match.strict-match`. */
function harnessName(key: string): string {
  const comma = key.lastIndexOf(',');
  if (comma < 0) return key;
  const filter = key.slice(comma + 1);
  return filter === 'none' || filter === '' ? key.slice(0, comma) : `${key.slice(0, comma)}.${filter}`;
}

const tableSchema = z.looseObject({
  columns: z.array(z.string()),
  data: z.array(z.array(z.unknown())),
});

/**
 * A table in pandas' layout `split`, as MLflow's eval_results_table.json: the mean of each column of numbers. A column in
 * which a row lacks its number has no mean.
 */
function evaluationTable(document: object, collected: Collected): boolean {
  const parsed = tableSchema.safeParse(document);
  if (!parsed.success) return false;
  const { columns, data } = parsed.data;
  for (const [index, name] of columns.entries()) {
    const values = data.map((row) => row[index]);
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length === 0 || values.some((value) => typeof value === 'string')) continue;
    const complete = numbers.length === values.length;
    collected.add(name, complete ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : null);
  }
  return true;
}

/**
 * scikit-learn's classification_report(output_dict=True) has averages under `macro avg` and `weighted avg`: they get the
 * names of the standard metrics too.
 */
function classificationReport(document: object, collected: Collected): void {
  for (const average of ['macro', 'weighted', 'micro']) {
    const row = own(document, `${average} avg`);
    if (!isObject(row) || own(row, 'f1-score') === undefined) continue;
    for (const [key, metric] of [
      ['precision', 'precision'],
      ['recall', 'recall'],
      ['f1-score', 'f1'],
    ] as const) {
      const value = own(row, key);
      const name = `${metric}-${average}`;
      if (typeof value === 'number' && !collected.metrics.has(name)) collected.add(name, value);
    }
  }
}
