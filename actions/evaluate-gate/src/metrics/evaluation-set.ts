import { createHash } from 'node:crypto';
import type { DataEngine } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Rows of one part. Part of what the digest means: another number is another digest. */
const ROWS_OF_PART = 65_536;
/** Parts whose text is held at once. */
const PARTS_AT_ONCE = 16;

/**
 * A digest of the pairs of id and label, independent of the order of the rows: the rows are put in the order of their ids
 * and cut into parts; it is the SHA-256 of the SHA-256 of each part's text. Lengths before ids and labels keep `a` + `bc`
 * and `ab` + `c` apart, and a label from the rows that follow it: no label can be written that stands for them. The sorted rows are kept, where the engine may spill them, and hashed some parts at a time.
 */
export async function evaluationSetDigest(
  engine: DataEngine,
  table: string,
  columns: PredictionColumns,
  { n, partsAtOnce = PARTS_AT_ONCE, signal }: { n: number; partsAtOnce?: number; signal: AbortSignal },
): Promise<string> {
  const name = 'evaluation-set';
  const kept = `${table} in order`;
  // The engine keeps rows as they come, so that a row's number is its place.
  const sorted = `SELECT concat(length(id), ':', id, coalesce(concat(length(y), ':', y), '-')) AS t
    FROM (${selectRows(table, columns)}) ORDER BY id, y`;
  await engine.derive(kept, { name, sql: sorted }, signal);
  const digest = createHash('sha256');
  const step = ROWS_OF_PART * partsAtOnce;
  for (let from = 0; from < n; from += step) {
    const sql = `SELECT r // ${ROWS_OF_PART} AS part, sha256(string_agg(t, '' ORDER BY r)) AS d
      FROM (SELECT rowid AS r, t FROM "${kept}" WHERE rowid >= ${from} AND rowid < ${from + step})
      GROUP BY part ORDER BY part`;
    for (const { d } of (await engine.run([{ name, sql }], signal)).get(name) ?? []) digest.update(String(d));
  }
  return digest.digest('hex');
}
