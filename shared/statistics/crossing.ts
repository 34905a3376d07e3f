/**
 * Where a falling function passes `level` between `low` and `high`, to the last bit; the end of the range beyond which
 * it would.
 */
export function crossingOf(
  falling: (x: number) => number,
  level: number,
  range: readonly [number, number],
): number {
  let [low, high] = range;
  if (falling(low) <= level) return low;
  if (falling(high) >= level) return high;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (falling(middle) > level) low = middle;
    else high = middle;
  }
}
