import { describe, expect, it } from 'vitest';
import { aucInference } from './auc.ts';
import { delongInference } from './delong.ts';

const moments = {
  candidate: 0.8,
  baseline: 0.8,
  s10cc: 0.05,
  s10bb: 0.05,
  s10cb: 0.05,
  s01cc: 0.03,
  s01bb: 0.03,
  s01cb: 0.03,
  positives: 40,
  negatives: 60,
};

describe('delongInference', () => {
  it('knows that identical scores do not differ, whatever rounding left', () => {
    for (const rounding of [0, 1e-17, -1e-17]) {
      const inference = delongInference({ ...moments, s10cb: 0.05 + rounding, candidate: 0.8 + rounding });
      expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
      expect(inference.interval(0.9)[0]).toBeCloseTo(0, 12);
    }
  });

  it('keeps the interval within what a difference can be', () => {
    const inference = delongInference({ ...moments, candidate: 1, baseline: 0.1, s10bb: 9, s10cb: 0 });
    expect(inference.interval(0.99)[1]).toBe(1);
  });

  it.each([
    { positives: 1, negatives: 60 },
    { positives: 40, negatives: 1 },
  ])('knows nothing of %j rows', (rows) => {
    const inference = delongInference({ ...moments, ...rows, s10cc: NaN });
    expect(inference.interval(0.9)).toEqual([-1, 1]);
    expect([inference.pGreater(-0.5), inference.pLess(0.5)]).toEqual([1, 1]);
    expect([inference.pGreater(-1.1), inference.pLess(1.1)]).toEqual([0, 0]);
  });
});

describe('aucInference', () => {
  const single = { auc: 0.7, s10: 0.05, s01: 0.03, positives: 40, negatives: 60 };

  it('rejects areas that there cannot be', () => {
    const inference = aucInference(single);
    expect([-0.1, 0, 1, 1.1].map((value) => inference.pGreater(value))).toEqual([0, 0, 1, 1]);
    expect([-0.1, 0, 1, 1.1].map((value) => inference.pLess(value))).toEqual([1, 1, 0, 0]);
  });

  it('knows that a constant score tells nothing', () => {
    const inference = aucInference({ ...single, auc: 0.5, s10: 0, s01: 0 });
    expect(inference.interval(0.9)).toEqual([0.5, 0.5]);
    expect(inference.pGreater(0.5)).toBe(1);
  });

  it('doubts a separation that few rows show', () => {
    const inference = aucInference({ auc: 1, s10: 0, s01: 0, positives: 3, negatives: 3 });
    expect(inference.interval(0.9)[0]).toBeLessThan(0.8);
    expect([0, 1].map((value) => inference.pGreater(value))).toEqual([0, 0.5]);
    expect(inference.standardError).toBeGreaterThan(0.1);
  });

  it('knows nothing of a single row of one class', () => {
    expect(aucInference({ ...single, positives: 1 }).interval(0.9)).toEqual([0, 1]);
    expect(aucInference({ ...single, negatives: 1 }).pGreater(0.5)).toBe(1);
  });
});
