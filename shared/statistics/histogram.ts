/** Counts of values in bins of equal width. */
export interface Histogram {
  readonly width: number;
  /** The lower edge of each bin with how many values it holds; bins without any are left out. */
  readonly points: readonly (readonly [number, number])[];
}

/** Counts ascending values in bins of equal width; undefined where all are alike, as there is no width then. */
export function histogramOf(sorted: Float64Array, bins: number): Histogram | undefined {
  const low = sorted[0] ?? NaN;
  const width = ((sorted.at(-1) ?? NaN) - low) / bins;
  if (!(width > 0) || !Number.isFinite(width)) return undefined;
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return {
    width,
    points: counts.flatMap((count, bin) => (count === 0 ? [] : [[low + bin * width, count] as const])),
  };
}
