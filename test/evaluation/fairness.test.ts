import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FairnessEvidence } from '../../actions/evaluate-gate/src/evidence.ts';
import { infer } from './inference-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-fairness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rows of one group: label, prediction and how many. */
type Block = readonly [group: string, label: number, prediction: number, rows: number];

async function compare(
  metric: string,
  blocks: readonly Block[],
  more: Record<string, unknown> = {},
): Promise<FairnessEvidence | undefined> {
  const rows = blocks.flatMap(([group, y, p, n]) => Array.from({ length: n }, () => `${y},${p},${group}`));
  const text = ['id,y,p,sex', ...rows.map((row, at) => `${at},${row}`), ''].join('\n');
  writeFileSync(join(folder, 'rows.csv'), text);
  const gate = {
    version: 1,
    defaults: { seed: 7, replicates: 1000, 'min-slice-size': 50 },
    evaluation: { id: 'id', label: 'y', prediction: 'p', positive: '1', labels: ['0', '1'] },
    slices: { sex: { column: 'sex', values: ['f', 'm', 'x'] } },
    rules: [{ metric, fairness: { by: 'sex', 'max-difference': 0.05 }, ...more }],
  };
  return (await infer(folder, gate, 'rows.csv', undefined)).fairness.get(`${metric} sex`);
}

const APART: readonly Block[] = [
  ['f', 1, 1, 90],
  ['f', 1, 0, 10],
  ['f', 0, 1, 30],
  ['f', 0, 0, 70],
  ['m', 1, 1, 60],
  ['m', 1, 0, 40],
  ['m', 0, 1, 10],
  ['m', 0, 0, 90],
  ['x', 1, 1, 9],
];

describe('gaps between groups', () => {
  it.each([
    ['selection-rate', 0.6 - 0.35, 0.35 / 0.6],
    ['recall', 0.3, 0.6 / 0.9],
    ['precision', 60 / 70 - 90 / 120, 90 / 120 / (60 / 70)],
    ['accuracy', 0.05, 0.75 / 0.8],
  ])('of %s are greatest - least and least / greatest', async (metric, difference, ratio) => {
    const found = await compare(metric, APART);
    expect(found?.difference?.estimate).toBeCloseTo(difference, 12);
    expect(found?.ratio?.estimate).toBeCloseTo(ratio, 12);
    const [low, high] = found?.difference?.interval(0.9) ?? [NaN, NaN];
    expect(low).toBeLessThan(difference);
    expect(high).toBeGreaterThan(difference);
    expect(found?.groups.find(({ name }) => name === 'sex=x')).toEqual({ name: 'sex=x', n: 9, value: null });
  });

  it('of equalized odds are the greater of two', async () => {
    const found = await compare('equalized-odds', APART);
    expect(found?.difference?.estimate).toBeCloseTo(0.3, 12);
    expect(found?.ratio?.estimate).toBeCloseTo(0.1 / 0.3, 12);
    expect(found?.difference?.pGreater(0.05)).toBeLessThan(0.01);
  });

  it('are not shown where groups are alike', async () => {
    const alike = APART.filter(([group]) => group === 'f').flatMap((block): Block[] => [
      block,
      ['m', ...(block.slice(1) as [number, number, number])],
    ]);
    const found = await compare('recall', alike);
    expect(found?.difference?.estimate).toBe(0);
    expect(found?.difference?.pGreater(0.05)).toBeGreaterThan(0.5);
    expect(found?.ratio?.estimate).toBe(1);
  });

  it('need two groups that are large enough', async () => {
    const found = await compare(
      'recall',
      APART.filter(([group]) => group !== 'm'),
    );
    expect(found?.difference).toBeUndefined();
    expect(found?.reason).toContain('fewer than two groups have 50 rows');
  });
});
