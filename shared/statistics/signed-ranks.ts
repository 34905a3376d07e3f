export interface SignedRanks {
  /** Sum of the ranks of the positive distances. */
  readonly positive: number;
  /** Distances that are not 0. */
  readonly n: number;
  /** Sum over ties of t³ - t, t being how many distances of either sign are equal. */
  readonly ties: number;
}

/**
 * Wilcoxon's signed ranks of the ascending values' distances from `value`: distances of 0 are dropped, equal ones share
 * the mean of their ranks. One pass outwards from `value`, without sorting.
 */
export function signedRanks(sorted: Float64Array, value: number): SignedRanks {
  let above = sorted.findIndex((one) => one > value);
  if (above === -1) above = sorted.length;
  let below = above - 1;
  while (below >= 0 && sorted[below] === value) below -= 1;
  let positive = 0;
  let ties = 0;
  let rank = 0;
  while (below >= 0 || above < sorted.length) {
    const distance = Math.min(value - (sorted[below] ?? -Infinity), (sorted[above] ?? Infinity) - value);
    let negatives = 0;
    let positives = 0;
    while (below >= 0 && value - (sorted[below] ?? NaN) === distance) {
      negatives += 1;
      below -= 1;
    }
    while (above < sorted.length && (sorted[above] ?? NaN) - value === distance) {
      positives += 1;
      above += 1;
    }
    const tied = negatives + positives;
    positive += positives * (rank + (tied + 1) / 2);
    ties += tied ** 3 - tied;
    rank += tied;
  }
  return { positive, n: rank, ties };
}
