import { histogramOf } from './histogram.ts';
import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { countAtMost, sortedQuantile } from './sorted.ts';
import { tailOf } from './tail.ts';

export interface Replicates {
  readonly estimate: number;
  /** The quantity on each bootstrap sample; NaN where it is not defined there. */
  readonly replicates: Float64Array;
  readonly seed: number;
  readonly n: number;
  readonly method: 'percentile' | 'bca';
  /** For BCa: a sixth of the skewness of the jackknife's influence values; 0 corrects the bias alone. */
  readonly acceleration?: number;
}

const UNDEFINED_ALLOWED = 0.01;

/**
 * Inference from bootstrap replicates: the percentile interval (Efron 1979) or BCa (Efron, "Better Bootstrap Confidence
 * Intervals", 1987), and the p that inverts it: the least error rate whose interval leaves the value out, with the
 * sample itself counted as one replicate so that no p is 0 (Davison and Hinkley, "Bootstrap Methods", 1997, 4.2.3).
 * Undefined replicates count as speaking for the value. More than 1 % of them, or none that is defined: a RangeError.
 */
export function replicateInference(options: Replicates): Inference {
  const { estimate, replicates, seed, n, method } = options;
  const sorted = replicates.filter((value) => !Number.isNaN(value)).sort();
  const missing = replicates.length - sorted.length;
  if (sorted.length === 0 || missing > UNDEFINED_ALLOWED * replicates.length) {
    throw new RangeError(
      `The quantity is not defined in ${missing} of ${replicates.length} bootstrap samples.`,
    );
  }
  const shape = method === 'bca' ? bcaShape(sorted, estimate, options.acceleration ?? 0) : PERCENTILE;
  const total = replicates.length + 1;
  const pOf = (hits: number, tail: (share: number) => number): number => {
    const share = (hits + missing + 1) / total;
    return share === 1 ? 1 : Math.max(1 / total, tail(share));
  };
  return {
    estimate,
    method: method === 'bca' ? 'bootstrap, BCa' : 'bootstrap, percentile',
    n,
    standardError: deviationOf(sorted),
    details: { seed, replicates: replicates.length, undefinedReplicates: missing },
    histogram: (bins) => histogramOf(sorted, bins),
    pGreater: (value) => pOf(countAtMost(sorted, value), (share) => shape.tail(share)),
    pLess: (value) =>
      pOf(sorted.length - countAtMost(sorted, value, 'below'), (share) => 1 - shape.tail(1 - share)),
    interval: (level) => [
      sortedQuantile(sorted, shape.share(tailOf(level))),
      sortedQuantile(sorted, shape.share(1 - tailOf(level))),
    ],
  };
}

/** How an interval's tail and the share of replicates below its bound belong together: inverse functions. */
interface Shape {
  share(tail: number): number;
  tail(share: number): number;
}

const PERCENTILE: Shape = { share: (tail) => tail, tail: (share) => share };

function bcaShape(sorted: Float64Array, estimate: number, acceleration: number): Shape {
  // Replicates equal to the estimate count half, as metrics of counts have many; an estimate outside all of them would
  // have an infinite bias.
  const below = (countAtMost(sorted, estimate) + countAtMost(sorted, estimate, 'below')) / 2;
  const least = 1 / (sorted.length + 1);
  const bias = normalQuantile(Math.min(1 - least, Math.max(least, below / sorted.length)));
  return {
    share: (tail) => {
      const shifted = bias + normalQuantile(tail);
      const stretch = 1 - acceleration * shifted;
      if (stretch <= 0) return acceleration > 0 ? 1 : 0;
      return normalCdf(bias + shifted / stretch);
    },
    tail: (share) => {
      const shifted = normalQuantile(share) - bias;
      const stretch = 1 + acceleration * shifted;
      if (stretch <= 0) return acceleration > 0 ? 0 : 1;
      return normalCdf(shifted / stretch - bias);
    },
  };
}

function deviationOf(values: Float64Array): number {
  if (values.length === 1) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
