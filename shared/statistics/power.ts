import { normalQuantile } from './normal-distribution.ts';

interface Aim {
  /** One-sided error rate of the test. */
  readonly alpha: number;
  /** The wanted chance that a true effect is shown. */
  readonly power: number;
}

/**
 * The least true effect, in the unit of the standard error, that a one-sided test shows with the wanted power:
 * (z(1 - alpha) + z(power)) · standard error, for a normal estimate.
 */
export function detectableEffect({
  standardError,
  ...aim
}: Aim & { readonly standardError: number }): number {
  return reach(aim) * standardError;
}

/**
 * How many rows would show a true effect at this distance from the limit with the wanted power, given the standard
 * error that `n` rows had; it falls with the root of the rows. Infinity for no distance.
 */
export function neededRows({
  n,
  standardError,
  distance,
  ...aim
}: Aim & { readonly n: number; readonly standardError: number; readonly distance: number }): number {
  if (distance === 0) return Infinity;
  return Math.ceil(n * ((reach(aim) * standardError) / distance) ** 2);
}

function reach({ alpha, power }: Aim): number {
  return normalQuantile(power) - normalQuantile(alpha);
}
