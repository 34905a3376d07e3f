import type { DataEngine, Query, Row } from '../../../../shared/data/engine.ts';
import type { Metric } from '../decide/metrics.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { STANDARD_METRICS } from './catalog.ts';
import { classificationQuery } from './classification.ts';
import type { Families } from './families.ts';
import { regressionQuery } from './regression.ts';
import { evaluationSetQuery } from './row-counts.ts';
import type { PredictionColumns } from './rows.ts';
import { logLossQuery, rocAucQuery } from './scores.ts';

/** Scores of one row may miss a sum of 1 by this much: three-decimal CSV files do. */
const SUM_TOLERANCE = 1e-2;

export interface Computed {
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly evaluationSetDigest: string;
  /** False where not one class occurs among labels and predictions alike. */
  readonly classesMeet: boolean;
}

/** Computes all metrics that the columns allow over rows that were checked before. */
export async function computeMetrics(
  engine: DataEngine,
  table: string,
  columns: PredictionColumns,
  { evaluation, families, n, signal }: ComputeOptions,
): Promise<Computed> {
  const { positive } = evaluation;
  const plan: Query[] = [
    evaluationSetQuery(table, columns),
    ...(families.classification ? [classificationQuery(table, columns, positive)] : []),
    ...(families.scored
      ? [rocAucQuery(table, columns, evaluation), logLossQuery(table, columns, evaluation)]
      : []),
    ...(families.regression ? [regressionQuery(table, columns)] : []),
  ];
  const rows = await engine.run(plan, signal);
  const metrics = new Map<string, Metric>();
  for (const { name } of plan) {
    const row = rows.get(name)?.[0] ?? {};
    for (const [column, value] of Object.entries(row)) {
      if (!STANDARD_METRICS.has(column)) continue;
      if (STANDARD_METRICS.get(column)?.family === 'binary' && positive === undefined) continue;
      const reason = whyUndefined(column, row);
      const number = value === null ? NaN : Number(value);
      const defined = reason === undefined && Number.isFinite(number);
      metrics.set(
        column,
        defined
          ? { value: number, n }
          : { value: null, n, reason: reason ?? 'it is not defined on these rows' },
      );
    }
  }
  const classes = rows.get('classification')?.[0];
  return {
    metrics,
    evaluationSetDigest: String(rows.get('evaluation-set')?.[0]?.['digest']),
    classesMeet: classes === undefined || Number(classes['shared']) > 0,
  };
}

interface ComputeOptions {
  readonly evaluation: EvaluationColumns;
  readonly families: Families;
  readonly n: number;
  readonly signal: AbortSignal;
}

function whyUndefined(metric: string, row: Row): string | undefined {
  if (metric === 'roc-auc' && Number(row['one_sided']) > 0)
    return 'a class has no rows, or no other class has any';
  if (metric === 'r2' && Number(row['spread']) === 0) return 'all labels are equal';
  if (metric !== 'log-loss') return undefined;
  if (Number(row['lowest']) < 0 || Number(row['highest']) > 1)
    return 'the scores are no probabilities from 0 to 1';
  return Number(row['off_sum']) > SUM_TOLERANCE ? 'the scores of a row do not add up to 1' : undefined;
}
