import type { DelongMoments } from '../../shared/statistics/delong.ts';

interface Scores {
  readonly truth: readonly number[];
  readonly candidate: readonly number[];
  readonly baseline: readonly number[];
}

/** The moments of the placements, as SQL hands them over, by comparing each positive row with each negative one. */
export function momentsOf({ truth, candidate, baseline }: Scores): DelongMoments {
  const [c, b] = [placements(truth, candidate), placements(truth, baseline)];
  return {
    candidate: mean(c.positive),
    baseline: mean(b.positive),
    s10cc: covariance(c.positive, c.positive),
    s10bb: covariance(b.positive, b.positive),
    s10cb: covariance(c.positive, b.positive),
    s01cc: covariance(c.negative, c.negative),
    s01bb: covariance(b.negative, b.negative),
    s01cb: covariance(c.negative, b.negative),
    positives: c.positive.length,
    negatives: c.negative.length,
  };
}

function placements(
  truth: readonly number[],
  scores: readonly number[],
): { positive: number[]; negative: number[] } {
  const above = scores.filter((_, row) => truth[row] === 1);
  const below = scores.filter((_, row) => truth[row] === 0);
  const stands = (x: number, y: number): number => (x > y ? 1 : x === y ? 0.5 : 0);
  return {
    positive: above.map((x) => mean(below.map((y) => stands(x, y)))),
    negative: below.map((y) => mean(above.map((x) => stands(x, y)))),
  };
}

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = a.reduce((total, x, row) => total + (x - meanA) * ((b[row] ?? NaN) - meanB), 0);
  return sum / (a.length - 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
