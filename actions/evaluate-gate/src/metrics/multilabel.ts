import type { Query } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** What is computed where label and prediction are sets of classes. */
export const MULTILABEL_METRICS: readonly string[] = [
  'accuracy',
  'subset-accuracy',
  'hamming-loss',
  'jaccard',
  'f1-samples',
  ...['precision', 'recall', 'f1'].flatMap((name) =>
    ['micro', 'macro', 'weighted'].map((average) => `${name}-${average}`),
  ),
];

/**
 * Metrics of sets of classes as scikit-learn defines them on indicator matrices, with zero_division = 0: the share of
 * rows whose sets are equal, the share of wrong decisions over rows × classes, Jaccard and F1 averaged over the rows,
 * and precision, recall and F1 micro, macro and weighted. The classes are the declared ones, else those that occur.
 */
export function multilabelQuery(
  table: string,
  columns: PredictionColumns,
  labels: readonly string[] | undefined,
): Query {
  const declared = (labels ?? []).map((_, index) => `SELECT $${index + 1} AS k`).join(' UNION ');
  const occurring = 'SELECT k FROM truth UNION SELECT k FROM guess';
  const ratio = (above: string, below: string): string => `coalesce(${above} / nullif(${below}, 0), 0)`;
  return {
    name: 'multilabel',
    parameters: labels ?? [],
    sql: `WITH judged AS (${selectRows(table, columns)}),
      sized AS (SELECT w, len(ys) AS a, len(ps) AS b, len(list_intersect(ys, ps)) AS i FROM judged),
      truth AS (SELECT k, sum(w) AS w FROM (SELECT unnest(ys) AS k, w FROM judged) GROUP BY k),
      guess AS (SELECT k, sum(w) AS w FROM (SELECT unnest(ps) AS k, w FROM judged) GROUP BY k),
      met AS (SELECT k, sum(w) AS w FROM (SELECT unnest(list_intersect(ys, ps)) AS k, w FROM judged) GROUP BY k),
      classes AS (${declared === '' ? occurring : declared}),
      each AS (SELECT coalesce(truth.w, 0) AS support, coalesce(guess.w, 0) AS predicted, coalesce(met.w, 0) AS hits
        FROM classes LEFT JOIN truth ON truth.k = classes.k LEFT JOIN guess ON guess.k = classes.k
        LEFT JOIN met ON met.k = classes.k),
      scored AS (SELECT support, predicted, hits, ${ratio('hits', 'predicted')} AS precise,
        ${ratio('hits', 'support')} AS recalled, ${ratio('2 * hits', '(support + predicted)')} AS f1 FROM each),
      by_class AS (SELECT count(*) AS k, avg(precise) AS "precision-macro", avg(recalled) AS "recall-macro",
        avg(f1) AS "f1-macro", ${ratio('sum(precise * support)', 'sum(support)')} AS "precision-weighted",
        ${ratio('sum(recalled * support)', 'sum(support)')} AS "recall-weighted",
        ${ratio('sum(f1 * support)', 'sum(support)')} AS "f1-weighted",
        ${ratio('sum(hits)', 'sum(predicted)')} AS "precision-micro",
        ${ratio('sum(hits)', 'sum(support)')} AS "recall-micro",
        ${ratio('2 * sum(hits)', 'sum(support + predicted)')} AS "f1-micro" FROM scored),
      by_row AS (SELECT sum(CASE WHEN a = i AND b = i THEN w ELSE 0 END) / sum(w) AS "subset-accuracy",
        sum(w * (a + b - 2 * i)) / sum(w) AS apart,
        sum(w * ${ratio('2 * i', '(a + b)')}) / sum(w) AS "f1-samples",
        sum(w * ${ratio('i', '(a + b - i)')}) / sum(w) AS "jaccard" FROM sized)
      SELECT * EXCLUDE (k, apart), "subset-accuracy" AS "accuracy", apart / nullif(k, 0) AS "hamming-loss"
      FROM by_class CROSS JOIN by_row`,
  };
}
