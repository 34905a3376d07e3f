import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import type { Inference } from './inference.ts';
import { type PairedCounts, pairedScoreInference } from './paired-score.ts';

/**
 * McNemar's exact test: given the discordant pairs, half of them favour either model where there is no difference
 * (McNemar, "Note on the sampling error of the difference between correlated proportions", 1947, conditioned as in the
 * sign test). It speaks of a margin of 0 alone: interval and other margins are Tango's.
 */
export function mcnemarInference(counts: PairedCounts): Inference {
  const { onlyCandidate: b, onlyBaseline: c } = counts;
  const score = pairedScoreInference(counts);
  // P(at least b of b + c) is P(at most c of them), as both sides are equally likely.
  const atMost = (k: number): number => Math.min(1, binomialCdf(k, b + c, 0.5));
  return {
    ...score,
    method: 'exact McNemar',
    pGreater: (value) => (value === 0 ? atMost(c) : score.pGreater(value)),
    pLess: (value) => (value === 0 ? atMost(b) : score.pLess(value)),
  };
}
