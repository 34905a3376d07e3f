import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { type Pivot, pivotalInference } from './pivotal.ts';

/** Wald's interval and test: an estimate that is normally distributed about the truth. */
export function normalInference(pivot: Pivot): Inference {
  return pivotalInference(pivot, { cdf: normalCdf, quantile: normalQuantile });
}
