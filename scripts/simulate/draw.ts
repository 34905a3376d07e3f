import { drawBinomial } from '../../shared/statistics/binomial.ts';
import { type SeededGenerator, seededGenerator } from '../../shared/statistics/seeded.ts';

/** What one simulated pull request is drawn from. */
export interface Source {
  readonly uniform: SeededGenerator;
  /** Standard normal. */
  readonly normal: () => number;
}

/** The polar method (Marsaglia and Bray, "A convenient method for generating normal variables", 1964). */
export function sourceOf(seed: number): Source {
  const uniform = seededGenerator(seed);
  let kept: number | undefined;
  const normal = (): number => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    for (;;) {
      const [x, y] = [2 * uniform() - 1, 2 * uniform() - 1];
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const stretch = Math.sqrt((-2 * Math.log(square)) / square);
      kept = y * stretch;
      return x * stretch;
    }
  };
  return { uniform, normal };
}

/** How many of `n` rows fall into each cell, given the cells' shares of all rows, which sum to 1. */
export function drawCounts({ uniform }: Source, n: number, shares: readonly number[]): number[] {
  let [left, among] = [n, 1];
  return shares.map((share, cell) => {
    const last = cell === shares.length - 1;
    const here = last || left === 0 ? left : drawBinomial(uniform, left, Math.min(1, share / among));
    left -= here;
    among -= share;
    return here;
  });
}
