import cdf from '@stdlib/stats-base-dists-t-cdf';
import quantile from '@stdlib/stats-base-dists-t-quantile';
import type { Inference } from './inference.ts';
import { type Pivot, pivotalInference } from './pivotal.ts';
import { unknownInference } from './unknown-inference.ts';

/**
 * Student's t interval and test, with `df` degrees of freedom: the paired t test where the estimate is a mean
 * difference and df = n - 1 (Student, "The Probable Error of a Mean", 1908). With no degree of freedom nothing is
 * known, whatever the standard error.
 */
export function studentInference({ df, ...pivot }: Pivot & { readonly df: number }): Inference {
  if (!(df > 0)) return unknownInference({ ...pivot, least: -Infinity, greatest: Infinity });
  return pivotalInference(pivot, { cdf: (x) => cdf(x, df), quantile: (p) => quantile(p, df) });
}
