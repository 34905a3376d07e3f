import type { Query } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Mean absolute error, root mean squared error and R²; `spread` is R²'s divisor, zero where all labels are equal. */
export function regressionQuery(table: string, columns: PredictionColumns): Query {
  return {
    name: 'regression',
    sql: `WITH judged AS (${selectRows(table, columns)}),
      centre AS (SELECT sum(w * yn) / sum(w) AS mean FROM judged),
      sums AS (SELECT sum(w) AS w, sum(w * abs(yn - pn)) AS absolute, sum(w * (yn - pn) * (yn - pn)) AS squared,
        sum(w * (yn - mean) * (yn - mean)) AS spread FROM judged CROSS JOIN centre)
      SELECT absolute / w AS "mae", sqrt(squared / w) AS "rmse", spread,
        1 - squared / nullif(spread, 0) AS "r2" FROM sums`,
  };
}
