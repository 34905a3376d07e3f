import { describe, expect, it } from 'vitest';
import { pairedScoreInference } from '../../shared/statistics/paired-score.ts';
import { drawCells, evidenceOfCells, halfShared } from './cells.ts';
import { coveredIn } from './coverage.ts';
import { absoluteErrors, areas, identical, independent, onParts, outcomesOf, worse } from './decisions.ts';
import { sourceOf } from './draw.ts';

describe('evidenceOfCells', () => {
  it('is what the paired score says of the drawn rows', async () => {
    const cells = drawCells(sourceOf(1), 1000, halfShared(0.9));
    const found = await evidenceOfCells(cells, [{ metric: 'accuracy', test: 'auto' }], {
      seed: 1,
      replicates: 200,
    });
    const counts = { both: 0, onlyCandidate: 0, onlyBaseline: 0, neither: 0 };
    for (const { y, c, b, n } of cells) {
      const kind = c === y ? (b === y ? 'both' : 'onlyCandidate') : b === y ? 'onlyBaseline' : 'neither';
      counts[kind] += Number(n);
    }
    expect(counts.both + counts.onlyCandidate + counts.onlyBaseline + counts.neither).toBe(1000);
    const wanted = pairedScoreInference(counts);
    const { difference, value } = found.get('accuracy auto') ?? {};
    expect(difference?.interval(0.9)).toEqual(wanted.interval(0.9));
    expect(value).toBe((counts.both + counts.onlyCandidate) / 1000);
  });
});

describe('agreement', () => {
  it('has the accuracies and the disagreement that were asked for', () => {
    const { both, onlyCandidate, onlyBaseline } = worse(0.9, 0.02, 0.08);
    expect(both + onlyBaseline).toBeCloseTo(0.9, 12);
    expect(both + onlyCandidate).toBeCloseTo(0.88, 12);
    expect(onlyCandidate + onlyBaseline).toBeCloseTo(0.08, 12);
    const same = identical(0.9, 0.05);
    expect(same.onlyCandidate).toBe(same.onlyBaseline);
  });
});

describe('outcomesOf', () => {
  it('judges each metric on all rows and on every part', async () => {
    const scenario = onParts(['accuracy', 'recall'], 0.5, {
      parts: 3,
      rows: 900,
      agreement: identical(0.9, 0.05),
    });
    const outcomes = await outcomesOf(scenario, 3, 1);
    expect(outcomes).toEqual(outcomes.map(() => new Array<string>(8).fill('pass')));
    expect(outcomes).toHaveLength(3);
  });

  it.each([
    ['accuracy', independent(2, 0, 1000, worse(0.9, 0.2, 0.3))],
    ['roc-auc', areas(1000, 0.01, 0.6, 0.9)],
    ['mae', absoluteErrors(1000, 0.05)],
  ] as const)(
    'fails what is clearly worse, and not what is worse by the margin: %s',
    async (name, scenario) => {
      const outcomes = (await outcomesOf(scenario, 20, 1)).flat();
      const failed = outcomes.filter((result) => result === 'fail').length;
      if (name === 'mae') expect(failed).toBeLessThan(10);
      else expect(failed).toBe(outcomes.length);
      expect(outcomes.every((result) => ['pass', 'fail', 'inconclusive'].includes(result))).toBe(true);
    },
  );
});

describe('coveredIn', () => {
  it.each(['accuracy', 'f1', 'auc', 'brier', 'rmse'] as const)('is near nominal for %s', async (name) => {
    const shares = Object.entries(await coveredIn(name, { n: 500, p: 0.9 }, 100, 1));
    expect(shares.length).toBeGreaterThan(0);
    for (const [method, share] of shares) {
      expect(share, method).toBeGreaterThan(0.75);
      // An interval that always covers says nothing.
      expect(share, method).toBeLessThan(1);
    }
  });
});
