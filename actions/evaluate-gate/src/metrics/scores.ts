import type { Query } from '../../../../shared/data/engine.ts';
import { clipOf, type PredictionColumns, selectRows } from './rows.ts';

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

/**
 * ROC AUC as the share of pairs of a positive and a negative row that the score orders rightly, ties counting half:
 * the Mann-Whitney statistic with midranks, exact also with weights. Several classes: one against the rest, macro.
 * `one_sided` counts classes without positives or without negatives, for which it is not defined.
 */
export function rocAucQuery(table: string, columns: PredictionColumns, classes: ScoredClasses): Query {
  const contests = contestsOf(columns, classes);
  const hits = contests.map(
    (
      { score },
      index,
    ) => `SELECT ${index} AS k, ${score} AS s, CASE WHEN y = $${index + 1} THEN w ELSE 0 END AS wp,
      CASE WHEN y = $${index + 1} THEN 0 ELSE w END AS wn FROM judged`,
  );
  return {
    name: 'roc-auc',
    parameters: contests.map(({ label }) => label),
    sql: `WITH judged AS (${selectRows(table, columns)}),
      hits AS (${hits.join(' UNION ALL ')}),
      ties AS (SELECT k, s, sum(wp) AS wp, sum(wn) AS wn FROM hits GROUP BY k, s),
      ranked AS (SELECT k, wp, wn, sum(wn) OVER (PARTITION BY k ORDER BY s) - wn AS below FROM ties),
      each AS (SELECT k, sum(wp) AS positives, sum(wn) AS negatives, sum(wp * (below + wn / 2)) AS ordered
        FROM ranked GROUP BY k)
      SELECT count(*) FILTER (WHERE positives = 0 OR negatives = 0) AS one_sided,
        avg(ordered / nullif(positives * negatives, 0)) AS "roc-auc"
      FROM each`,
  };
}

/**
 * Log loss with probabilities kept off 0 and 1 by the machine epsilon of their type, as scikit-learn does
 * (sklearn.metrics.log_loss). `lowest`, `highest` and `off_sum` tell whether the scores are probabilities.
 */
export function logLossQuery(
  table: string,
  columns: PredictionColumns,
  { positive, labels }: ScoredClasses,
): Query {
  const names = columns.scores.map((_, index) => `s${index}`);
  const single = names.length === 1;
  const ofTruth = single
    ? 'CASE WHEN y = $1 THEN s0 ELSE 1 - s0 END'
    : `CASE y ${names.map((name, index) => `WHEN $${index + 1} THEN ${name}`).join(' ')} END`;
  const clip = clipOf(columns.scores);
  const list = names.join(', ');
  return {
    name: 'log-loss',
    parameters: single ? [positive ?? ''] : (labels ?? []),
    sql: `WITH judged AS (${selectRows(table, columns)}),
      clipped AS (SELECT w, least(greatest(${ofTruth}, ${clip}), 1 - ${clip}) AS q, least(${list}) AS low,
        greatest(${list}) AS high, ${single ? '1.0' : names.join(' + ')} AS total FROM judged)
      SELECT min(low) AS lowest, max(high) AS highest, max(abs(total - 1)) AS off_sum,
        sum(w * -ln(q)) / sum(w) AS "log-loss"
      FROM clipped`,
  };
}
