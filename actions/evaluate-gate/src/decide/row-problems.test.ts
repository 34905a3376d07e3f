import { describe, expect, it } from 'vitest';
import { compareSets } from './compared.ts';
import { confusionOf } from './confusion.ts';
import { joinProblems, rowProblems } from './row-problems.ts';

const EXPECTED = {
  id: 'i',
  label: 'y',
  prediction: 'p',
  scores: ['a', 'b'],
  weight: 'w',
  regression: true,
  classification: true,
};

describe('rowProblems', () => {
  it('finds none in whole rows', () => {
    expect(rowProblems({ n: 5, weight: 5 }, EXPECTED)).toEqual([]);
    expect(rowProblems({ n: 5, weight: 0, bad_weights: 1 }, { ...EXPECTED, weight: undefined })).toEqual([]);
  });

  it('refuses no rows', () => {
    expect(rowProblems({}, EXPECTED)).toEqual(['it has no rows']);
  });

  it('counts each problem', () => {
    const counts = {
      n: 9,
      null_ids: 1,
      repeated_ids: 2,
      null_labels: 3,
      null_predictions: 4,
      bad_scores: 5,
      bad_weights: 6,
      weight: 0,
      labels_no_number: 7,
      predictions_no_number: 8,
      undeclared_labels: 1,
      undeclared_predictions: 2,
    };
    expect(rowProblems(counts, EXPECTED)).toEqual([
      '1 row without a value in "i"',
      '2 rows that repeat an earlier "i"',
      '3 rows without a value in "y"',
      '4 rows without a value in "p"',
      '5 rows without a finite number in "a", "b"',
      '6 rows whose "w" is no number from 0',
      'the weights in "w" add up to 0',
      '7 rows without a finite number in "y"',
      '8 rows without a finite number in "p"',
      '1 row whose "y" is none of the declared "labels"',
      '2 rows whose "p" is none of the declared "labels"',
    ]);
    expect(
      rowProblems({ ...counts, repeated_ids: 1 }, { ...EXPECTED, regression: false, classification: false }),
    ).toHaveLength(7);
  });
});

describe('joinProblems', () => {
  it('counts rows in one file only, and differing labels', () => {
    expect(joinProblems({ missing: 0, extra: 0, differing: 0 })).toEqual([]);
    expect(joinProblems({})).toEqual([]);
    expect(joinProblems({ missing: 1, extra: 2, differing: 1 })).toEqual([
      "1 row of the baseline is missing in the candidate's predictions",
      "2 rows of the candidate's predictions are not among the baseline's",
      "1 row has another label in the baseline's predictions",
    ]);
    expect(joinProblems({ missing: 2, extra: 1, differing: 2 })).toEqual([
      "2 rows of the baseline are missing in the candidate's predictions",
      "1 row of the candidate's predictions is not among the baseline's",
      "2 rows have another label in the baseline's predictions",
    ]);
  });
});

describe('compareSets', () => {
  it.each([
    ['a', undefined, true, undefined],
    ['a', 'a', true, undefined],
    ['a', null, true, 'cannot be shown'],
    [null, 'a', true, 'cannot be shown'],
    ['a', 'b', false, undefined],
  ])('%s and %s', (candidateDigest, baselineDigest, comparable, notice) => {
    const compared = compareSets({ what: 'production v1', candidateDigest, baselineDigest });
    expect(compared.comparable).toBe(comparable);
    if (notice !== undefined)
      expect(compared).toMatchObject({ notice: expect.stringContaining(notice) as string });
    if (!comparable)
      expect(compared).toMatchObject({ reason: expect.stringContaining('another evaluation set') as string });
  });
});

describe('confusionOf', () => {
  it('withholds small cells, also empty ones', () => {
    const cells = [
      { label: 'no', prediction: 'no', n: 40 },
      { label: 'no', prediction: 'yes', n: 9 },
      { label: 'yes', prediction: 'yes', n: 10 },
    ];
    expect(confusionOf(['no', 'yes'], cells, 10)).toEqual({
      labels: ['no', 'yes'],
      counts: [
        [40, null],
        [null, 10],
      ],
    });
    expect(confusionOf(['no', 'yes'], cells, 0).counts).toEqual([
      [40, 9],
      [0, 10],
    ]);
  });
});
