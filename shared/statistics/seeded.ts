import mt19937 from '@stdlib/random-base-mt19937';

const TWO_TO_26 = 67_108_864;
const TWO_TO_32 = 4_294_967_296;
const TWO_TO_53 = 9_007_199_254_740_992;

/** The same numbers for the same seed on every machine. */
export interface SeededGenerator {
  /** Uniform in [0, 1), of 53 bits. */
  (): number;
  /** The 32 bits of one draw, as a whole number. */
  readonly bits: () => number;
  /** Uniform among 0 … count - 1, for a count well below 2^32. */
  readonly below: (count: number) => number;
}

/**
 * The Mersenne Twister (Matsumoto and Nishimura 1998), seeded by the two 32-bit words of `seed` as
 * `numpy.random.RandomState([low, high])` is, whose `random_sample` gives the same numbers.
 */
export function seededGenerator(seed: number): SeededGenerator {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`A seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${seed}.`);
  }
  const bits = mt19937.factory({ seed: [seed % TWO_TO_32, Math.floor(seed / TWO_TO_32)] });
  const uniform = (): number => ((bits() >>> 5) * TWO_TO_26 + (bits() >>> 6)) / TWO_TO_53;
  return Object.assign(uniform, {
    bits: () => bits(),
    below: (count: number) => Math.floor((bits() / TWO_TO_32) * count),
  });
}
