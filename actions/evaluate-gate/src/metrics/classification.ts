import type { Query } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/**
 * Accuracy, precision, recall and F1 from the counts of label and prediction: of the positive class, macro (mean over
 * the classes that occur as label or prediction) and weighted by support. A quotient by zero is 0, as in scikit-learn's
 * default `zero_division`. `shared` tells how many classes occur on both sides.
 */
export function classificationQuery(
  table: string,
  columns: PredictionColumns,
  positive: string | undefined,
): Query {
  const ofPositive = (value: string): string =>
    positive === undefined ? 'CAST(NULL AS DOUBLE)' : `sum(CASE WHEN k = $1 THEN ${value} END)`;
  return {
    name: 'classification',
    parameters: positive === undefined ? [] : [positive],
    sql: `WITH judged AS (${selectRows(table, columns)}),
      cells AS (SELECT y, p, sum(w) AS w FROM judged GROUP BY y, p),
      truth AS (SELECT y AS k, sum(w) AS support, sum(CASE WHEN y = p THEN w ELSE 0 END) AS hits FROM cells GROUP BY y),
      guess AS (SELECT p AS k, sum(w) AS predicted FROM cells GROUP BY p),
      classes AS (SELECT coalesce(truth.k, guess.k) AS k, coalesce(hits, 0) AS hits, coalesce(support, 0) AS support,
        coalesce(predicted, 0) AS predicted, truth.k IS NOT NULL AND guess.k IS NOT NULL AS both_sides
        FROM truth FULL OUTER JOIN guess ON truth.k = guess.k),
      scored AS (SELECT k, hits, support, both_sides,
        CASE WHEN predicted > 0 THEN hits / predicted ELSE 0 END AS precise,
        CASE WHEN support > 0 THEN hits / support ELSE 0 END AS recalled,
        CASE WHEN support + predicted > 0 THEN 2 * hits / (support + predicted) ELSE 0 END AS f1
        FROM classes)
      SELECT count(*) FILTER (WHERE both_sides) AS shared,
        sum(hits) / sum(support) AS "accuracy",
        ${ofPositive('precise')} AS "precision", ${ofPositive('recalled')} AS "recall", ${ofPositive('f1')} AS "f1",
        avg(precise) AS "precision-macro", avg(recalled) AS "recall-macro", avg(f1) AS "f1-macro",
        sum(precise * support) / sum(support) AS "precision-weighted",
        sum(recalled * support) / sum(support) AS "recall-weighted",
        sum(f1 * support) / sum(support) AS "f1-weighted"
      FROM scored`,
  };
}

/** Rows of each pair of label and prediction; only to be asked where all classes are declared. */
export function confusionQuery(table: string, columns: PredictionColumns): Query {
  return {
    name: 'confusion',
    sql: `WITH judged AS (${selectRows(table, columns)}) SELECT y, p, count(*) AS n FROM judged GROUP BY y, p`,
  };
}
