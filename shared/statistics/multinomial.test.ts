import { describe, expect, it } from 'vitest';
import { bcaAcceleration, multinomialReplicates } from './multinomial.ts';

const counts = [0, 500, 3, 0, 12_000, 1];

/** All counts that the statistic was shown. */
function draws(options: {
  readonly strata?: readonly (readonly [number, number])[];
  readonly seed?: number;
}): number[][] {
  const seen: number[][] = [];
  multinomialReplicates({
    counts,
    replicates: 50,
    seed: 7,
    ...options,
    statistic: (drawn) => {
      seen.push([...drawn]);
      return 0;
    },
  });
  return seen;
}

const total = (cells: readonly number[]): number => cells.reduce((sum, count) => sum + count, 0);

describe('multinomialReplicates', () => {
  it('draws the same counts for the same seed on every machine', () => {
    expect(draws({}).slice(0, 3)).toMatchInlineSnapshot(`
      [
        [
          0,
          554,
          2,
          0,
          11948,
          0,
        ],
        [
          0,
          510,
          2,
          0,
          11991,
          1,
        ],
        [
          0,
          480,
          3,
          0,
          12017,
          4,
        ],
      ]
    `);
    expect(draws({ seed: 8 })).not.toEqual(draws({}));
  });

  it('draws as many rows as there are, and none of an empty cell', () => {
    for (const drawn of draws({})) {
      expect(total(drawn)).toBe(total(counts));
      expect([drawn[0], drawn[3]]).toEqual([0, 0]);
    }
  });

  it('keeps the total of each stratum', () => {
    const strata = [
      [0, 3],
      [3, 6],
    ] as const;
    for (const drawn of draws({ strata })) expect(total(drawn.slice(0, 3))).toBe(503);
  });

  it('keeps an undefined quantity as NaN', () => {
    expect([
      ...multinomialReplicates({ counts: [0, 0], replicates: 2, seed: 0, statistic: ([a = 0]) => 0 / a }),
    ]).toEqual([NaN, NaN]);
  });

  it.each([[0.5], [-1], [NaN]])('refuses a cell of %d rows', (count) => {
    const given = { counts: [3, count], replicates: 1, seed: 1, statistic: () => 0 };
    expect(() => multinomialReplicates(given)).toThrow(RangeError);
    expect(() => bcaAcceleration(given.counts, given.statistic)).toThrow(RangeError);
  });

  it('draws 10,000 replicates of 40 cells of a million rows in well below a second', () => {
    const start = performance.now();
    const many = Array.from({ length: 40 }, (_, i) => 25_000 + i);
    multinomialReplicates({ counts: many, replicates: 10_000, seed: 7, statistic: ([a = 0]) => a });
    // Seen: 0.12 s; the rest is for a busy machine.
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('bcaAcceleration', () => {
  it('is that of a proportion in closed form', () => {
    // For a mean, influence values are the deviations: skewness / (6 sqrt(n)).
    const [wrong, right] = [10, 90];
    const skewness = (1 - 2 * 0.9) / Math.sqrt(0.9 * 0.1);
    const acceleration = bcaAcceleration([wrong, right], ([a = 0, b = 0]) => b / (a + b));
    expect(acceleration).toBeCloseTo(skewness / (6 * Math.sqrt(100)), 12);
  });

  it('is 0 where nothing changes, or where the quantity is lost with a row', () => {
    expect(bcaAcceleration([4, 4, 0], () => 1)).toBe(0);
    expect(bcaAcceleration([1, 4], ([a = 0, b = 0]) => (a === 0 ? NaN : a / b))).toBe(0);
    expect(bcaAcceleration([], () => 1)).toBe(0);
  });
});
