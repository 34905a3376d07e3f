import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Inference } from '../../shared/statistics/inference.ts';

const numbers = z.array(z.number());
const tests = z.array(z.object({ value: z.number(), greater: z.number(), less: z.number() }));
const intervals = z.array(z.tuple([z.number().nullable(), z.number().nullable()]));
const spread = z.object({ mean: z.number(), deviation: z.number(), quantiles: numbers });
const pivot = { estimate: z.number(), standardError: z.number(), tests, intervals };

const schema = z.object({
  levels: numbers,
  normal: z.array(z.object(pivot)),
  student: z.array(z.object({ ...pivot, df: z.number() })),
  wilson: z.array(z.object({ successes: z.number(), n: z.number(), tests, intervals })),
  tango: z.array(
    z.object({ table: z.tuple([z.number(), z.number(), z.number(), z.number()]), tests, intervals }),
  ),
  mcnemar: z.array(
    z.object({ b: z.number(), c: z.number(), greater: z.number(), less: z.number(), twoSided: z.number() }),
  ),
  delong: z.array(
    z.object({
      ...pivot,
      scores: z.object({ truth: numbers, candidate: numbers, baseline: numbers }),
      single: z.object({ auc: z.number(), standardError: z.number(), tests, intervals }),
    }),
  ),
  separated: z.array(z.object({ positives: z.number(), negatives: z.number(), lower: numbers })),
  bootstrap: z.array(
    z.object({
      name: z.string(),
      estimate: z.number(),
      replicates: numbers,
      acceleration: z.number(),
      standardError: z.number(),
      percentile: intervals,
      bca: intervals,
    }),
  ),
  cells: z.array(
    z.object({ counts: numbers, all: spread, stratified: spread, acceleration: z.number().nullable() }),
  ),
  rows: z.object({ x: numbers, y: numbers, groups: numbers, plain: spread, clustered: spread }),
  signFlip: z.array(z.object({ differences: numbers, exact: z.boolean(), tests })),
  wilcoxon: z.array(
    z.object({ differences: numbers, estimate: z.number(), tests, intervals: intervals.optional() }),
  ),
  jackknife: z.array(z.object({ ...pivot, groupEstimates: numbers })),
  corrections: z.array(z.object({ p: numbers, holm: numbers, benjaminiHochberg: numbers })),
  power: z.array(
    z.object({
      n: z.number(),
      standardError: z.number(),
      distance: z.number(),
      alpha: z.number(),
      power: z.number(),
      neededRows: z.number(),
      detectable: z.number(),
    }),
  ),
  confusion: z.array(
    z.object({
      labels: z.number(),
      positive: z.number(),
      matrix: numbers,
      metrics: z.record(z.string(), z.number().nullable()),
    }),
  ),
  generator: numbers,
});

/** What reference.py wrote. */
export const expected = schema.parse(
  JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')),
);

export type Spread = z.infer<typeof spread>;
type Tests = z.infer<typeof tests>;
type Intervals = z.infer<typeof intervals>;

/** Equal to 1e-9, of the greater of 1 and the value. */
export function expectNear(actual: number, wanted: number, tolerance = 1e-9): void {
  expect(Math.abs(actual - wanted) / Math.max(1, Math.abs(wanted)), `${actual} for ${wanted}`).toBeLessThan(
    tolerance,
  );
}

export function expectTests(inference: Inference, wanted: Tests, tolerance = 1e-9): void {
  for (const { value, greater, less } of wanted) {
    expectNear(inference.pGreater(value), greater, tolerance);
    expectNear(inference.pLess(value), less, tolerance);
  }
}

/** A bound that reference.py wrote as null is infinite. */
export function expectIntervals(inference: Inference, wanted: Intervals): void {
  expect(wanted).toHaveLength(expected.levels.length);
  wanted.forEach(([low, high], index) => {
    const [actualLow, actualHigh] = inference.interval(expected.levels[index] ?? NaN);
    if (low === null) expect(actualLow).toBe(-Infinity);
    else expectNear(actualLow, low);
    if (high === null) expect(actualHigh).toBe(Infinity);
    else expectNear(actualHigh, high);
  });
}
