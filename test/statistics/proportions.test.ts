import { describe, expect, it } from 'vitest';
import { mcnemarInference } from '../../shared/statistics/mcnemar.ts';
import { pairedScoreInference } from '../../shared/statistics/paired-score.ts';
import { wilsonInference } from '../../shared/statistics/wilson.ts';
import { expected, expectIntervals, expectNear, expectTests } from './expected.ts';

describe('wilsonInference', () => {
  it.each(expected.wilson)('agrees with statsmodels on $successes of $n', ({ successes, n, ...wanted }) => {
    const inference = wilsonInference({ successes, n });
    expectTests(inference, wanted.tests);
    expectIntervals(inference, wanted.intervals);
  });
});

describe('pairedScoreInference', () => {
  it.each(expected.tango)(
    'agrees with the numerically maximized likelihood on $table',
    ({ table: [both, onlyCandidate, onlyBaseline, neither], tests, intervals }) => {
      const inference = pairedScoreInference({ both, onlyCandidate, onlyBaseline, neither });
      expectTests(inference, tests);
      expectIntervals(inference, intervals);
    },
  );

  it('agrees with the example of Tango 1998, table III', () => {
    // Cross-over trial of contact lens disinfection: 43, 0, 1, 0.
    const [low, high] = pairedScoreInference({
      both: 43,
      onlyCandidate: 0,
      onlyBaseline: 1,
      neither: 0,
    }).interval(0.95);
    expect(low).toBeCloseTo(-0.118, 3);
    expect(high).toBeCloseTo(0.06, 2);
  });
});

describe('mcnemarInference', () => {
  it.each(expected.mcnemar)('agrees with scipy and statsmodels on $b and $c', (wanted) => {
    const inference = mcnemarInference({
      both: 5,
      onlyCandidate: wanted.b,
      onlyBaseline: wanted.c,
      neither: 5,
    });
    expectNear(inference.pGreater(0), wanted.greater);
    expectNear(inference.pLess(0), wanted.less);
    expectNear(Math.min(1, 2 * Math.min(inference.pGreater(0), inference.pLess(0))), wanted.twoSided);
  });
});
