/**
 * The quantile of a sample at `probability` in [0, 1]; undefined for an empty sample.
 * Method: linear interpolation between the order statistics at position (n - 1) · probability, which is type 7 of
 * Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), and numpy's default method `linear`.
 */
export function quantile(sample: readonly number[], probability: number): number | undefined {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`A quantile is asked for at a probability from 0 to 1, not at ${probability}.`);
  }
  const sorted = sample.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * probability;
  const lower = sorted[Math.floor(position)];
  const upper = sorted[Math.ceil(position)];
  if (lower === undefined || upper === undefined) return undefined;
  return lower + (upper - lower) * (position - Math.floor(position));
}
