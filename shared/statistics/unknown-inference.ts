import type { Inference } from './inference.ts';

/** What a sample too small for any uncertainty tells: the estimate, an interval of all values, and no p below 1. */
export function unknownInference({
  estimate,
  n,
  method,
  least,
  greatest,
}: {
  readonly estimate: number;
  readonly n: number;
  readonly method: string;
  readonly least: number;
  readonly greatest: number;
}): Inference {
  return {
    estimate,
    method,
    n,
    standardError: null,
    details: {},
    pGreater: (value) => (value < least ? 0 : 1),
    pLess: (value) => (value > greatest ? 0 : 1),
    interval: () => [least, greatest],
  };
}
