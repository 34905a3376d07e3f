import type { DataEngine, Row, Table } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { isExpected, UsageError } from '../../../../shared/errors.ts';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { Metric } from '../decide/metrics.ts';
import type { DefinedMetric } from '../gate-file/gate-file.ts';
import { type Column, numberOrNull, textOf } from './column-values.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

interface DefinedOptions {
  readonly engine: DataEngine;
  readonly table: Table;
  readonly columns: PredictionColumns;
  readonly gatePath: string;
  /** How the user knows the file. */
  readonly label: string;
  readonly n: number;
  readonly signal: AbortSignal;
}

/** What a pairwise preference may say; `tie` counts half. */
export const PREFERENCES = ['candidate', 'tie', 'baseline'] as const;

/**
 * The value of each row by which a defined metric is a weighted mean: an expression over the file's own columns, NULL
 * where the row has none. Truth values count as 0 and 1.
 */
export function valueOfRow(metric: Exclude<DefinedMetric, { kind: 'sql' }>, column: Column): string {
  if (metric.kind === 'column' && column.type === 'BOOLEAN')
    return `CAST(${quoteIdentifier(column.name)} AS DOUBLE)`;
  return metric.kind === 'column'
    ? numberOrNull(column)
    : `CASE ${textOf(column)} WHEN 'candidate' THEN 1.0 WHEN 'tie' THEN 0.5 WHEN 'baseline' THEN 0.0 END`;
}

/**
 * Computes a metric that the gate file defines. A mistake of the gate file is a UsageError with its line; what the rows
 * lack leaves the metric without a value, with the reason.
 */
export async function definedMetric(metric: DefinedMetric, options: DefinedOptions): Promise<Metric> {
  return metric.kind === 'sql' ? bySql(metric, options) : byColumn(metric, options);
}

async function byColumn(
  metric: Exclude<DefinedMetric, { kind: 'sql' }>,
  { engine, table, columns, gatePath, label, n, signal }: DefinedOptions,
): Promise<Metric> {
  const own = table.columns.filter(({ name }) => !name.startsWith('__'));
  const column = own.find(({ name }) => name === metric.column);
  if (column === undefined) {
    const remedy = acceptedNames(
      metric.column,
      own.map(({ name }) => name),
    ).replace('Accepted:', 'Columns:');
    // A preference stands in the candidate's file alone, and an old baseline may lack a new score.
    if (table.name === 'baseline')
      return { value: null, n, reason: `${label} has no column "${metric.column}"` };
    throw wrong(metric, gatePath, `${label} has no column "${metric.column}"`, remedy);
  }
  const extra = [{ name: 'v', sql: valueOfRow(metric, column) }];
  const query = {
    name: metric.name,
    sql: `WITH judged AS (${selectRows(table.name, columns, extra)})
      SELECT count(*) FILTER (WHERE v IS NULL) AS missing, sum(w * v) / sum(w) AS value FROM judged`,
  };
  const row = (await engine.run([query], signal)).get(query.name)?.[0] ?? {};
  const missing = Number(row['missing']);
  if (missing === 0) return finite(row['value'], n);
  const rows = missing === 1 ? '1 row has' : `${missing} rows have`;
  const what = metric.kind === 'column' ? 'no finite number' : `none of ${PREFERENCES.join(', ')}`;
  return { value: null, n, reason: `${rows} ${what} in "${metric.column}"` };
}

async function bySql(
  metric: Extract<DefinedMetric, { kind: 'sql' }>,
  { engine, table, gatePath, n, signal }: DefinedOptions,
): Promise<Metric> {
  const name = `metric ${metric.name}`;
  // A comment at the expression's end must not swallow what closes it. Two rows are enough to see that it is no aggregate.
  const sql = `SELECT * FROM (SELECT (${metric.sql}\n) FROM ${quoteIdentifier(table.name)}) LIMIT 2`;
  let rows: readonly Row[];
  try {
    rows = (await engine.run([{ name, sql }], signal)).get(name) ?? [];
  } catch (error) {
    if (!isExpected(error)) throw error;
    const problem = /^".*" (?:failed in the data engine: |(?=is not one statement|is no SELECT))(.*)$/s.exec(
      error.message,
    )?.[1];
    // A time limit, memory or a dead engine is no mistake of the expression.
    if (problem === undefined) throw error;
    throw wrong(metric, gatePath, problem.replace(/\.$/, ''), AGGREGATE, error);
  }
  const values = Object.values(rows[0] ?? {});
  if (rows.length !== 1 || values.length !== 1) {
    const what =
      rows.length === 1 ? `${values.length} values` : `${rows.length === 0 ? 'no' : 'several'} rows`;
    throw wrong(metric, gatePath, `its "sql" gives ${what}, not one number`, AGGREGATE);
  }
  const [value] = values;
  if (value === null || value === undefined) return finite(null, n);
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    const what = Array.isArray(value) ? 'a list' : typeof value === 'string' ? 'text' : 'a truth value';
    throw wrong(metric, gatePath, `its "sql" gives ${what}, not a number`, 'Cast it to DOUBLE.');
  }
  return finite(value, n);
}

const AGGREGATE =
  'Write one aggregate expression over the columns of the predictions, such as avg(CAST(score AS DOUBLE)).';

function finite(value: Row[string] | undefined, n: number): Metric {
  const number = value === null || value === undefined ? NaN : Number(value);
  return Number.isFinite(number)
    ? { value: number, n }
    : { value: null, n, reason: 'it is not defined on these rows' };
}

function wrong(
  { name, line }: DefinedMetric,
  gatePath: string,
  problem: string,
  remedy: string,
  cause?: unknown,
): UsageError {
  return new UsageError(`${gatePath}:${line}: the metric "${name}" cannot be computed: ${problem}.`, {
    where: { file: gatePath, line },
    remedy,
    ...(cause === undefined ? {} : { cause }),
  });
}
