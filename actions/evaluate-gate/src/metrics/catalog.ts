/**
 * What a metric needs to be computed. `multilabel` are metrics of sets of classes; `rows` is a mean over a score that
 * each row has; `sql` and `utility` are defined by the gate file; `budget` comes from no predictions at all.
 */
export type MetricFamily =
  | 'classification'
  | 'binary'
  | 'scores'
  | 'regression'
  | 'multilabel'
  | 'rows'
  | 'sql'
  | 'utility'
  | 'budget';

export interface StandardMetric {
  /** Undefined where neither end is better, as with a signed bias: a rule that compares has to say which it means. */
  readonly direction: 'higher' | 'lower' | undefined;
  readonly family: MetricFamily;
}

const higher = (family: MetricFamily): StandardMetric => ({ direction: 'higher', family });
const lower = (family: MetricFamily): StandardMetric => ({ direction: 'lower', family });

/** The metrics that have one name, with the direction in which they are better. */
export const STANDARD_METRICS: ReadonlyMap<string, StandardMetric> = new Map([
  ['accuracy', higher('classification')],
  ['balanced-accuracy', higher('classification')],
  ['mcc', higher('classification')],
  ['kappa', higher('classification')],
  ['precision', higher('binary')],
  ['precision-macro', higher('classification')],
  ['precision-weighted', higher('classification')],
  ['precision-micro', higher('classification')],
  ['recall', higher('binary')],
  ['recall-macro', higher('classification')],
  ['recall-weighted', higher('classification')],
  ['recall-micro', higher('classification')],
  ['f1', higher('binary')],
  ['f1-macro', higher('classification')],
  ['f1-weighted', higher('classification')],
  ['f1-micro', higher('classification')],
  ['true-positive-rate', higher('binary')],
  ['specificity', higher('binary')],
  ['false-positive-rate', lower('binary')],
  ['false-negative-rate', lower('binary')],
  // More often the good outcome: fairness rules compare it between groups, where the direction plays no part.
  ['selection-rate', higher('binary')],
  ['roc-auc', higher('scores')],
  ['pr-auc', higher('scores')],
  ['log-loss', lower('scores')],
  ['brier', lower('scores')],
  ['ece', lower('scores')],
  ['mae', lower('regression')],
  ['rmse', lower('regression')],
  ['mape', lower('regression')],
  ['r2', higher('regression')],
  ['bias', { direction: undefined, family: 'regression' }],
  ['subset-accuracy', higher('multilabel')],
  ['hamming-loss', lower('multilabel')],
  ['f1-samples', higher('multilabel')],
  ['jaccard', higher('multilabel')],
  ['cost', lower('utility')],
  ['latency-p50-ms', lower('budget')],
  ['latency-p95-ms', lower('budget')],
  ['latency-p99-ms', lower('budget')],
  ['model-bytes', lower('budget')],
  ['model-parameters', lower('budget')],
  ['training-cost-usd', lower('budget')],
  ['training-energy-kwh', lower('budget')],
]);

/** How metrics with a number in their name are written, for messages. */
export const PARAMETERISED = ['f<beta>', 'quantile-loss-<q>', 'top-<k>-accuracy'] as const;

const NUMBER = String.raw`\d{1,4}(?:\.\d{1,6})?`;
const F_BETA = new RegExp(`^f(${NUMBER})(?:-(macro|weighted|micro))?$`);
const QUANTILE_LOSS = /^quantile-loss-(0\.\d{1,6})$/;
const TOP_K = /^top-([1-9]\d{0,3})-accuracy$/;

/** A metric with a number in its name. */
export type Parameterised =
  | { readonly kind: 'f-beta'; readonly beta: number; readonly average: string | undefined }
  | { readonly kind: 'quantile-loss'; readonly quantile: number }
  | { readonly kind: 'top-k-accuracy'; readonly k: number };

/** Reads `f0.5`, `f2-macro`, `quantile-loss-0.9` and `top-5-accuracy`; undefined for all else, `f1` included. */
export function parseParameterised(name: string): Parameterised | undefined {
  if (STANDARD_METRICS.has(name)) return undefined;
  const beta = F_BETA.exec(name);
  if (beta !== null && Number(beta[1]) > 0)
    return { kind: 'f-beta', beta: Number(beta[1]), average: beta[2] };
  const quantile = Number(QUANTILE_LOSS.exec(name)?.[1]);
  if (quantile > 0) return { kind: 'quantile-loss', quantile };
  const k = Number(TOP_K.exec(name)?.[1]);
  return k > 0 ? { kind: 'top-k-accuracy', k } : undefined;
}

/** The direction and family of a metric that the gate knows by name; undefined for one of the user's own. */
export function standardMetric(name: string): StandardMetric | undefined {
  const known = STANDARD_METRICS.get(name);
  if (known !== undefined) return known;
  const parameterised = parseParameterised(name);
  switch (parameterised?.kind) {
    case undefined:
      return undefined;
    case 'f-beta':
      return higher(parameterised.average === undefined ? 'binary' : 'classification');
    case 'quantile-loss':
      return lower('regression');
    case 'top-k-accuracy':
      return higher('scores');
  }
}
