import type { Query, Row, Scalar } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import type { ProfileColumn } from './judge.ts';
import type { SplitTable } from './compile-contract.ts';
import type { Counted, PlannedCheck } from './planned-check.ts';

/** Above this, an exact count of distinct values of every column costs more than the pass itself; it is left out. */
const MAX_ROWS_COUNTED_DISTINCT = 1_000_000;
/** A report names the first failing rows; `trainyard explain` shows them. */
export const MAX_ROWS_NAMED = 20;
/** So many failing values of a pattern that only JavaScript can test are looked for again, to name their rows. */
const MAX_VALUES_LOOKED_FOR = 100;

/** So many aggregates one query has: enough for most tables, and few enough for the engine to plan at once. */
const MAX_AGGREGATES = 200;

/** How many rows a check judged, and how many break it. */
export interface Measured {
  readonly judged: number;
  readonly failing: number;
}

function counted(check: PlannedCheck): Counted | undefined {
  return check.test.kind === 'counted' ? check.test : undefined;
}

/**
 * The one pass over a split: counts for its profile and for all its checks. Of a wide table it comes in parts, each
 * with columns of its own, as the engine's work on one row of aggregates grows with the square of their number.
 */
export function passQueries(table: SplitTable, rows: number, checks: readonly PlannedCheck[]): Query[] {
  const distinct = rows <= MAX_ROWS_COUNTED_DISTINCT;
  const columns = table.columns.flatMap(({ name }, index) => [
    `count(${quoteIdentifier(name)}) AS values_${index}`,
    ...(distinct ? [`count(DISTINCT ${quoteIdentifier(name)}) AS distinct_${index}`] : []),
  ]);
  const counts = checks.flatMap((check, index) => {
    const test = counted(check);
    return test === undefined
      ? []
      : [`${test.judged} AS judged_${index}`, `${test.failing} AS failing_${index}`];
  });
  const all = ['count(*) AS all_rows', ...columns, ...counts];
  const parts = Math.ceil(all.length / MAX_AGGREGATES);
  return Array.from({ length: parts }, (_, part) => {
    const list = all.slice(part * MAX_AGGREGATES, (part + 1) * MAX_AGGREGATES).join(', ');
    return { name: `${table.split} ${part}`, sql: `SELECT ${list} FROM ${quoteIdentifier(table.split)}` };
  });
}

function count(value: Scalar | Scalar[] | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

/** The profile of a split from the row of its pass. */
export function profileOf(table: SplitTable, row: Row): ProfileColumn[] {
  const rows = count(row['all_rows']);
  return table.columns.map(({ name, type }, index) => {
    const distinct = row[`distinct_${index}`];
    return {
      split: table.split,
      column: name,
      type,
      rows,
      nulls: rows - count(row[`values_${index}`]),
      distinct: distinct === undefined ? null : count(distinct),
    };
  });
}

/** What the pass counted for each check, by its place in the list. */
export function measuredOf(checks: readonly PlannedCheck[], row: Row): Map<number, Measured> {
  return new Map(
    [...checks.keys()].flatMap((index) =>
      row[`judged_${index}`] === undefined
        ? []
        : [[index, { judged: count(row[`judged_${index}`]), failing: count(row[`failing_${index}`]) }]],
    ),
  );
}

/** The distinct values that a pattern of JavaScript's is tested on, each with the number of its rows. */
export function valuesQuery(table: SplitTable, test: Counted): Query | undefined {
  if (test.pattern === undefined) return undefined;
  const { value, alsoBroken } = test.pattern;
  const from = quoteIdentifier(table.split);
  return {
    name: table.split,
    sql: `SELECT ${value} AS value, count(*) AS number FROM ${from} WHERE ${value} IS NOT NULL AND NOT coalesce(${alsoBroken}, false) GROUP BY 1`,
  };
}

/** What a pattern is tested on: the values that are text, each with the number of its rows. */
export function valuesOf(rows: readonly Row[]): { value: string; number: number }[] {
  return rows.flatMap(({ value, number }) =>
    typeof value === 'string' ? [{ value, number: count(number) }] : [],
  );
}

/** Values that do not match, and the number of rows that hold them. */
export function unmatched(
  values: readonly { readonly value: string; readonly number: number }[],
  matches: readonly boolean[],
): { values: string[]; failing: number } {
  const failing = values.filter((_, index) => matches[index] === false);
  return {
    values: failing.slice(0, MAX_VALUES_LOOKED_FOR).map(({ value }) => value),
    failing: failing.reduce((sum, { number }) => sum + number, 0),
  };
}

/** The first rows that break a check; undefined where no single row is at fault. */
export function rowsQuery(
  table: SplitTable,
  name: string,
  test: Counted,
  values: readonly string[],
): Query | undefined {
  if (test.broken === undefined) return undefined;
  const marks = values.map((_, index) => `$${index + 1}`).join(', ');
  const broken =
    test.pattern === undefined || values.length === 0
      ? test.broken
      : `(${test.broken}) OR ${test.pattern.value} IN (${marks})`;
  return {
    name,
    sql:
      `SELECT __file, __row FROM (SELECT __file, __row, (${broken}) AS broken FROM ${quoteIdentifier(table.split)}) ` +
      `WHERE broken ORDER BY __file, __row LIMIT ${MAX_ROWS_NAMED}`,
    parameters: [...values],
  };
}
