import type { Inference } from './inference.ts';
import { seededGenerator } from './seeded.ts';
import { countAtMost } from './sorted.ts';
import { tailOf } from './tail.ts';

export interface SignFlip {
  /** Candidate - baseline of each row or group. */
  readonly differences: Float64Array;
  /** Random sign patterns; not used where all of them can be taken. */
  readonly replicates: number;
  readonly seed: number;
}

// All 2^20 sign patterns are a million subset means; twice as many for each row more.
const EXACT_UP_TO = 20;
// Differences that are equal but for rounding must tie.
const ROUNDING = 1e-12;

/**
 * The mean of paired differences by flipping their signs: where they are symmetric about a value, each sign pattern of
 * their distances from it is as likely as the observed one (Fisher, "The Design of Experiments", 1935). A pattern's mean
 * reaches the observed one exactly if the mean of the flipped differences is at most the value (Hartigan, "Using
 * subsample values as typical values", 1969); so the means of subsets answer for every value at once, and bound the
 * interval. Exact for few rows; else over random patterns, with the observed one counted.
 */
export function signFlipInference({ differences, replicates, seed }: SignFlip): Inference {
  const n = differences.length;
  if (n === 0) throw new RangeError('A permutation test needs at least one difference.');
  const exact = n <= EXACT_UP_TO;
  const means = (
    exact ? allSubsetMeans(differences) : randomSubsetMeans(differences, replicates, seed)
  ).sort();
  const total = means.length + 1;
  const slack = ROUNDING * differences.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const estimate = differences.reduce((sum, value) => sum + value, 0) / n;
  return {
    estimate,
    method: exact ? 'sign-flip permutation, exact' : 'sign-flip permutation',
    n,
    standardError: standardErrorOf(differences, estimate),
    details: exact ? { replicates: total } : { seed, replicates },
    pGreater: (value) => (countAtMost(means, value + slack) + 1) / total,
    pLess: (value) => (means.length - countAtMost(means, value - slack, 'below') + 1) / total,
    interval: (level) => {
      // The least subset mean that the one-sided test at this tail does not reject; the shift keeps 0.05 · 20 at 1.
      const beyond = Math.floor(tailOf(level) * total + ROUNDING * total) - 1;
      return beyond < 0
        ? [-Infinity, Infinity]
        : [means[beyond] ?? NaN, means[means.length - 1 - beyond] ?? NaN];
    },
  };
}

/** Means of all subsets but the empty one. */
function allSubsetMeans(differences: Float64Array): Float64Array {
  const count = 2 ** differences.length;
  const sums = new Float64Array(count);
  const sizes = new Uint8Array(count);
  differences.forEach((value, bit) => {
    const half = 2 ** bit;
    for (let subset = 0; subset < half; subset++) {
      sums[half + subset] = (sums[subset] ?? 0) + value;
      sizes[half + subset] = (sizes[subset] ?? 0) + 1;
    }
  });
  return sums.map((sum, subset) => sum / (sizes[subset] ?? 1)).subarray(1);
}

function randomSubsetMeans(differences: Float64Array, replicates: number, seed: number): Float64Array {
  const random = seededGenerator(seed);
  const means = new Float64Array(replicates);
  for (let replicate = 0; replicate < replicates; replicate++) {
    let sum = 0;
    let size = 0;
    // The empty subset is the observed pattern, which is counted once already.
    while (size === 0) {
      for (let start = 0; start < differences.length; start += 32) {
        let bits = random.bits();
        const end = Math.min(start + 32, differences.length);
        for (let i = start; i < end; i++) {
          const flipped = bits & 1;
          sum += flipped * (differences[i] ?? 0);
          size += flipped;
          bits >>>= 1;
        }
      }
    }
    means[replicate] = sum / size;
  }
  return means;
}

/** Null for a single difference. */
function standardErrorOf(differences: Float64Array, mean: number): number | null {
  const n = differences.length;
  if (n < 2) return null;
  return Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n * (n - 1)));
}
