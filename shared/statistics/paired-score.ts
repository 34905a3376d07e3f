import { crossingOf } from './crossing.ts';
import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { tailOf } from './tail.ts';

/** Rows by what the two models got right; whole rows, without weights. */
export interface PairedCounts {
  readonly both: number;
  readonly onlyCandidate: number;
  readonly onlyBaseline: number;
  readonly neither: number;
}

/**
 * The difference of two proportions on the same rows, candidate - baseline, by the score test at any margin and the
 * interval that inverts it (Tango, "Equivalence test and confidence interval for the difference in proportions for the
 * paired-sample design", 1998). At margin 0 it is McNemar's test without correction. The standard error is half the
 * interval of one standard deviation, so that it is not 0 where no row is discordant.
 */
export function pairedScoreInference(counts: PairedCounts): Inference {
  const { onlyCandidate: b, onlyBaseline: c } = counts;
  const n = counts.both + b + c + counts.neither;
  if (!(n > 0 && Math.min(counts.both, b, c, counts.neither) >= 0)) {
    throw new RangeError('A paired score test needs at least one pair, and no negative count.');
  }
  const score = (difference: number): number => scoreAt(difference, b, c, n);
  // The score falls in the difference, so each bound is where it crosses the normal quantile.
  const bounds = (z: number): readonly [number, number] => [
    crossingOf(score, z, [-1, 1]),
    crossingOf(score, -z, [-1, 1]),
  ];
  const [low, high] = bounds(1);
  return {
    estimate: (b - c) / n,
    method: 'paired score (Tango 1998)',
    n,
    standardError: (high - low) / 2,
    details: { discordant: [b, c] },
    pGreater: (value) => normalCdf(-score(value)),
    pLess: (value) => normalCdf(score(value)),
    interval: (level) => bounds(-normalQuantile(tailOf(level))),
  };
}

/** Tango's score statistic for the hypothesis that the difference is `difference`. */
function scoreAt(difference: number, b: number, c: number, n: number): number {
  const excess = b - c - n * difference;
  if (difference < -1) return Infinity;
  if (difference > 1) return -Infinity;
  // The greatest likelihood that the hypothesis allows has the share q of pairs that only the baseline got right: the
  // greater root of 2n q² + linear q + constant.
  const linear = -b - c + (2 * n - b + c) * difference;
  const constant = -c * difference * (1 - difference);
  const root = Math.sqrt(Math.max(0, linear * linear - 8 * n * constant));
  // Of two equal forms of the root that which does not subtract what is nearly equal.
  const share = linear > 0 ? (-2 * constant) / (linear + root) : (root - linear) / (4 * n);
  const variance = n * (2 * share + difference * (1 - difference));
  if (excess === 0) return 0;
  return excess / Math.sqrt(Math.max(0, variance));
}
