import cdf from '@stdlib/stats-base-dists-normal-cdf';
import quantile from '@stdlib/stats-base-dists-normal-quantile';

/** P(Z <= z) of a standard normal Z; the upper tail is `normalCdf(-z)`, which keeps its digits. */
export function normalCdf(z: number): number {
  return cdf(z, 0, 1);
}

/** The z with P(Z <= z) = `probability`: minus infinity for 0, infinity for 1. */
export function normalQuantile(probability: number): number {
  return quantile(probability, 0, 1);
}
