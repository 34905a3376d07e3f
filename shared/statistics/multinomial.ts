import { drawBinomial } from './binomial.ts';
import { seededGenerator } from './seeded.ts';

export interface CellBootstrap {
  /** Rows of each cell. */
  readonly counts: readonly number[];
  readonly replicates: number;
  readonly seed: number;
  /** The quantity of given counts, NaN where it is not defined; it must not keep the array, which is used again. */
  readonly statistic: (counts: Float64Array) => number;
  /** Ranges [start, end) of cells whose total is kept, as where the labels are given; by default one of all cells. */
  readonly strata?: readonly (readonly [number, number])[];
}

/**
 * Bootstrap replicates of a quantity that depends on the rows only through cell counts. To draw n rows anew is to draw
 * the counts from a multinomial distribution, so this is the bootstrap of rows itself, at a cost that does not grow with
 * them; each cell is drawn given those before it, by a binomial (Davis, "The computer generation of multinomial random
 * variates", 1993).
 */
export function multinomialReplicates(options: CellBootstrap): Float64Array {
  const { counts, statistic } = options;
  requireCounts(counts);
  const random = seededGenerator(options.seed);
  const drawn = new Float64Array(counts.length);
  const strata = (options.strata ?? [[0, counts.length]]).map(([start, end]) => ({
    total: counts.slice(start, end).reduce((sum, count) => sum + count, 0),
    cells: counts
      .map((count, index) => ({ count, index }))
      .slice(start, end)
      .filter(({ count }) => count > 0),
  }));
  const result = new Float64Array(options.replicates);
  for (let replicate = 0; replicate < result.length; replicate++) {
    for (const { total, cells } of strata) {
      // Rows still to be drawn, and rows of the sample that they can be.
      let left = total;
      let among = total;
      for (const { count, index } of cells) {
        const here = left === 0 ? 0 : count === among ? left : drawBinomial(random, left, count / among);
        drawn[index] = here;
        left -= here;
        among -= count;
      }
    }
    result[replicate] = statistic(drawn);
  }
  return result;
}

/**
 * The acceleration of BCa (Efron 1987) for such a quantity: rows of one cell have the same jackknife value, so one row
 * is left out of each cell in turn and its value counted as often as the cell has rows. 0, which leaves the correction
 * of bias, where the quantity is not defined without some row or does not change.
 */
export function bcaAcceleration(
  counts: readonly number[],
  statistic: (counts: Float64Array) => number,
): number {
  requireCounts(counts);
  const without = Float64Array.from(counts);
  const values = counts.map((count, index) => {
    if (count === 0) return 0;
    without[index] = count - 1;
    const value = statistic(without);
    without[index] = count;
    return value;
  });
  const sum = (of: (value: number) => number): number =>
    counts.reduce((total, count, index) => total + (count === 0 ? 0 : count * of(values[index] ?? NaN)), 0);
  const mean = sum((value) => value) / sum(() => 1);
  const squares = sum((value) => (mean - value) ** 2);
  const acceleration = sum((value) => (mean - value) ** 3) / (6 * squares ** 1.5);
  return Number.isFinite(acceleration) ? acceleration : 0;
}

function requireCounts(counts: readonly number[]): void {
  for (const count of counts) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`A cell has a whole number of rows, not ${count}.`);
    }
  }
}
