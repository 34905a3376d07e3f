/**
 * Adjusted p-values, in the order given, that keep the chance of any false claim at the level they are compared with
 * (Holm, "A simple sequentially rejective multiple test procedure", 1979).
 */
export function holm(p: readonly number[]): number[] {
  let greatest = 0;
  return adjusted(p, byValue(p), (value, rank) => {
    greatest = Math.max(greatest, Math.min(1, value * (p.length - rank)));
    return greatest;
  });
}

/**
 * Adjusted p-values, in the order given, that keep the expected share of false claims among the claims at the level
 * they are compared with (Benjamini and Hochberg, "Controlling the false discovery rate", 1995).
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  let least = 1;
  return adjusted(p, byValue(p).reverse(), (value, step) => {
    least = Math.min(least, (value * p.length) / (p.length - step));
    return least;
  });
}

interface Ranked {
  readonly value: number;
  readonly index: number;
}

function byValue(p: readonly number[]): Ranked[] {
  for (const value of p) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${value} is no p-value.`);
  }
  return p.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
}

function adjusted(
  p: readonly number[],
  order: readonly Ranked[],
  adjust: (value: number, step: number) => number,
): number[] {
  const result = [...p];
  order.forEach(({ value, index }, step) => {
    result[index] = adjust(value, step);
  });
  return result;
}
