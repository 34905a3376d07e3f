import { describe, expect, it } from 'vitest';
import { signedRanks } from './signed-ranks.ts';
import { walshAverage } from './walsh.ts';
import { wilcoxonInference } from './wilcoxon.ts';

describe('wilcoxonInference', () => {
  it('finds no evidence in models that never differ, and tells the zeros', () => {
    const inference = wilcoxonInference({ differences: new Float64Array(60) });
    expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
    expect(inference).toMatchObject({ estimate: 0, standardError: 0, details: { zeros: 60 } });
    expect(inference.interval(0.9)).toEqual([0, 0]);
  });

  it('has no bounds in too few rows', () => {
    const inference = wilcoxonInference({ differences: Float64Array.of(1, 2) });
    expect(inference.interval(0.9)).toEqual([-Infinity, Infinity]);
    expect(inference.standardError).toBeNull();
    expect(inference.pGreater(0)).toBe(0.25);
  });

  it('has about the standard error of the mean where differences are normal', () => {
    const differences = Float64Array.from(
      { length: 2_000 },
      (_, i) => Math.sin(i * 12.9898) + Math.cos(i * 78.233),
    );
    const inference = wilcoxonInference({ differences });
    const root = Math.sqrt(differences.reduce((sum, value) => sum + value * value, 0)) / 2_000;
    expect((inference.standardError ?? NaN) / root).toBeGreaterThan(0.9);
    expect((inference.standardError ?? NaN) / root).toBeLessThan(1.15);
  });

  it('refuses no difference at all', () => {
    expect(() => wilcoxonInference({ differences: new Float64Array() })).toThrow(RangeError);
  });
});

describe('signedRanks', () => {
  it('drops zeros and shares the ranks of ties of either sign', () => {
    // Distances from 1: -2, -1, 0, 0, 1, 1, 3 → ranks of |2|, |1|, |1|, |1|, |3|: 4, 2, 2, 2, 5.
    const ranks = signedRanks(Float64Array.of(-1, 0, 1, 1, 2, 2, 4), 1);
    expect(ranks).toEqual({ positive: 9, n: 5, ties: 24 });
  });

  it('has none below and none above the ends', () => {
    expect(signedRanks(Float64Array.of(1, 2), 3)).toEqual({ positive: 0, n: 2, ties: 0 });
    expect(signedRanks(Float64Array.of(1, 2), 0)).toEqual({ positive: 3, n: 2, ties: 0 });
  });
});

describe('walshAverage', () => {
  it('finds each of them by rank', () => {
    const sorted = Float64Array.of(-3, -1, -1, 0.1, 2.7, 8);
    const all = [...sorted].flatMap((a, i) => [...sorted.subarray(i)].map((b) => (a + b) / 2));
    all.sort((a, b) => a - b);
    expect(all.map((_, index) => walshAverage(sorted, index + 1))).toEqual(all);
  });
});
