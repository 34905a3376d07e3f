import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluationSetDigest } from '../../actions/evaluate-gate/src/metrics/evaluation-set.ts';
import { LIMITS, openEngine, temporaryFolder } from './engine.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const signal = new AbortController().signal;

/** The digest as its description has it, in so many words. */
function expected(rows: readonly (readonly [string, string])[]): string {
  const hashes = rows.map(([id, label]) => sha256(`${id.length}:${id}${label}`)).sort();
  const buckets = Map.groupBy(hashes, (hash) => hash.slice(0, 4));
  return sha256([...buckets.values()].map((bucket) => sha256(bucket.join(''))).join(''));
}

async function digests(rows: readonly (readonly [string, string])[], atOnce: readonly number[]) {
  await using folder = await temporaryFolder();
  await using engine = await openEngine();
  const path = join(folder.path, 'rows.csv');
  await writeFile(path, ['id,y', ...rows.map((row) => row.join(',')), ''].join('\n'));
  const found: string[] = [];
  for (const most of atOnce) {
    const source = { table: 'rows', path, label: 'rows', format: 'csv' } as const;
    await engine.open([source], { ...LIMITS, temporaryDirectory: folder.path }, signal);
    const [id, label] = ['id', 'y'].map((name) => ({ name, type: 'VARCHAR' }));
    if (id === undefined || label === undefined) throw new Error('columns');
    const columns = { id, label, prediction: label, scores: [], weight: undefined };
    found.push(await evaluationSetDigest(engine, 'rows', columns, { n: rows.length, atOnce: most, signal }));
  }
  return found;
}

describe('evaluationSetDigest', () => {
  const rows = Array.from(
    { length: 1000 },
    (_, index) => [`r${index}`, index % 3 === 0 ? 'a' : 'b'] as const,
  );

  it('is one, however many rows are sorted at once and in whatever order they stand', async () => {
    const digest = expected(rows);
    expect(await digests(rows, [1000, 999, 130, 1])).toEqual([digest, digest, digest, digest]);
    expect(await digests(rows.toReversed(), [1000])).toEqual([digest]);
  });

  it('tells where an id ends', async () => {
    const [one, other] = [await digests([['a', 'bc']], [9]), await digests([['ab', 'c']], [9])];
    expect(one).toEqual([expected([['a', 'bc']])]);
    expect(one).not.toEqual(other);
  });
});
