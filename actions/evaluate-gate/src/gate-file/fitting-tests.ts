import { EQUALIZED_ODDS } from '../inference/fairness.ts';
import { type MetricFamily, standardMetric } from '../metrics/catalog.ts';
import type { DefinedMetric, TestName } from './gate-file.ts';

/** A mean of one number a row. */
const OF_MEANS: readonly TestName[] = ['t', 'wilcoxon', 'permutation', 'bootstrap', 'bca', 'jackknife'];
/** A function of the counts of labels and predictions, which are drawn again. */
const OF_COUNTS: readonly TestName[] = ['bootstrap', 'bca', 'jackknife'];
/** What has to be asked again of all rows but some. */
const OF_ALL_ROWS: readonly TestName[] = ['jackknife'];

const OF_METRIC: Readonly<Record<string, readonly TestName[]>> = {
  accuracy: ['score', 'mcnemar', ...OF_COUNTS],
  'roc-auc': ['delong', 'jackknife'],
  'pr-auc': OF_ALL_ROWS,
  ece: OF_ALL_ROWS,
  rmse: OF_ALL_ROWS,
  r2: OF_ALL_ROWS,
  [EQUALIZED_ODDS]: OF_COUNTS,
};

const OF_FAMILY: Readonly<Record<MetricFamily, readonly TestName[]>> = {
  classification: OF_COUNTS,
  binary: OF_COUNTS,
  scores: OF_MEANS,
  regression: OF_MEANS,
  multilabel: OF_MEANS,
  rows: OF_MEANS,
  sql: OF_ALL_ROWS,
  utility: OF_COUNTS,
  // Measured once for a model: there are no rows to be uncertain about.
  budget: [],
};

/** The tests that can judge a metric (src/inference has them), `auto` and `none` aside. */
export function fittingTests(metric: string, defined: DefinedMetric | undefined): readonly TestName[] {
  if (defined !== undefined) return defined.kind === 'sql' ? OF_FAMILY.sql : OF_FAMILY.rows;
  if (Object.hasOwn(OF_METRIC, metric)) return OF_METRIC[metric] ?? [];
  // A metric that is only reported may come with a score of each row.
  return OF_FAMILY[standardMetric(metric)?.family ?? 'rows'];
}
