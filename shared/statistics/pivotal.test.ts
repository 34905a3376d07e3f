import { describe, expect, it } from 'vitest';
import { normalInference } from './normal-inference.ts';
import { studentInference } from './student-inference.ts';

const pivot = { n: 20, method: 'any' };

describe('pivotalInference', () => {
  it('knows a value without error: it rejects every other', () => {
    const inference = normalInference({ ...pivot, estimate: 0.1, standardError: 0 });
    expect(inference.interval(0.9)).toEqual([0.1, 0.1]);
    expect([0, 0.1, 0.2].map((value) => inference.pGreater(value))).toEqual([0, 1, 1]);
    expect([0, 0.1, 0.2].map((value) => inference.pLess(value))).toEqual([1, 1, 0]);
  });

  it('takes what rounding leaves of a variance for none', () => {
    // The mean and standard error of ten times 0.1, summed one by one.
    const inference = studentInference({
      ...pivot,
      estimate: 0.09999999999999999,
      standardError: 4.6e-18,
      df: 9,
    });
    expect(inference.standardError).toBe(0);
    expect([inference.pGreater(0.1), inference.pLess(0.1)]).toEqual([1, 1]);
    expect(inference.pGreater(0)).toBe(0);
  });

  it('knows no difference of identical models', () => {
    const inference = normalInference({ ...pivot, estimate: 0, standardError: 0 });
    expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
    expect(inference.pGreater(-0.01)).toBe(0);
  });

  it.each([
    [NaN, 1],
    [Infinity, 1],
    [0, NaN],
    [0, -1],
    [0, Infinity],
  ])('refuses %d ± %d', (estimate, standardError) => {
    expect(() => normalInference({ ...pivot, estimate, standardError })).toThrow(RangeError);
  });

  it.each([0, 1, NaN, 95])('refuses an interval at level %d', (level) => {
    expect(() => normalInference({ ...pivot, estimate: 0, standardError: 1 }).interval(level)).toThrow(
      /confidence level/,
    );
  });
});

describe('studentInference', () => {
  it('knows nothing without a degree of freedom', () => {
    const inference = studentInference({ ...pivot, n: 1, estimate: 3, standardError: NaN, df: 0 });
    expect(inference.interval(0.5)).toEqual([-Infinity, Infinity]);
    expect([inference.pGreater(-1e9), inference.pLess(1e9)]).toEqual([1, 1]);
    expect(inference).toMatchObject({ estimate: 3, standardError: null, n: 1 });
  });
});
