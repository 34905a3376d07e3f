import type { DataEngine, Query, Row } from '../../../../shared/data/engine.ts';
import type { Metric } from '../decide/metrics.ts';
import type { EvaluationColumns, Utility } from '../gate-file/gate-file.ts';
import { parseParameterised, STANDARD_METRICS, standardMetric } from './catalog.ts';
import { cellsQuery, type Classes, classesOf, classificationMetrics } from './classification.ts';
import type { Families } from './families.ts';
import { multilabelQuery } from './multilabel.ts';
import { regressionQuery } from './regression.ts';
import type { PredictionColumns } from './rows.ts';
import { rankingQuery } from './ranking.ts';
import { probabilityQuery } from './scores.ts';
import { costOf } from './utility.ts';

/** Computed only where a rule asks: each says again, or in other words, what another metric says. */
const ON_DEMAND: readonly string[] = [
  'precision-micro',
  'recall-micro',
  'f1-micro',
  'true-positive-rate',
  'false-positive-rate',
  'false-negative-rate',
  'selection-rate',
];

export interface Computed {
  readonly metrics: ReadonlyMap<string, Metric>;
  /** Undefined where labels are no classes. */
  readonly classes: Classes | undefined;
}

interface ComputeOptions {
  readonly evaluation: EvaluationColumns;
  readonly families: Families;
  /** Metrics that rules name. */
  readonly asked: readonly string[];
  readonly utility: Utility | undefined;
  readonly n: number;
  readonly signal: AbortSignal;
}

/** Computes all metrics that the columns allow over rows that were checked before. */
export async function computeMetrics(
  engine: DataEngine,
  table: string,
  columns: PredictionColumns,
  options: ComputeOptions,
): Promise<Computed> {
  const { evaluation, n, signal } = options;
  const plan = queriesFor(table, columns, options);
  const rows = await engine.run(plan, signal);
  const metrics = new Map<string, Metric>();
  const add = (name: string, value: number | null, reason: string | undefined): void => {
    const defined = reason === undefined && value !== null && Number.isFinite(value);
    metrics.set(
      name,
      defined ? { value, n } : { value: null, n, reason: reason ?? 'it is not defined on these rows' },
    );
  };
  const cells = rows.get('cells');
  const classes = cells === undefined ? undefined : classesOf(cells);
  if (classes !== undefined) {
    for (const [name, value] of fromCells(classes, evaluation.positive, options))
      add(name, value, classes.tooMany);
  }
  for (const { name } of plan) {
    const row = name === 'cells' ? {} : (rows.get(name)?.[0] ?? {});
    for (const [column, value] of Object.entries(row)) {
      if (standardMetric(column) === undefined) continue;
      add(column, value === null ? null : Number(value), whyUndefined(column, row));
    }
  }
  return { metrics, classes };
}

function queriesFor(
  table: string,
  columns: PredictionColumns,
  { evaluation, families, asked }: ComputeOptions,
): Query[] {
  const quantiles: (readonly [string, number])[] = [];
  const topK: (readonly [string, number])[] = [];
  for (const name of new Set(asked)) {
    const parameterised = parseParameterised(name);
    if (parameterised?.kind === 'quantile-loss') quantiles.push([name, parameterised.quantile]);
    if (parameterised?.kind === 'top-k-accuracy') topK.push([name, parameterised.k]);
  }
  return [
    ...(families.classification ? [cellsQuery(table, columns)] : []),
    ...(families.scored
      ? [rankingQuery(table, columns, evaluation), probabilityQuery(table, columns, evaluation, topK)]
      : []),
    ...(families.regression ? [regressionQuery(table, columns, quantiles)] : []),
    ...(families.multilabel === true ? [multilabelQuery(table, columns, evaluation.labels)] : []),
  ];
}

function fromCells(
  classes: Classes,
  positive: string | undefined,
  { asked, utility }: ComputeOptions,
): ReadonlyMap<string, number | null> {
  const wanted = [...new Set([...STANDARD_METRICS.keys(), ...asked])].filter((name) => {
    const family = standardMetric(name)?.family;
    if (family !== 'classification' && (family !== 'binary' || positive === undefined)) return false;
    return asked.includes(name) || !ON_DEMAND.includes(name);
  });
  if (classes.tooMany !== undefined) return new Map(wanted.map((name) => [name, null]));
  const metrics = classificationMetrics(classes, wanted, positive);
  return utility === undefined ? metrics : new Map([...metrics, ['cost', costOf(classes.cells, utility)]]);
}

const rowsOf = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);

const PROBABILITIES: readonly string[] = ['log-loss', 'brier', 'ece'];

function whyUndefined(metric: string, row: Row): string | undefined {
  const count = (name: string): number => Number(row[name] ?? 0);
  if (metric.endsWith('-auc') && count('one_sided') > 0)
    return 'a class has no rows, or no other class has any';
  if (metric === 'r2' && count('spread') === 0) return 'all labels are equal';
  if (metric === 'mape' && count('zero_labels') > 0)
    return `the label of ${rowsOf(count('zero_labels'))} is 0`;
  if (!PROBABILITIES.includes(metric)) return undefined;
  if (count('outside') > 0)
    return `the scores of ${rowsOf(count('outside'))} are no probabilities from 0 to 1`;
  return count('off_sum') > 0 ? `the scores of ${rowsOf(count('off_sum'))} do not add up to 1` : undefined;
}
