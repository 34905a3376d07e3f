import { standardMetric } from '../metrics/catalog.ts';
import type { DefinedMetric, TestName } from './gate-file.ts';

/** Any quantity that can be computed again on resampled rows. */
const RESAMPLED: readonly TestName[] = ['bootstrap', 'bca', 'jackknife'];
/** A mean of one number a row. */
const OF_MEANS: readonly TestName[] = ['t', 'wilcoxon', 'permutation', ...RESAMPLED];

/** Standard metrics that are the mean over the rows of a number that each row has. */
const MEANS: ReadonlySet<string> = new Set([
  'log-loss',
  'brier',
  'mae',
  'mape',
  'bias',
  'selection-rate',
  'subset-accuracy',
  'hamming-loss',
  'f1-samples',
  'jaccard',
  'cost',
]);

/** The tests that can judge a metric, `auto` and `none` aside; none for what is measured once for a model. */
export function fittingTests(metric: string, defined: DefinedMetric | undefined): readonly TestName[] {
  // SQL is not read here: a jackknife asks it for each group of rows that is left out.
  if (defined !== undefined) return defined.kind === 'sql' ? ['jackknife'] : OF_MEANS;
  if (metric === 'accuracy') return ['score', 'mcnemar', ...OF_MEANS];
  if (metric === 'roc-auc') return ['delong', ...RESAMPLED];
  const standard = standardMetric(metric);
  if (standard?.family === 'budget') return [];
  const mean = /^(quantile-loss|top)-/.test(metric) || MEANS.has(metric);
  // A metric that is only reported may come with a score of each row.
  return standard === undefined || mean ? OF_MEANS : RESAMPLED;
}
