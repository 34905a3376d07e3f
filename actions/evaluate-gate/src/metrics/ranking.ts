import type { Query } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Which class each score column speaks of: one column of the positive class, or one a class. */
export interface ScoredClasses {
  readonly positive: string | undefined;
  readonly labels: readonly string[] | undefined;
}

interface Contest {
  readonly label: string;
  readonly score: string;
}

/** One contest for two classes with a positive one, else one of each class against the rest. */
function contestsOf(columns: PredictionColumns, { positive, labels }: ScoredClasses): Contest[] {
  if (columns.scores.length === 1) return positive === undefined ? [] : [{ label: positive, score: 's0' }];
  const all = columns.scores.map((_, index) => ({ label: labels?.[index] ?? '', score: `s${index}` }));
  const one = all.length === 2 ? all.find(({ label }) => label === positive) : undefined;
  return one === undefined ? all : [one];
}

/** Parts of a score's range that are ranked each for itself, so that all cores have work and no sort holds all rows. */
const RANGES = 16;

/**
 * ROC AUC as the share of pairs of a positive and a negative row that the score orders rightly, ties counting half: the
 * Mann-Whitney statistic with midranks, exact also with weights. PR AUC as average precision: the sum over the
 * thresholds of the gain in recall times precision, tied scores being one threshold (sklearn's average_precision_score).
 * Several classes: one against the rest, macro. `one_sided` counts classes without positives or without negatives, for
 * which neither is defined.
 */
export function rankingQuery(table: string, columns: PredictionColumns, classes: ScoredClasses): Query {
  const contests = contestsOf(columns, classes);
  return {
    name: 'ranking',
    parameters: contests.map(({ label }) => label),
    sql: `WITH judged AS NOT MATERIALIZED (${selectRows(table, columns)}),
      ${columns.weight === undefined ? ranksOf(contests) : weightsOf(contests)}
      SELECT count(*) FILTER (WHERE positives = 0 OR negatives = 0) AS one_sided,
        avg(ordered / nullif(positives * negatives, 0)) AS "roc-auc",
        avg(precise / nullif(positives, 0)) AS "pr-auc"
      FROM each`,
  };
}

/**
 * Of rows of equal weight: a row's ranks among all rows and among those of its own class tell how many of the other class
 * score less, as much and more (Sun and Xu, "Fast Implementation of DeLong's Algorithm", 2014). Most of the time goes into
 * moving rows, so that each carries its class, score and range, and nothing else.
 */
function ranksOf(contests: readonly Contest[]): string {
  const hits = contests.map(
    ({ score }, index) => `SELECT ${index} AS k, y = $${index + 1} AS pos, ${score} AS s,
      CAST(least(greatest(floor(${score} * ${RANGES}), 0), ${RANGES}) AS UTINYINT) AS r FROM judged`,
  );
  return `hits AS NOT MATERIALIZED (${hits.join(' UNION ALL ')}),
      counts AS (SELECT k, r, count(*) FILTER (WHERE pos) AS p, count(*) FILTER (WHERE NOT pos) AS n FROM hits GROUP BY k, r),
      totals AS (SELECT k, sum(p) AS positives, sum(n) AS negatives FROM counts GROUP BY k),
      ranges AS (SELECT k, r, p, sum(n) OVER (PARTITION BY k ORDER BY r) - n AS n_before,
        sum(p) OVER (PARTITION BY k ORDER BY r DESC) AS p_from, sum(n) OVER (PARTITION BY k ORDER BY r DESC) AS n_from,
        n + p AS rows_here FROM counts),
      ranked AS (SELECT k, r, pos, rank() OVER part AS rank_all, rank() OVER own AS rank_own,
        cume_dist() OVER part AS upto_all, cume_dist() OVER own AS upto_own FROM hits
        WINDOW part AS (PARTITION BY k, r ORDER BY s), own AS (PARTITION BY k, r, pos ORDER BY s)),
      placed AS (SELECT ranges.k AS k, n_before + (rank_all - rank_own + round(upto_all * rows_here) - round(upto_own * p)) / 2 AS ordered,
        p_from - rank_own + 1 AS tp, n_from - (rank_all - rank_own) AS fp
        FROM ranked JOIN ranges ON ranked.k = ranges.k AND ranked.r = ranges.r WHERE pos),
      sums AS (SELECT k, sum(ordered) AS ordered, sum(tp / (tp + fp)) AS precise FROM placed GROUP BY k),
      each AS (SELECT positives, negatives, ordered, precise FROM totals LEFT JOIN sums USING (k))`;
}

/** With weights: sums over the tied scores, in their order. */
function weightsOf(contests: readonly Contest[]): string {
  const hits = contests.map(
    (
      { score },
      index,
    ) => `SELECT ${index} AS k, ${score} AS s, CASE WHEN y = $${index + 1} THEN w ELSE 0 END AS wp,
      CASE WHEN y = $${index + 1} THEN 0 ELSE w END AS wn FROM judged`,
  );
  return `ties AS (SELECT k, s, sum(wp) AS wp, sum(wn) AS wn FROM (${hits.join(' UNION ALL ')}) GROUP BY k, s),
      totals AS (SELECT k, sum(wp) AS positives, sum(wn) AS negatives FROM ties GROUP BY k),
      ranked AS (SELECT k, wp, wn, sum(wp) OVER upwards - wp AS tp_below, sum(wn) OVER upwards - wn AS fp_below
        FROM ties WINDOW upwards AS (PARTITION BY k ORDER BY s)),
      each AS (SELECT k, positives, negatives, sum(wp * (fp_below + wn / 2)) AS ordered,
        sum(wp * coalesce((positives - tp_below) / nullif(positives - tp_below + negatives - fp_below, 0), 0)) AS precise
        FROM ranked JOIN totals USING (k) GROUP BY k, positives, negatives)`;
}
