import { createHash } from 'node:crypto';
import type { DataEngine } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Hashes of so many rows are sorted in memory at once; a gigabyte holds some three million. */
const ROWS_AT_ONCE = 1_000_000;
/** Buckets of hashes, by their first four hexadecimal digits. */
const BUCKETS = 0x10000;

/**
 * A digest of the pairs of id and label, independent of their order: the SHA-256 of the digests of buckets, each of which
 * is the SHA-256 of its rows' hashes in order. Lengths keep `a` + `bc` and `ab` + `c` apart. Of many rows the hashes are
 * kept, where the engine may spill them, and sorted a range of buckets at a time.
 */
export async function evaluationSetDigest(
  engine: DataEngine,
  table: string,
  columns: PredictionColumns,
  { n, atOnce = ROWS_AT_ONCE, signal }: { n: number; atOnce?: number; signal: AbortSignal },
): Promise<string> {
  const name = 'evaluation-set';
  // As bytes a hash takes half the memory, and the order is the same.
  const hashes = `WITH judged AS (${selectRows(table, columns)})
    SELECT unhex(sha256(concat(length(id), ':', id, y))) AS h FROM judged`;
  const passes = Math.ceil(n / atOnce);
  const kept = `${table} hashes`;
  if (passes > 1) await engine.derive(kept, { name, sql: hashes }, signal);
  const digest = createHash('sha256');
  for (let pass = 0; pass < passes; pass += 1) {
    const [from, to] = [edge(pass, passes), edge(pass + 1, passes)];
    const rows =
      passes > 1 ? `SELECT h FROM "${kept}" WHERE h >= unhex('${from}') AND h < unhex('${to}')` : hashes;
    const sql = `SELECT left(hex(h), 4) AS b,
      sha256(array_to_string(list_transform(list_sort(list(h)), lambda x: lower(hex(x))), '')) AS d
      FROM (${rows}) GROUP BY b ORDER BY b`;
    for (const { d } of (await engine.run([{ name, sql }], signal)).get(name) ?? []) digest.update(String(d));
  }
  return digest.digest('hex');
}

/** The first bucket of a pass; that behind the last sorts behind all hashes. */
function edge(pass: number, passes: number): string {
  const bucket = Math.floor((pass * BUCKETS) / passes);
  return bucket === BUCKETS ? 'ff'.repeat(33) : bucket.toString(16).padStart(4, '0');
}
