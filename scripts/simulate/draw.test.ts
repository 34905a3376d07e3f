import { describe, expect, it } from 'vitest';
import { drawCounts, sourceOf } from './draw.ts';

const DRAWS = 20_000;

describe('sourceOf', () => {
  it('gives the same numbers for the same seed', () => {
    const [a, b, other] = [sourceOf(3), sourceOf(3), sourceOf(4)];
    const first = a.normal();
    expect(first).toBe(b.normal());
    expect(first).not.toBe(other.normal());
  });

  it('draws normal numbers', () => {
    const { normal } = sourceOf(1);
    const values = Float64Array.from({ length: DRAWS }, normal);
    const moment = (power: number): number =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(DRAWS));
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(4)).toBeGreaterThan(2.7);
    expect(moment(4)).toBeLessThan(3.3);
  });
});

describe('drawCounts', () => {
  it('deals all rows to the cells by their shares', () => {
    const source = sourceOf(2);
    const shares = [0.5, 0, 0.2, 0.3];
    const sums = [0, 0, 0, 0];
    for (let draw = 0; draw < 1000; draw++) {
      const counts = drawCounts(source, 100, shares);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
      counts.forEach((count, cell) => void (sums[cell] = (sums[cell] ?? 0) + count));
    }
    shares.forEach((share, cell) => {
      // Five standard errors of a mean of 1,000 binomial draws.
      const error = Math.sqrt((100 * share * (1 - share)) / 1000);
      expect(Math.abs((sums[cell] ?? NaN) / 1000 - 100 * share)).toBeLessThanOrEqual(5 * error);
    });
  });
});
