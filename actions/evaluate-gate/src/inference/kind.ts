import { isConfusionMetric } from '../../../../shared/statistics/confusion-metrics.ts';
import type { DefinedMetric, GateFile } from '../gate-file/gate-file.ts';
import { parseParameterised, standardMetric } from '../metrics/catalog.ts';

/** By what kind of computation a metric is had, which decides what is known of its uncertainty. */
export type Kind =
  /** A function of the counts of label and prediction. `name` is that of shared/statistics, or `cost`. */
  | { readonly kind: 'counts'; readonly name: string }
  | { readonly kind: 'roc-auc' }
  /** The mean of something that each row has for itself. */
  | { readonly kind: 'mean' }
  /** A function of sums over the rows. */
  | { readonly kind: 'sums'; readonly name: 'rmse' | 'r2' }
  | { readonly kind: 'ece' }
  | { readonly kind: 'pr-auc' }
  | { readonly kind: 'sql'; readonly sql: string }
  /** Nothing that rows could tell again: it was only reported, or measured once. */
  | { readonly kind: 'none'; readonly reason: string };

const MEANS = new Set(['log-loss', 'brier', 'mae', 'mape', 'bias']);
/** Means over rows where label and prediction are sets of classes. */
const SET_MEANS = new Set(['accuracy', 'subset-accuracy', 'jaccard', 'f1-samples', 'hamming-loss']);
const ALIASES: Readonly<Record<string, string>> = { 'true-positive-rate': 'recall' };

/** How a metric is inferred; `sets` tells that label and prediction are sets of classes. */
export function kindOf(
  metric: string,
  { metrics, utility }: Pick<GateFile, 'metrics' | 'utility'>,
  sets: boolean,
): Kind {
  const defined = definedMetric(metric, metrics);
  if (defined !== undefined) {
    return defined.kind === 'sql' ? { kind: 'sql', sql: defined.sql } : { kind: 'mean' };
  }
  if (sets) {
    return SET_MEANS.has(metric)
      ? { kind: 'mean' }
      : { kind: 'none', reason: 'no uncertainty is known for it where labels are sets of classes' };
  }
  if (metric === 'cost' && utility !== undefined) return { kind: 'counts', name: 'cost' };
  if (metric === 'roc-auc' || metric === 'ece' || metric === 'pr-auc') return { kind: metric };
  if (metric === 'rmse' || metric === 'r2') return { kind: 'sums', name: metric };
  const parameterised = parseParameterised(metric)?.kind;
  if (MEANS.has(metric) || parameterised === 'quantile-loss' || parameterised === 'top-k-accuracy') {
    return { kind: 'mean' };
  }
  const name = Object.hasOwn(ALIASES, metric) ? (ALIASES[metric] ?? metric) : metric;
  if (standardMetric(metric) !== undefined && isConfusionMetric(name)) return { kind: 'counts', name };
  return { kind: 'none', reason: 'the metric was only reported, for all rows together' };
}

export function definedMetric(name: string, metrics: readonly DefinedMetric[]): DefinedMetric | undefined {
  return metrics.find((metric) => metric.name === name);
}
