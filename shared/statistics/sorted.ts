/** How many of the ascending values are at most `value`, or below it. */
export function countAtMost(
  sorted: Float64Array,
  value: number,
  bound: 'at most' | 'below' = 'at most',
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = sorted[middle] ?? NaN;
    if (bound === 'below' ? one < value : one <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The quantile of ascending values by linear interpolation, as `quantile` has it; NaN of none. */
export function sortedQuantile(sorted: Float64Array, probability: number): number {
  const position = (sorted.length - 1) * probability;
  const lower = sorted[Math.floor(position)] ?? NaN;
  const upper = sorted[Math.ceil(position)] ?? NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}
