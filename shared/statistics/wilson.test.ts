import { expect, it } from 'vitest';
import { wilsonInference } from './wilson.ts';

it('rejects values that no proportion has, and 0 and 1 by a single row', () => {
  const half = wilsonInference({ successes: 1, n: 2 });
  expect([-0.1, 0, 1, 1.1].map((value) => half.pGreater(value))).toEqual([0, 0, 1, 1]);
  expect([-0.1, 0, 1, 1.1].map((value) => half.pLess(value))).toEqual([1, 1, 0, 0]);
  expect(wilsonInference({ successes: 0, n: 2 }).pGreater(0)).toBe(1);
  expect(wilsonInference({ successes: 2, n: 2 }).pLess(1)).toBe(1);
});

it('has a standard error where all are right', () => {
  const inference = wilsonInference({ successes: 100, n: 100 });
  expect(inference.standardError).toBeCloseTo(0.5 / 101, 12);
  expect(inference.interval(0.9)[1]).toBe(1);
});

it('nears the standard error of Wald in many rows', () => {
  const inference = wilsonInference({ successes: 30_000, n: 100_000 });
  expect(inference.standardError).toBeCloseTo(Math.sqrt((0.3 * 0.7) / 100_000), 7);
});

it.each([
  [0, 0],
  [3, 2],
  [-1, 2],
  [NaN, 2],
])('refuses %d of %d', (successes, n) => {
  expect(() => wilsonInference({ successes, n })).toThrow(RangeError);
});
