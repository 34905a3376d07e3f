import { aucInference } from '../../shared/statistics/auc.ts';
import { delongInference, type DelongMoments } from '../../shared/statistics/delong.ts';
import type { Inference } from '../../shared/statistics/inference.ts';
import { jackknifeInference } from '../../shared/statistics/jackknife.ts';
import { normalQuantile } from '../../shared/statistics/normal-distribution.ts';
import { studentInference } from '../../shared/statistics/student-inference.ts';
import type { Source } from './draw.ts';

/** Groups of the jackknife, as the gate has them. */
const FOLDS = 40;
/** Of the noise of two models' scores on the same row. */
const CORRELATION = 0.8;

export interface Inferences {
  readonly own: Inference;
  readonly difference: Inference;
}

/**
 * Two models whose scores of a class are normal (the binormal model), with these areas under the curve, on `n` rows of
 * which each is positive with probability 1/2.
 */
export function drawAreas(
  { uniform, normal }: Source,
  n: number,
  areas: { readonly candidate: number; readonly baseline: number },
): Inferences {
  const shift = (area: number): number => Math.SQRT2 * normalQuantile(area);
  const [ofCandidate, ofBaseline] = [shift(areas.candidate), shift(areas.baseline)];
  const truth = new Uint8Array(n);
  const [candidate, baseline] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < n; row++) {
    const positive = uniform() < 0.5 ? 1 : 0;
    const noise = normal();
    truth[row] = positive;
    candidate[row] = positive * ofCandidate + noise;
    baseline[row] = positive * ofBaseline + CORRELATION * noise + Math.sqrt(1 - CORRELATION ** 2) * normal();
  }
  const moments = delongMoments(truth, candidate, baseline);
  return {
    own: aucInference({ ...moments, auc: moments.candidate, s10: moments.s10cc, s01: moments.s01cc }),
    difference: delongInference(moments),
  };
}

/** DeLong's moments by sorting, for scores without ties. */
export function delongMoments(
  truth: Uint8Array,
  candidate: Float64Array,
  baseline: Float64Array,
): DelongMoments {
  const [c, b] = [placements(truth, candidate), placements(truth, baseline)];
  const side = (label: number): Record<'cc' | 'bb' | 'cb', number> => {
    const [left, right] = [c, b].map((values) => values.filter((_, row) => truth[row] === label));
    const [x, y] = [left ?? new Float64Array(), right ?? new Float64Array()];
    return { cc: covariance(x, x), bb: covariance(y, y), cb: covariance(x, y) };
  };
  const [positive, negative] = [side(1), side(0)];
  const positives = truth.reduce((sum, label) => sum + label, 0);
  const area = (values: Float64Array): number =>
    values.reduce((sum, value, row) => sum + (truth[row] === 1 ? value : 0), 0) / positives;
  return {
    candidate: area(c),
    baseline: area(b),
    s10cc: positive.cc,
    s10bb: positive.bb,
    s10cb: positive.cb,
    s01cc: negative.cc,
    s01bb: negative.bb,
    s01cb: negative.cb,
    positives,
    negatives: truth.length - positives,
  };
}

/** For each row the share of the other class that its score stands right to. */
function placements(truth: Uint8Array, scores: Float64Array): Float64Array {
  const values = [0, 1].map((label) => scores.filter((_, row) => truth[row] === label).sort());
  const [negative, positive] = [values[0] ?? new Float64Array(), values[1] ?? new Float64Array()];
  return scores.map((score, row) =>
    truth[row] === 1
      ? countBelow(negative, score) / negative.length
      : 1 - countBelow(positive, score) / positive.length,
  );
}

function countBelow(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function covariance(x: Float64Array, y: Float64Array): number {
  const mean = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  return x.reduce((sum, value, row) => sum + (value - meanX) * ((y[row] ?? NaN) - meanY), 0) / (x.length - 1);
}

/** The paired t of one difference a row. */
export function pairedT(differences: Float64Array): Inference {
  const n = differences.length;
  return studentInference({
    estimate: differences.reduce((sum, value) => sum + value, 0) / n,
    standardError: Math.sqrt(covariance(differences, differences) / n),
    n,
    df: n - 1,
    method: 'paired t',
  });
}

/** Absolute errors of two models whose residuals are normal with these deviations, on the same rows: differences. */
export function drawAbsoluteErrors(
  { normal }: Source,
  n: number,
  deviations: { readonly candidate: number; readonly baseline: number },
): Float64Array {
  return new Float64Array(n).map(() => {
    const shared = normal();
    const other = CORRELATION * shared + Math.sqrt(1 - CORRELATION ** 2) * normal();
    return deviations.candidate * Math.abs(shared) - deviations.baseline * Math.abs(other);
  });
}

/**
 * Differences of Brier scores where a share `p` of the rows is positive: the baseline says p of each row, the candidate
 * the row's own probability, uniform within 1 - p of p. Few rows of the rarer class carry most of the difference, so
 * that its distribution is skewed; its mean is minus the variance of the probabilities.
 */
export function drawBrierDifferences({ uniform }: Source, n: number, p: number): Float64Array {
  return new Float64Array(n).map(() => {
    const own = p + (1 - p) * (2 * uniform() - 1);
    const label = uniform() < own ? 1 : 0;
    return (own - label) ** 2 - (p - label) ** 2;
  });
}

export function brierTruth(p: number): number {
  return -((1 - p) ** 2) / 3;
}

/** RMSE of two models with standard normal residuals that are correlated, by the jackknife over 40 random groups. */
export function drawRmse({ uniform, normal }: Source, n: number, correlation: number): Inferences {
  const [rows, own, base] = [new Float64Array(FOLDS), new Float64Array(FOLDS), new Float64Array(FOLDS)];
  const rest = Math.sqrt(1 - correlation ** 2);
  const add = (to: Float64Array, fold: number, value: number): void =>
    void (to[fold] = (to[fold] ?? 0) + value);
  for (let row = 0; row < n; row++) {
    const fold = uniform.below(FOLDS);
    const residual = normal();
    add(rows, fold, 1);
    add(own, fold, residual ** 2);
    add(base, fold, (correlation * residual + rest * normal()) ** 2);
  }
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const [total, allOwn, allBase] = [sum(rows), sum(own), sum(base)];
  const without = (all: number, values: Float64Array, fold: number): number =>
    Math.sqrt((all - (values[fold] ?? 0)) / (total - (rows[fold] ?? 0)));
  const folds = [...rows.keys()].filter((fold) => (rows[fold] ?? 0) > 0);
  const [rmse, baselineRmse] = [Math.sqrt(allOwn / total), Math.sqrt(allBase / total)];
  return {
    own: jackknifeInference({
      estimate: rmse,
      groupEstimates: folds.map((fold) => without(allOwn, own, fold)),
    }),
    difference: jackknifeInference({
      estimate: rmse - baselineRmse,
      groupEstimates: folds.map((fold) => without(allOwn, own, fold) - without(allBase, base, fold)),
    }),
  };
}
