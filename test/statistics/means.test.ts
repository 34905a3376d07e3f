import { describe, expect, it } from 'vitest';
import { jackknifeInference } from '../../shared/statistics/jackknife.ts';
import { normalInference } from '../../shared/statistics/normal-inference.ts';
import { signFlipInference } from '../../shared/statistics/sign-flip.ts';
import { studentInference } from '../../shared/statistics/student-inference.ts';
import { wilcoxonInference } from '../../shared/statistics/wilcoxon.ts';
import { expected, expectIntervals, expectNear, expectTests } from './expected.ts';

describe('normalInference', () => {
  it.each(expected.normal)('agrees with scipy at $estimate ± $standardError', (wanted) => {
    const inference = normalInference({ ...wanted, n: 10, method: 'Wald' });
    expectTests(inference, wanted.tests);
    expectIntervals(inference, wanted.intervals);
  });
});

describe('studentInference', () => {
  it.each(expected.student)("agrees with scipy's paired t test at $df degrees of freedom", (wanted) => {
    const inference = studentInference({ ...wanted, n: wanted.df + 1, method: 'paired t' });
    expectTests(inference, wanted.tests);
    expectIntervals(inference, wanted.intervals);
  });
});

describe('jackknifeInference', () => {
  it.each(expected.jackknife)('is the t test of group means for a mean of equal groups', (wanted) => {
    const inference = jackknifeInference(wanted);
    expect(inference.n).toBe(wanted.groupEstimates.length);
    expectNear(inference.standardError ?? NaN, wanted.standardError);
    expectTests(inference, wanted.tests);
    expectIntervals(inference, wanted.intervals);
  });
});

describe('wilcoxonInference', () => {
  it.each(expected.wilcoxon)('agrees with scipy on $differences', (wanted) => {
    const inference = wilcoxonInference({ differences: Float64Array.from(wanted.differences) });
    expectNear(inference.estimate, wanted.estimate);
    expectTests(inference, wanted.tests);
    if (wanted.intervals !== undefined) expectIntervals(inference, wanted.intervals);
  });

  it('has an interval whose ends its own test is about to reject, where the normal approximation stands', () => {
    const last = expected.wilcoxon.at(-1);
    const inference = wilcoxonInference({ differences: Float64Array.from(last?.differences ?? []) });
    const [low, high] = inference.interval(0.9);
    expectNear(inference.pGreater(low), 0.05, 1e-3);
    expectNear(inference.pLess(high), 0.05, 1e-3);
  });
});

describe('signFlipInference', () => {
  it.each(expected.signFlip)(
    'agrees with all patterns, or with scipy on many, for $differences',
    (wanted) => {
      const differences = Float64Array.from(wanted.differences);
      const inference = signFlipInference({ differences, replicates: 100_000, seed: 7 });
      // Two shares of 100,000 patterns each: five standard errors of their difference.
      expectTests(inference, wanted.tests, wanted.exact ? 1e-9 : 5 * Math.sqrt(0.5 / 100_000));
      if (!wanted.exact) return;
      for (const level of expected.levels) {
        // Just inside the interval the test does not reject, just outside it does.
        const [low, high] = inference.interval(level);
        const tail = (1 - level) / 2 + 1e-12;
        if (low !== -Infinity) expect(inference.pGreater(low - 1e-6)).toBeLessThanOrEqual(tail);
        if (high !== Infinity) expect(inference.pLess(high + 1e-6)).toBeLessThanOrEqual(tail);
        expect(inference.pGreater(low + 1e-6)).toBeGreaterThan(tail);
        expect(inference.pLess(high - 1e-6)).toBeGreaterThan(tail);
      }
    },
  );
});
