import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../../actions/evaluate-gate/src/evidence.ts';
import { isOneExpression } from '../../actions/evaluate-gate/src/inference/predicate.ts';
import { infer, overall } from './inference-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-slices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EVALUATION = {
  id: 'id',
  label: 'y',
  prediction: 'p',
  positive: '1',
  labels: ['0', '1'],
  scores: ['s'],
};

function evidenceOf(
  rows: readonly string[],
  slices: Record<string, unknown>,
  metrics: readonly string[] = ['accuracy'],
  evaluation: Record<string, unknown> = {},
): Promise<Evidence> {
  writeFileSync(join(folder, 'rows.csv'), ['id,y,p,s,age', ...rows, ''].join('\n'));
  const names = Object.keys(slices);
  const rules = metrics.map((metric) => ({
    metric,
    'max-regression': 0,
    ...(names.length > 0 ? { slices: names } : {}),
  }));
  const gate = { version: 1, evaluation: { ...EVALUATION, ...evaluation }, slices, rules };
  return infer(folder, gate, 'rows.csv', 'rows.csv');
}

const ROWS = ['a,1,1,0.9,10', 'b,0,0,0.2,20', 'c,1,0,0.4,30', 'd,0,0,0.4,'];

describe('slices', () => {
  it.each([
    ['age > ', 'cannot be asked'],
    ['age', 'is of type'],
    ["age > '1'); DROP TABLE candidate; --", 'is not one SQL expression'],
    ['age > 1, TRUE', 'is not one SQL expression'],
    ['count(*) > 1', 'cannot be asked'],
    ['nobody > 1', 'cannot be asked'],
    // Only the last row has a text that is no number.
    ["CAST(CASE WHEN id = 'd' THEN id ELSE '1' END AS INT) = 1", 'cannot be asked'],
  ])('by the predicate %s are a usage error', async (where, why) => {
    const attempt = evidenceOf(ROWS, { some: { where } });
    await expect(attempt).rejects.toThrow(/^gate\.yml:\d+: "where" of slice some/);
    await expect(attempt).rejects.toThrow(why);
  });

  it('by a column that is not there name the nearest', async () => {
    await expect(evidenceOf(ROWS, { some: { column: 'ago' } })).rejects.toMatchObject({
      message: expect.stringContaining('the column "ago", which the candidate\'s rows do not have') as string,
      remedy: expect.stringContaining('Did you mean "age"?') as string,
    });
  });

  it('of more than 200 values are refused', async () => {
    const rows = Array.from({ length: 201 }, (_, at) => `${at},1,1,0.5,${at}`);
    await expect(evidenceOf(rows, { some: { column: 'age' } })).rejects.toThrow('more than 200');
  });

  it('take no row without a value', async () => {
    const { slices } = await evidenceOf(ROWS, { age: { column: 'age', bins: [20] } });
    expect(slices.map(({ name, n }) => [name, n])).toEqual([
      ['age<20', 1],
      ['age>=20', 2],
    ]);
  });

  it('are named by their family, whatever its column is called', async () => {
    const { slices } = await evidenceOf(ROWS, {
      years: { column: 'age', bins: [15, 25] },
      truth: { column: 'y', values: [1, 0] },
      id: { column: 'id' },
      both: { all: ['years', 'truth'] },
    });
    const named = (family: string): string[] =>
      slices.filter((slice) => slice.family === family).map(({ name }) => name);
    expect(named('years')).toEqual(['years<15', '15<=years<25', 'years>=25']);
    expect(named('truth')).toEqual(['truth=1', 'truth=0']);
    expect(named('id')).toEqual(['id #1', 'id #2', 'id #3', 'id #4']);
    expect(named('both')).toContain('15<=years<25 & truth=0');
    expect(slices.map(({ name }) => name).join(' ')).not.toMatch(/age|y=/);
  });
});

describe('rows that tell little', () => {
  it('of two models that are one have no difference', async () => {
    const evidence = await evidenceOf(ROWS, {}, ['accuracy', 'f1', 'roc-auc', 'log-loss']);
    for (const metric of ['accuracy', 'f1', 'roc-auc', 'log-loss']) {
      const { difference } = overall(evidence, metric);
      expect(difference?.estimate, metric).toBe(0);
      expect(difference?.pLess(-0.5), metric).toBeLessThanOrEqual(1);
    }
  });

  it('of one class have no area, and say why', async () => {
    const found = overall(await evidenceOf(ROWS.slice(1, 2), {}, ['roc-auc']), 'roc-auc');
    expect(found).toMatchObject({ value: null, reason: 'a class has no rows, or no other class has any' });
  });

  it('of one row are not sure', async () => {
    const found = overall(await evidenceOf(ROWS.slice(0, 1), {}, ['log-loss']), 'log-loss');
    expect(found.difference?.pLess(1)).toBe(1);
  });

  it('whose scores are no probabilities have no log loss', async () => {
    const found = overall(await evidenceOf(['a,1,1,1.5,1', 'b,0,0,0.1,2'], {}, ['log-loss']), 'log-loss');
    expect(found).toMatchObject({ value: null, reason: 'the scores are no probabilities from 0 to 1' });
  });

  it('refuse a group column that is not there', async () => {
    await expect(evidenceOf(ROWS, {}, ['accuracy'], { group: 'patient' })).rejects.toThrow(
      '"patient" ("evaluation.group")',
    );
  });
});

describe('one expression', () => {
  it.each([
    ['a > 1', true],
    ["name = 'it''s; -- fine'", true],
    ['f(a, b) > 1', true],
    ['a) OR (b', false],
    ['a /* hidden', false],
    ["name = e'\\''", false],
    ['a > (1', false],
    ["name = 'open", false],
  ])('%s: %s', (sql, is) => expect(isOneExpression(sql)).toBe(is));
});
