import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { seeded } from './mutate.ts';
import { writeParquet } from './parquet.ts';
import { bodyOf, contractOf, scene } from './scene.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const PYTHON = ['bin/python', 'Scripts/python.exe']
  .map((path) => join(ROOT, '.venv', path))
  .find((path) => existsSync(path));
const inCi = process.env['CI'] === 'true';

/** True where the environment of the example has what the reference needs. */
async function arrowIsThere(): Promise<boolean> {
  if (PYTHON === undefined) return false;
  return run(PYTHON, ['-c', 'import pyarrow.parquet']).then(
    () => true,
    () => false,
  );
}
const ready = await arrowIsThere();

const countsSchema = z.strictObject({
  rows: z.number(),
  nulls: z.record(z.string(), z.number()),
  distinct: z.record(z.string(), z.number()),
  duplicates: z.number(),
  below: z.number(),
  above: z.number(),
  short: z.number(),
  unmatched: z.number(),
  unlisted: z.number(),
});

const CONTRACT = contractOf([
  { name: 'id', logicalType: 'integer', unique: true },
  { name: 'amount', logicalType: 'number', logicalTypeOptions: { minimum: 10, maximum: 90 } },
  { name: 'name', logicalType: 'string', logicalTypeOptions: { minLength: 3, pattern: '^[A-Z][a-z]*$' } },
  { name: 'kind', quality: [{ metric: 'invalidValues', arguments: { validValues: ['a', 'b'] }, mustBe: 0 }] },
]);

/** Rows with everything that is counted: holes, repetitions, quotes, line ends and letters of all kinds. */
function csv(rows: number): string {
  const random = seeded(7);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const lines = Array.from({ length: rows }, () => {
    const id = random() < 0.02 ? '' : String(Math.floor(random() * rows * 5));
    const amount = random() < 0.05 ? '' : (random() * 100).toFixed(3);
    const name = pick(['Ann', 'Bo', 'Zoë', '"a, ""b"""', '"two\nlines"', '', 'Émile', 'Xavier', '日本語']);
    return [id, amount, name, pick(['a', 'b', 'c', ''])].join(',');
  });
  return `id,amount,name,kind\n${lines.join('\n')}\n`;
}

it.skipIf(!ready && !inCi).each(['csv', 'parquet'])(
  'Python counts the same in %s',
  { timeout: 120_000 },
  async (format) => {
    await using place = await scene();
    await place.write('data.csv', csv(20_000));
    await place.write('contract.yaml', CONTRACT);
    const file = join(place.folder, `data.${format}`);
    if (format === 'parquet') {
      const types = `id: 'BIGINT', amount: 'DOUBLE', name: 'VARCHAR', kind: 'VARCHAR'`;
      const source = join(place.folder, 'data.csv');
      await writeParquet(
        file,
        `SELECT * FROM read_csv('${source}', header = true, auto_detect = false, columns = {${types}})`,
      );
    }
    const outcome = await place.run({ data: `data.${format}`, contract: 'contract.yaml' });
    const { stdout } = await run(PYTHON ?? 'python3', [join(ROOT, 'test', 'data', 'reference.py'), file]);
    const theirs = countsSchema.parse(JSON.parse(stdout));

    const { checks, profile, sources } = bodyOf(outcome);
    const failing = (id: string) => checks.find((check) => check.id === `people.${id}`)?.failing;
    const ours = {
      rows: sources[0]?.rows,
      nulls: Object.fromEntries(profile.map(({ column, nulls }) => [column, nulls])),
      distinct: Object.fromEntries(profile.map(({ column, distinct }) => [column, distinct])),
      duplicates: failing('id.unique'),
      below: failing('amount.minimum'),
      above: failing('amount.maximum'),
      short: failing('name.minLength'),
      unmatched: failing('name.pattern'),
      unlisted: failing('kind.invalidValues'),
    };
    expect(ours).toEqual(theirs);
    expect(theirs.duplicates).toBeGreaterThan(100);
  },
);
