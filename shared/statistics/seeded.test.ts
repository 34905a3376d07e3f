import { expect, it } from 'vitest';
import { seededGenerator } from './seeded.ts';

it('gives the same numbers for the same seed, and others for others', () => {
  const first = (seed: number): number[] => {
    const random = seededGenerator(seed);
    return [random(), random.bits(), random.below(10)];
  };
  // As numpy has them.
  expect(first(7)).toEqual([0.9566384024168687, 1375296642, 5]);
  const seeds = [0, 1, 7, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER];
  expect(new Set(seeds.map((seed) => first(seed).join())).size).toBe(seeds.length);
});

it('draws each of a few with equal chance', () => {
  const random = seededGenerator(1);
  const seen = new Float64Array(6);
  for (let i = 0; i < 60_000; i++) {
    const drawn = random.below(6);
    seen[drawn] = (seen[drawn] ?? 0) + 1;
  }
  for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
});

it.each([-1, 0.5, NaN, 2 ** 53])('refuses the seed %d', (seed) => {
  expect(() => seededGenerator(seed)).toThrow(RangeError);
});
