import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { type SignedRanks, signedRanks } from './signed-ranks.ts';
import { tailOf } from './tail.ts';
import { walshAverage } from './walsh.ts';

// Up to here all numbers of sign patterns are exact in a double; beyond, the normal approximation is near enough.
const EXACT_UP_TO = 50;

/**
 * The centre of paired differences by Wilcoxon's signed ranks ("Individual Comparisons by Ranking Methods", 1945).
 * Differences that equal the tested value are dropped, ties have midranks; exact for few differences without ties, else
 * normal with correction for ties and continuity. Estimate: the median of the Walsh averages, with their order
 * statistics as interval (Hodges and Lehmann, "Estimates of location based on rank tests", 1963).
 */
export function wilcoxonInference({ differences }: { readonly differences: Float64Array }): Inference {
  const n = differences.length;
  if (n === 0) throw new RangeError('A signed rank test needs at least one difference.');
  const sorted = differences.toSorted();
  const averages = (n * (n + 1)) / 2;
  const zeros = n - signedRanks(sorted, 0).n;
  // Of an even number the median lies between two.
  const middle = walshAverage(sorted, Math.ceil(averages / 2));
  const estimate = averages % 2 === 1 ? middle : (middle + walshAverage(sorted, averages / 2 + 1)) / 2;
  const interval = (level: number): readonly [number, number] => {
    const rejected = rejectedRanks(n, tailOf(level));
    if (rejected < 0) return [-Infinity, Infinity];
    return [walshAverage(sorted, rejected + 1), walshAverage(sorted, averages - rejected)];
  };
  const [low, high] = interval(ONE_DEVIATION);
  return {
    estimate,
    method: 'Wilcoxon signed rank',
    n,
    standardError: Number.isFinite(high - low) ? (high - low) / 2 : null,
    details: { zeros },
    pGreater: (value) => upperTail(signedRanks(sorted, value)),
    pLess: (value) => {
      const { positive, n: kept, ties } = signedRanks(sorted, value);
      return upperTail({ positive: (kept * (kept + 1)) / 2 - positive, n: kept, ties });
    },
    interval,
  };
}

/** The level of estimate ± one standard error of a normal estimate. */
const ONE_DEVIATION = 0.6826894921370859;

/** P(sum of positive ranks is at least the observed). */
function upperTail({ positive, n, ties }: SignedRanks): number {
  if (n === 0) return 1;
  const most = (n * (n + 1)) / 2;
  if (n <= EXACT_UP_TO && ties === 0) return lowerTails(n)[most - positive] ?? NaN;
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  return normalCdf(-(positive - most / 2 - 0.5) / Math.sqrt(variance));
}

/** The greatest k with P(rank sum of n differences <= k) <= tail; -1 where there is none. */
function rejectedRanks(n: number, tail: number): number {
  if (n <= EXACT_UP_TO) return lowerTails(n).findLastIndex((p) => p <= tail);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  return Math.max(-1, Math.floor((n * (n + 1)) / 4 - 0.5 + normalQuantile(tail) * deviation));
}

/** P(rank sum <= k) for k = 0 … n(n+1)/2, over the 2^n equally likely signs. */
function lowerTails(n: number): Float64Array {
  const patterns = new Float64Array((n * (n + 1)) / 2 + 1);
  patterns[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let k = patterns.length - 1; k >= rank; k--) {
      patterns[k] = (patterns[k] ?? 0) + (patterns[k - rank] ?? 0);
    }
  }
  let below = 0;
  return patterns.map((count) => {
    below += count;
    return below / 2 ** n;
  });
}
