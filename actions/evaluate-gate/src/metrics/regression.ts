import type { Query } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/**
 * Mean absolute error, root mean squared error, mean absolute percentage error (as a share), R², the mean of
 * prediction - label, and the pinball loss of each of `quantiles` (sklearn.metrics.mean_pinball_loss). `spread` is R²'s
 * divisor, zero where all labels are equal; `zero_labels` counts rows by which no percentage can be had.
 */
export function regressionQuery(
  table: string,
  columns: PredictionColumns,
  quantiles: readonly (readonly [name: string, quantile: number])[],
): Query {
  const losses = quantiles.map(
    ([name, q]) => `, sum(w * CASE WHEN yn >= pn THEN ${q} * (yn - pn) ELSE (1 - ${q}) * (pn - yn) END)
        / sum(w) AS "${name}"`,
  );
  return {
    name: 'regression',
    sql: `WITH judged AS (${selectRows(table, columns)}),
      centre AS (SELECT sum(w * yn) / sum(w) AS mean FROM judged),
      sums AS (SELECT sum(w * (yn - pn) * (yn - pn)) AS squared, sum(w * (yn - mean) * (yn - mean)) AS spread,
        count(*) FILTER (WHERE yn = 0 AND w > 0) AS zero_labels,
        sum(w * abs(yn - pn)) / sum(w) AS "mae", sqrt(squared / sum(w)) AS "rmse",
        sum(w * abs(yn - pn) / abs(nullif(yn, 0))) / sum(w) AS "mape",
        sum(w * (pn - yn)) / sum(w) AS "bias"${losses.join('')}
        FROM judged CROSS JOIN centre)
      SELECT * EXCLUDE (squared), 1 - squared / nullif(spread, 0) AS "r2" FROM sums`,
  };
}
