import type { Row } from '../../../../shared/data/engine.ts';
import type { Cut } from './slice-families.ts';
import type { Paired } from './paired.ts';

/** A set of rows to measure, or several at once: all rows, or the slices of one family. */
export interface Scope {
  /** Undefined: all rows. */
  readonly cut: Cut | undefined;
  /** SQL of the index of a row's slice; rows below 0 are in none. */
  readonly key: string;
  /** Rows of each slice. */
  readonly sizes: readonly number[];
}

/** The rows of one query over the table of pairs, by slice. `sql` selects a column `k`. */
export async function bySlice(
  { engine, signal }: Paired,
  name: string,
  sql: string,
): Promise<ReadonlyMap<number, readonly Row[]>> {
  const rows = (await engine.run([{ name, sql }], signal)).get(name) ?? [];
  return Map.groupBy(rows, ({ k }) => Number(k));
}

/** Counts the rows of each slice. */
export async function scopeOf(paired: Paired, cut: Cut | undefined): Promise<Scope> {
  const key = cut?.key ?? '0';
  const sql = `SELECT ${key} AS k, count(*) AS n FROM paired WHERE ${key} >= 0 GROUP BY ALL`;
  const sizes = new Array<number>(cut?.names.length ?? 1).fill(0);
  for (const [k, [row]] of await bySlice(paired, 'sizes', sql)) sizes[k] = Number(row?.['n']);
  return { cut, key, sizes };
}

/** Rows of `paired` in a scope, with their slice as `k` and their weight as `w`. */
export function scopedRows({ weighted }: Paired, { key }: Pick<Scope, 'key'>): string {
  return `(SELECT *${weighted ? '' : ', CAST(1 AS DOUBLE) AS w'}, ${key} AS k FROM paired WHERE ${key} >= 0)`;
}
