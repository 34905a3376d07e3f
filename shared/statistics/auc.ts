import { crossingOf } from './crossing.ts';
import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { normalInference } from './normal-inference.ts';
import { tailOf } from './tail.ts';
import { unknownInference } from './unknown-inference.ts';

export interface AucMoments {
  readonly auc: number;
  /** Sample variance (divisor rows - 1) of the placements of the positive rows; see delong.ts. */
  readonly s10: number;
  /** The same of the negative rows. */
  readonly s01: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * One area under the ROC curve: DeLong's variance (1988), on the scale of the logit, so that the interval stays within
 * [0, 1] (Pepe, "The Statistical Evaluation of Medical Tests", 2003). Where the classes are separated without a fault,
 * that variance is 0 and says nothing; there the variance under the hypothesis is used, by Newcombe, "Confidence
 * intervals for an effect size measure based on the Mann-Whitney statistic, part 2" (2006), method 5.
 */
export function aucInference(moments: AucMoments): Inference {
  const { auc, positives, negatives } = moments;
  const n = positives + negatives;
  const method = 'DeLong, logit';
  if (positives < 2 || negatives < 2) {
    return unknownInference({ estimate: auc, n, method, least: 0, greatest: 1 });
  }
  if (auc <= 0 || auc >= 1) return separatedInference(moments);
  const standardError = Math.sqrt(moments.s10 / positives + moments.s01 / negatives);
  if (standardError === 0) return normalInference({ estimate: auc, standardError, n, method });
  const onLogit = normalInference({
    estimate: logit(auc),
    standardError: standardError / (auc * (1 - auc)),
    n,
    method,
  });
  return {
    ...onLogit,
    estimate: auc,
    standardError,
    pGreater: (value) => onLogit.pGreater(logit(value)),
    pLess: (value) => onLogit.pLess(logit(value)),
    interval: (level) => {
      const [low, high] = onLogit.interval(level);
      return [expit(low), expit(high)];
    },
  };
}

/** Minus infinity and infinity at and beyond the ends of [0, 1]. */
function logit(share: number): number {
  const within = Math.min(1, Math.max(0, share));
  return Math.log(within) - Math.log1p(-within);
}

function expit(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function separatedInference({ auc, positives, negatives }: AucMoments): Inference {
  const half = (positives + negatives) / 2 - 1;
  const score = (value: number): number => {
    if (value <= 0) return auc > 0 ? Infinity : 0;
    if (value >= 1) return auc < 1 ? -Infinity : 0;
    const pairs = 1 + (half * (1 - value)) / (2 - value) + (half * value) / (1 + value);
    return (auc - value) / Math.sqrt((value * (1 - value) * pairs) / (positives * negatives));
  };
  const bounds = (z: number): readonly [number, number] => [
    crossingOf(score, z, [0, 1]),
    crossingOf(score, -z, [0, 1]),
  ];
  const [low, high] = bounds(1);
  return {
    estimate: auc,
    method: 'Newcombe 2006',
    n: positives + negatives,
    standardError: high - low,
    details: {},
    pGreater: (value) => normalCdf(-score(value)),
    pLess: (value) => normalCdf(score(value)),
    interval: (level) => bounds(-normalQuantile(tailOf(level))),
  };
}
