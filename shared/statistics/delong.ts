import type { Inference } from './inference.ts';
import { normalInference } from './normal-inference.ts';
import { unknownInference } from './unknown-inference.ts';

/**
 * What DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
 * characteristic curves" (1988), need. A row's placement is the share of the other class that its score stands right
 * to, ties counting half. `s10..` are the sample (co)variances of placements over the positive rows, `s01..` over the
 * negative ones, with divisor rows - 1; c is the candidate and b the baseline.
 */
export interface DelongMoments {
  /** Areas under the curve. */
  readonly candidate: number;
  readonly baseline: number;
  readonly s10cc: number;
  readonly s10bb: number;
  readonly s10cb: number;
  readonly s01cc: number;
  readonly s01bb: number;
  readonly s01cb: number;
  readonly positives: number;
  readonly negatives: number;
}

// Where both models rank all rows alike, the variance of the difference is what rounding leaves of its terms.
const ROUNDING = 1e-12;

/**
 * The difference of two areas under the ROC curve on the same rows, candidate - baseline. With fewer than two rows of
 * either class nothing is known of its spread.
 */
export function delongInference(moments: DelongMoments): Inference {
  const { candidate, baseline, positives, negatives } = moments;
  const n = positives + negatives;
  const method = 'DeLong';
  const estimate = candidate - baseline;
  if (positives < 2 || negatives < 2) {
    return unknownInference({ estimate, n, method, least: -1, greatest: 1 });
  }
  const terms = (moments.s10cc + moments.s10bb) / positives + (moments.s01cc + moments.s01bb) / negatives;
  const shared = (2 * moments.s10cb) / positives + (2 * moments.s01cb) / negatives;
  const variance = terms - shared;
  const inference = normalInference({
    estimate,
    standardError: variance <= ROUNDING * terms ? 0 : Math.sqrt(variance),
    n,
    method,
  });
  return {
    ...inference,
    interval: (level) => {
      const [low, high] = inference.interval(level);
      return [Math.max(-1, low), Math.min(1, high)];
    },
  };
}
