/**
 * The `rank`-th smallest, from 1, of the n(n+1)/2 means of two of the ascending values, each with itself included
 * (Walsh averages). Found by halving the range, counting in one pass at each step, so that none of them is kept.
 */
export function walshAverage(sorted: Float64Array, rank: number): number {
  let low = sorted[0] ?? NaN;
  let high = sorted.at(-1) ?? NaN;
  if (countWalshAtMost(sorted, low) >= rank) return low;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (countWalshAtMost(sorted, middle) >= rank) high = middle;
    else low = middle;
  }
}

function countWalshAtMost(sorted: Float64Array, value: number): number {
  let count = 0;
  // For each lower value the partners that still fit; the higher it is, the fewer.
  let partners = sorted.length;
  for (let i = 0; i < partners; i++) {
    while (partners > i && ((sorted[i] ?? 0) + (sorted[partners - 1] ?? 0)) / 2 > value) partners -= 1;
    count += Math.max(0, partners - i);
  }
  return count;
}
