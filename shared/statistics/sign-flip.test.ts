import { expect, it } from 'vitest';
import { signFlipInference } from './sign-flip.ts';

const options = { replicates: 500, seed: 7 };

it('finds no evidence in models that never differ', () => {
  for (const rows of [3, 40]) {
    const inference = signFlipInference({ differences: new Float64Array(rows), ...options });
    expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
    expect(inference.standardError).toBe(0);
  }
});

it('can say nothing of a single row', () => {
  const inference = signFlipInference({ differences: Float64Array.of(3), ...options });
  expect([inference.pGreater(-9), inference.pLess(9)]).toEqual([0.5, 0.5]);
  expect(inference.interval(0.9)).toEqual([-Infinity, Infinity]);
  expect(inference).toMatchObject({ standardError: null, details: { replicates: 2 } });
});

it('ties differences that are equal but for rounding', () => {
  const inference = signFlipInference({ differences: new Float64Array(7).fill(0.1), ...options });
  expect(inference.pGreater(0.1)).toBe(1);
  expect(inference.pLess(0.1)).toBe(1);
});

it('takes random patterns, the same for the same seed, of many rows', () => {
  const differences = Float64Array.from({ length: 33 }, (_, row) => (row % 5) - 1);
  const [one, same, other] = [7, 7, 8].map((seed) =>
    signFlipInference({ differences, replicates: 500, seed }),
  );
  expect(one?.interval(0.9)).toEqual(same?.interval(0.9));
  expect(one?.interval(0.9)).not.toEqual(other?.interval(0.9));
  expect(one?.details).toEqual({ seed: 7, replicates: 500 });
  expect(one?.pGreater(-5)).toBeCloseTo(1 / 501, 12);
});

it('draws anew where no difference was flipped', () => {
  // The least of 21 rows that are not taken exactly; 3 of 4 million patterns are expected to be empty.
  const differences = new Float64Array(21).fill(1);
  const means = signFlipInference({ differences, replicates: 2_000_000, seed: 3 });
  expect(means.interval(0.999)).toEqual([1, 1]);
});

it('refuses no difference at all', () => {
  expect(() => signFlipInference({ differences: new Float64Array(), ...options })).toThrow(RangeError);
});
