import { describe, expect, it } from 'vitest';
import { bcaAcceleration, multinomialReplicates } from '../../shared/statistics/multinomial.ts';
import { replicateInference } from '../../shared/statistics/replicates.ts';
import { rowBootstrap } from '../../shared/statistics/row-bootstrap.ts';
import { seededGenerator } from '../../shared/statistics/seeded.ts';
import { countAtMost, sortedQuantile } from '../../shared/statistics/sorted.ts';
import { expected, expectIntervals, expectNear, type Spread } from './expected.ts';

const REPLICATES = 40_000;

/** Cells: label 0 or 1, right by both, candidate, baseline, neither; see reference.py. */
function f1Difference(cells: Float64Array): number {
  const [, nCandidate = 0, nBaseline = 0, nNeither = 0, ...positive] = cells;
  const [pBoth = 0, pCandidate = 0, pBaseline = 0, pNeither = 0] = positive;
  const f1 = (hits: number, alarms: number, misses: number): number =>
    (2 * hits) / (2 * hits + alarms + misses);
  return (
    f1(pBoth + pCandidate, nBaseline + nNeither, pBaseline + pNeither) -
    f1(pBoth + pBaseline, nCandidate + nNeither, pCandidate + pNeither)
  );
}

/** Within five Monte-Carlo errors of the reference, whose own are smaller. */
function expectSpread(replicates: Float64Array, wanted: Spread): void {
  const mean = replicates.reduce((sum, value) => sum + value, 0) / replicates.length;
  const squares = replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = wanted.deviation / Math.sqrt(replicates.length);
  expect(Math.abs(mean - wanted.mean)).toBeLessThan(5 * error);
  expect(Math.abs(Math.sqrt(squares / replicates.length) / wanted.deviation - 1)).toBeLessThan(0.025);
  const sorted = replicates.toSorted();
  [0.05, 0.5, 0.95].forEach((probability, index) => {
    expect(Math.abs(sortedQuantile(sorted, probability) - (wanted.quantiles[index] ?? NaN))).toBeLessThan(
      12 * error,
    );
  });
}

describe('seededGenerator', () => {
  it("gives numpy's numbers", () => {
    const random = seededGenerator(7);
    expect(expected.generator.map(() => random())).toEqual(expected.generator);
  });
});

describe('replicateInference', () => {
  it.each(expected.bootstrap)('has the intervals of scipy for the same replicates: $name', (wanted) => {
    const given = { ...wanted, replicates: Float64Array.from(wanted.replicates), seed: 1, n: 30 };
    const percentile = replicateInference({ ...given, method: 'percentile' });
    expectIntervals(percentile, wanted.percentile);
    expectNear(percentile.standardError ?? NaN, wanted.standardError);
    expectIntervals(replicateInference({ ...given, method: 'bca' }), wanted.bca);
  });

  it.each(['percentile', 'bca'] as const)('has the p that inverts the interval: %s', (method) => {
    const [{ replicates, ...wanted } = { replicates: [] as number[], estimate: NaN, acceleration: NaN }] =
      expected.bootstrap;
    const inference = replicateInference({
      ...wanted,
      replicates: Float64Array.from(replicates),
      seed: 1,
      n: 30,
      method,
    });
    for (const level of [0.5, 0.8, 0.9]) {
      const [low, high] = inference.interval(level);
      // One replicate more or less, stretched by the correction.
      expectNear(inference.pGreater(low), (1 - level) / 2, 4e-3);
      expectNear(inference.pLess(high), (1 - level) / 2, 4e-3);
    }
  });
});

describe('multinomialReplicates', () => {
  it.each(expected.cells)('spreads as the bootstrap of numpy: $counts', ({ counts, all, stratified }) => {
    const given = { counts, replicates: REPLICATES, seed: 7, statistic: f1Difference };
    expectSpread(multinomialReplicates(given), all);
    const strata = [
      [0, 4],
      [4, 8],
    ] as const;
    expectSpread(multinomialReplicates({ ...given, strata }), stratified);
  });
});

describe('bcaAcceleration', () => {
  it('is that of leaving out each row in turn', () => {
    const [{ counts, acceleration } = { counts: [], acceleration: null }] = expected.cells;
    expectNear(bcaAcceleration(counts, f1Difference), acceleration ?? NaN);
  });
});

describe('rowBootstrap', () => {
  const { x, y, groups, plain, clustered } = expected.rows;
  const given = {
    columns: [Float64Array.from(x), Float64Array.from(y)],
    statistic: (columns: readonly Float64Array[], indices: Uint32Array): number => {
      const [sumX, sumY] = columns.map((column) =>
        indices.reduce((sum, row) => sum + (column[row] ?? NaN), 0),
      );
      return (sumX ?? NaN) / (sumY ?? NaN);
    },
    replicates: REPLICATES,
    seed: 7,
  };

  it('spreads as the bootstrap of numpy', () => {
    expectSpread(rowBootstrap(given), plain);
  });

  it('draws whole groups', () => {
    expectSpread(rowBootstrap({ ...given, groups: Uint32Array.from(groups) }), clustered);
  });
});

describe('countAtMost', () => {
  it('counts by the bound that is asked', () => {
    const sorted = Float64Array.of(1, 2, 2, 3);
    expect([0, 1, 2, 2.5, 3].map((value) => countAtMost(sorted, value))).toEqual([0, 1, 3, 3, 4]);
    expect([0, 1, 2, 2.5, 3].map((value) => countAtMost(sorted, value, 'below'))).toEqual([0, 0, 1, 3, 3]);
  });
});
