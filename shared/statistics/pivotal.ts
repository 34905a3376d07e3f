import type { Inference } from './inference.ts';
import { tailOf } from './tail.ts';

export interface Pivot {
  readonly estimate: number;
  /** Of the estimate, in its unit; 0 where the data leave no doubt. */
  readonly standardError: number;
  readonly n: number;
  readonly method: string;
}

/** The distribution, symmetric about 0, of (estimate - truth) / standard error. */
export interface PivotDistribution {
  cdf(x: number): number;
  quantile(probability: number): number;
}

// What remains of a variance that is 0 in exact arithmetic is rounding, some units of the last place of its terms: no
// sample whose values differ comes near these.
const ROUNDING_OF_ERROR = 1e-13;
const ROUNDING_OF_ESTIMATE = 1e-12;

/** An inference whose studentized estimate has a known distribution. */
export function pivotalInference(pivot: Pivot, distribution: PivotDistribution): Inference {
  const { estimate, n, method } = pivot;
  if (!Number.isFinite(estimate) || !(pivot.standardError >= 0) || pivot.standardError === Infinity) {
    throw new RangeError(
      `An inference needs a finite estimate and standard error, not ${estimate} and ${pivot.standardError}.`,
    );
  }
  const standardError =
    pivot.standardError <= ROUNDING_OF_ERROR * Math.abs(estimate) ? 0 : pivot.standardError;
  if (standardError === 0) return pointMass(pivot);
  const pGreater = (value: number): number => distribution.cdf((value - estimate) / standardError);
  const pLess = (value: number): number => distribution.cdf((estimate - value) / standardError);
  const interval = (level: number): readonly [number, number] => {
    const reach = -distribution.quantile(tailOf(level)) * standardError;
    return [estimate - reach, estimate + reach];
  };
  return { estimate, method, n, standardError, details: {}, pGreater, pLess, interval };
}

/** An inference without doubt: a test rejects every value but the estimate itself. */
function pointMass({ estimate, n, method }: Pivot): Inference {
  const excess = (value: number): number => {
    const difference = estimate - value;
    const scale = Math.max(1, Math.abs(estimate), Math.abs(value));
    return Math.abs(difference) <= ROUNDING_OF_ESTIMATE * scale ? 0 : difference;
  };
  return {
    estimate,
    method,
    n,
    standardError: 0,
    details: {},
    pGreater: (value) => (excess(value) > 0 ? 0 : 1),
    pLess: (value) => (excess(value) < 0 ? 0 : 1),
    interval: () => [estimate, estimate],
  };
}
