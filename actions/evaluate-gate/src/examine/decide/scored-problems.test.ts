import { expect, it } from 'vitest';
import { type ScoredCounts, scoredProblems } from './scored-problems.ts';

const FINE: ScoredCounts = {
  rows: 9,
  missing: 0,
  unknown: 0,
  duplicates: 0,
  withoutId: 0,
  withoutPrediction: 0,
  undeclared: 0,
  withoutScore: 0,
};

it.each<[Partial<ScoredCounts>, readonly string[]]>([
  [{}, []],
  [{ rows: 1, missing: 1 }, ['1 of 1 row has no prediction']],
  [
    { missing: 2, unknown: 2 },
    ['2 of 9 rows have no prediction', '2 predictions have ids that no row has that it was given'],
  ],
  [
    { duplicates: 1, withoutId: 2 },
    ['1 prediction has an id that an earlier one has', '2 predictions have no id'],
  ],
  [
    { withoutPrediction: 1, undeclared: 3, withoutScore: 2 },
    [
      '1 prediction is empty',
      '3 predictions are of no declared class',
      '2 rows have a score that is no finite number',
    ],
  ],
])('scoredProblems of %j', (counts, problems) => {
  expect(scoredProblems({ ...FINE, ...counts })).toEqual(problems);
});
