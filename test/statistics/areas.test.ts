import { describe, expect, it } from 'vitest';
import { aucInference } from '../../shared/statistics/auc.ts';
import { delongInference } from '../../shared/statistics/delong.ts';
import { expected, expectIntervals, expectNear, expectTests } from './expected.ts';
import { momentsOf } from './placements.ts';

describe('delongInference', () => {
  it.each(expected.delong)(
    'agrees with the definition over all pairs at $estimate',
    ({ scores, ...wanted }) => {
      const inference = delongInference(momentsOf(scores));
      expectNear(inference.estimate, wanted.estimate);
      expectNear(inference.standardError ?? NaN, wanted.standardError);
      expectTests(inference, wanted.tests);
      // Clipped, as no difference is beyond 1.
      expectIntervals(
        inference,
        wanted.intervals.map(([low, high]) => [Math.max(-1, low ?? NaN), Math.min(1, high ?? NaN)]),
      );
    },
  );
});

describe('aucInference', () => {
  it.each(expected.delong)('agrees with scipy on the logit scale at $single.auc', ({ scores, single }) => {
    const { candidate, s10cc, s01cc, positives, negatives } = momentsOf(scores);
    const inference = aucInference({ auc: candidate, s10: s10cc, s01: s01cc, positives, negatives });
    expectNear(inference.estimate, single.auc);
    expectNear(inference.standardError ?? NaN, single.standardError);
    expectTests(inference, single.tests);
    expectIntervals(inference, single.intervals);
  });

  it.each(expected.separated)(
    'has the bound of Newcombe where $positives and $negatives rows are separated',
    ({ positives, negatives, lower }) => {
      const right = aucInference({ auc: 1, s10: 0, s01: 0, positives, negatives });
      const wrong = aucInference({ auc: 0, s10: 0, s01: 0, positives, negatives });
      lower.forEach((bound, index) => {
        const level = expected.levels[index] ?? NaN;
        expectNear(right.interval(level)[0], bound);
        expect(right.interval(level)[1]).toBe(1);
        expect(wrong.interval(level)[0]).toBe(0);
        expectNear(wrong.interval(level)[1], 1 - bound);
        expectNear(right.pGreater(bound), (1 - level) / 2);
        expectNear(wrong.pLess(1 - bound), (1 - level) / 2);
      });
    },
  );
});
