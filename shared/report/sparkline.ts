const BARS = '▁▂▃▄▅▆▇█';

/** The values as one line of bars, thinned evenly to `width`; the first and the last are kept. */
export function sparkline(values: readonly number[], width = 32): string {
  const shown =
    values.length <= width
      ? values
      : Array.from(
          { length: width },
          (_, index) => values[Math.round((index * (values.length - 1)) / (width - 1))] ?? 0,
        );
  const lowest = Math.min(...shown);
  const range = Math.max(...shown) - lowest;
  return shown
    .map((value) => BARS[range === 0 ? 3 : Math.round(((value - lowest) / range) * (BARS.length - 1))] ?? '')
    .join('');
}
