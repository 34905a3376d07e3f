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
  const texts = rows
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, label]) => `${id.length}:${id}${label.length}:${label}`);
  const parts: string[] = [];
  for (let from = 0; from < texts.length; from += 65_536) {
    parts.push(sha256(texts.slice(from, from + 65_536).join('')));
  }
  return sha256(parts.join(''));
}

async function digests(rows: readonly (readonly [string, string])[], partsAtOnce: readonly number[]) {
  await using folder = await temporaryFolder();
  await using engine = await openEngine();
  const path = join(folder.path, 'rows.csv');
  await writeFile(path, ['id,y', ...rows.map((row) => row.join(',')), ''].join('\n'));
  const found: string[] = [];
  for (const most of partsAtOnce) {
    const source = { table: 'rows', path, label: 'rows', format: 'csv' } as const;
    await engine.open([source], { ...LIMITS, temporaryDirectory: folder.path }, signal);
    const [id, label] = ['id', 'y'].map((name) => ({ name, type: 'VARCHAR' }));
    if (id === undefined || label === undefined) throw new Error('columns');
    const columns = { id, label, prediction: label, scores: [], weight: undefined };
    found.push(
      await evaluationSetDigest(engine, 'rows', columns, { n: rows.length, partsAtOnce: most, signal }),
    );
  }
  return found;
}

describe('evaluationSetDigest', () => {
  const rows = Array.from(
    { length: 200_000 },
    (_, index) => [`r${(index * 7919) % 200_000}`, index % 3 === 0 ? 'a' : 'b'] as const,
  );

  it('is one, however many parts are hashed at once and in whatever order the rows stand', async () => {
    const digest = expected(rows);
    expect(await digests(rows, [16, 3, 1])).toEqual([digest, digest, digest]);
    expect(await digests(rows.toReversed(), [16])).toEqual([digest]);
  });

  it('tells where an id ends', async () => {
    const [one, other] = [await digests([['a', 'bc']], [9]), await digests([['ab', 'c']], [9])];
    expect(one).toEqual([expected([['a', 'bc']])]);
    expect(one).not.toEqual(other);
  });

  it('tells where a label ends, so that no label stands for the rows that were left out', async () => {
    const rowsOfThree = [
      ['a', '0'],
      ['b', '1'],
      ['c', '0'],
    ] as const;
    const [all] = await digests(rowsOfThree, [9]);
    for (const label of ['01:b11:c0', '01:b1:11:c1:0', '0\t1:b', '01:b1:1']) {
      expect(await digests([['a', label]], [9])).not.toEqual([all]);
    }
  });
});
