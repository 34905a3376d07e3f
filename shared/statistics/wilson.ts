import type { Inference } from './inference.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { tailOf } from './tail.ts';

/**
 * A proportion by the score test and the interval that inverts it (Wilson, "Probable Inference, the Law of Succession,
 * and Statistical Inference", 1927). The standard error is half the interval of one standard deviation, so that it is
 * not 0 where all or none succeed.
 */
export function wilsonInference({
  successes,
  n,
}: {
  readonly successes: number;
  readonly n: number;
}): Inference {
  if (!(n > 0 && successes >= 0 && successes <= n)) {
    throw new RangeError(`${successes} of ${n} is no proportion.`);
  }
  const share = successes / n;
  const bounds = (z: number): readonly [number, number] => {
    const weight = 1 + (z * z) / n;
    const center = (share + (z * z) / (2 * n)) / weight;
    const reach = (z / weight) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
    return [share === 0 ? 0 : Math.max(0, center - reach), share === 1 ? 1 : Math.min(1, center + reach)];
  };
  const pGreater = (value: number): number => upperTail(share, value, n);
  const [low, high] = bounds(1);
  return {
    estimate: share,
    method: 'Wilson score',
    n,
    standardError: (high - low) / 2,
    details: {},
    pGreater,
    pLess: (value) => upperTail(1 - share, 1 - value, n),
    interval: (level) => bounds(-normalQuantile(tailOf(level))),
  };
}

function upperTail(share: number, value: number, n: number): number {
  if (value < 0) return 0;
  if (value >= 1) return 1;
  if (value === 0) return share > 0 ? 0 : 1;
  return normalCdf((value - share) / Math.sqrt((value * (1 - value)) / n));
}
