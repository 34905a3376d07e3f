import { quoteIdentifier, quoteText } from '../../../../shared/data/sql.ts';
import type { DataEngine, Limits, Table, TableSource } from '../../../../shared/data/engine.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { isNested } from './column-values.ts';

/** More names of scores than this are no file of lm-evaluation-harness. */
const MAX_SCORES = 1000;

/**
 * Opens files of predictions. Samples of lm-evaluation-harness (samples_<task>_<time>.jsonl), which have a line for each
 * example and filter, become one row an example, with its scores by the names that the results have without the task:
 * `acc`, `exact_match.strict-match`.
 */
export async function openPredictions(
  engine: DataEngine,
  sources: readonly TableSource[],
  limits: Limits,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Table>> {
  const tables = new Map(await engine.open(sources, limits, signal));
  for (const table of [...tables.values()]) {
    if (isSamples(table)) tables.set(table.name, await onePerExample(engine, table, signal));
  }
  return tables;
}

const typeOf = ({ columns }: Table, name: string): string | undefined =>
  columns.find((column) => column.name === name)?.type;

/** lm_eval/evaluator.py writes these keys into every sample; no other tool does so. */
function isSamples(table: Table): boolean {
  return (
    typeOf(table, 'doc_id') !== undefined &&
    typeOf(table, 'filter') === 'VARCHAR' &&
    typeOf(table, 'metrics') === 'JSON' &&
    typeOf(table, 'resps') !== undefined
  );
}

async function onePerExample(engine: DataEngine, table: Table, signal: AbortSignal): Promise<Table> {
  const label = table.files[0]?.label ?? table.name;
  const scores = await scoresOf(engine, table, label, signal);
  const own = new Set(scores.map(({ metric }) => metric));
  // Texts and their hashes are the same for every filter; lists and documents are nothing to compare or cut by.
  const kept = table.columns.filter(
    ({ name, type }) => !own.has(name) && !isNested(type) && !NOT_OF_EXAMPLE.has(name),
  );
  const columns = [
    ...kept.map(({ name }) => `any_value(${quoteIdentifier(name)}) AS ${quoteIdentifier(name)}`),
    ...scores.map(
      ({ name, metric, filter }) =>
        `max(CASE WHEN filter = ${quoteText(filter)} THEN ${quoteIdentifier(metric)} END) AS ${quoteIdentifier(name)}`,
    ),
  ];
  // An example that stands twice stays twice, so that it is found to be repeated.
  const sql = `SELECT doc_id, ${columns.join(', ')} FROM (SELECT *,
      row_number() OVER (PARTITION BY doc_id, filter) AS __nth FROM ${quoteIdentifier(table.name)})
    GROUP BY doc_id, __nth`;
  // A table that is derived hides the file's own of the same name.
  await engine.derive(table.name, { name: `samples of ${table.name}`, sql }, signal);
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  return {
    ...table,
    columns: [
      { name: 'doc_id', type: types.get('doc_id') ?? '' },
      ...kept,
      ...scores.map(({ name, metric }) => ({ name, type: types.get(metric) ?? '' })),
    ],
  };
}

const NOT_OF_EXAMPLE: ReadonlySet<string> = new Set(['doc_id', 'filter', '__file', '__row']);

interface Score {
  readonly name: string;
  /** The file's column. */
  readonly metric: string;
  readonly filter: string;
}

/** Each score that some line lists under `metrics`; a filter `none` is no part of its name. */
async function scoresOf(
  engine: DataEngine,
  table: Table,
  label: string,
  signal: AbortSignal,
): Promise<readonly Score[]> {
  const sql = `SELECT DISTINCT filter, unnest(from_json(metrics, '["VARCHAR"]')) AS metric
    FROM ${quoteIdentifier(table.name)} WHERE filter IS NOT NULL ORDER BY ALL LIMIT ${MAX_SCORES + 1}`;
  const query = { name: `scores of ${table.name}`, sql };
  const rows = (await engine.run([query], signal)).get(query.name) ?? [];
  const listed = rows.flatMap(({ filter, metric }): Score[] => {
    if (typeof filter !== 'string' || typeof metric !== 'string') return [];
    return [{ name: filter === 'none' || filter === '' ? metric : `${metric}.${filter}`, metric, filter }];
  });
  // Some metrics are lists, such as what a corpus-wide score is computed from: no row has a number.
  const scores = listed.filter(({ metric }) => {
    const type = typeOf(table, metric);
    return type !== undefined && !isNested(type);
  });
  if (scores.length > 0 && listed.length <= MAX_SCORES) return scores;
  throw new UsageError(
    scores.length === 0
      ? `The samples in ${label} list no score of which each example has a number.`
      : `The samples in ${label} list more than ${MAX_SCORES} scores.`,
    { remedy: 'Give the samples of one task, as lm-evaluation-harness writes them with --log_samples.' },
  );
}
