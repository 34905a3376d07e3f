/** What a metric needs of the predictions to be computed. */
export type MetricFamily = 'classification' | 'binary' | 'scores' | 'regression';

export interface StandardMetric {
  readonly direction: 'higher' | 'lower';
  readonly family: MetricFamily;
}

const higher = (family: MetricFamily): StandardMetric => ({ direction: 'higher', family });
const lower = (family: MetricFamily): StandardMetric => ({ direction: 'lower', family });

/** The metrics that are computed from predictions, with the direction in which they are better. */
export const STANDARD_METRICS: ReadonlyMap<string, StandardMetric> = new Map([
  ['accuracy', higher('classification')],
  ['precision', higher('binary')],
  ['precision-macro', higher('classification')],
  ['precision-weighted', higher('classification')],
  ['recall', higher('binary')],
  ['recall-macro', higher('classification')],
  ['recall-weighted', higher('classification')],
  ['f1', higher('binary')],
  ['f1-macro', higher('classification')],
  ['f1-weighted', higher('classification')],
  ['roc-auc', higher('scores')],
  ['log-loss', lower('scores')],
  ['mae', lower('regression')],
  ['rmse', lower('regression')],
  ['r2', higher('regression')],
]);
