import type { Query } from '../../../../shared/data/engine.ts';
import type { ScoredClasses } from './ranking.ts';
import { clipOf, type PredictionColumns, selectRows } from './rows.ts';

/** Bins of the calibration error (Guo et al., "On Calibration of Modern Neural Networks", 2017). */
export const CALIBRATION_BINS = 15;

/** Scores of one row may miss a sum of 1 by this much: three-decimal CSV files do. */
const SUM_TOLERANCE = 1e-2;

/**
 * Metrics of scores as probabilities. Log loss keeps them off 0 and 1 by the machine epsilon of their type
 * (sklearn.metrics.log_loss). The Brier score is the mean squared distance to the truth, over the positive class where
 * there are two classes, else summed over all (sklearn.metrics.brier_score_loss). The expected calibration error is the
 * mean, weighted by rows, of |accuracy - mean confidence| over bins of equal width (a, b] of the confidence, which is
 * the score of the predicted class. `topK` adds shares of rows whose label is among the k highest scores, of equal
 * scores the later column being the higher (sklearn.metrics.top_k_accuracy_score). `outside` and `off_sum` count rows
 * whose scores are no probabilities.
 */
export function probabilityQuery(
  table: string,
  columns: PredictionColumns,
  { positive, labels }: ScoredClasses,
  topK: readonly (readonly [name: string, k: number])[],
): Query {
  const names = columns.scores.map((_, index) => `s${index}`);
  const single = names.length === 1;
  const ofClass = (column: string): string =>
    single
      ? `CASE WHEN ${column} = $1 THEN s0 ELSE 1 - s0 END`
      : `CASE ${column} ${names.map((name, index) => `WHEN $${index + 1} THEN ${name}`).join(' ')} END`;
  const square = (index: number): string =>
    `power(CASE WHEN y = $${index + 1} THEN 1 - s${index} ELSE s${index} END, 2)`;
  const squares = names.map((_, index) => square(index)).join(' + ');
  const place = `CASE y ${names
    .map((own, index) => {
      const ahead = names.map(
        (other, at) => `CASE WHEN ${other} ${at > index ? '>=' : '>'} ${own} THEN 1 ELSE 0 END`,
      );
      return `WHEN $${index + 1} THEN ${ahead.filter((_, at) => at !== index).join(' + ') || '0'}`;
    })
    .join(' ')} END`;
  const clip = clipOf(columns.scores);
  const list = names.join(', ');
  const wanted = single ? [] : topK;
  const topSums = wanted.map(([, k]) => `, sum(CASE WHEN place < ${k} THEN w ELSE 0 END) AS top${k}`);
  const topShares = wanted.map(([name, k]) => `, sum(top${k}) / sum(w) AS "${name}"`);
  return {
    name: 'probabilities',
    parameters: single ? [positive ?? ''] : (labels ?? []),
    sql: `WITH judged AS (${selectRows(table, columns)}),
      each AS (SELECT w, least(greatest(${ofClass('y')}, ${clip}), 1 - ${clip}) AS q,
        ${names.length === 2 ? `(${squares}) / 2` : squares} AS apart, ${ofClass('p')} AS confidence,
        CASE WHEN y = p THEN 1 ELSE 0 END AS hit, ${wanted.length === 0 ? '' : `${place} AS place,`}
        least(${list}) < 0 OR greatest(${list}) > 1 AS outside,
        abs(${single ? '0.0' : `${names.join(' + ')} - 1`}) > ${SUM_TOLERANCE} AS off_sum FROM judged),
      bins AS (SELECT least(${CALIBRATION_BINS}, greatest(1, ceil(confidence * ${CALIBRATION_BINS}))) AS bin,
        sum(w) AS w, sum(w * -ln(q)) AS surprise, sum(w * apart) AS apart, sum(w * (hit - confidence)) AS gap,
        count(*) FILTER (WHERE outside) AS outside, count(*) FILTER (WHERE off_sum) AS off_sum,
        count(*) FILTER (WHERE confidence IS NULL) AS unscored${topSums.join('')} FROM each GROUP BY bin)
      SELECT sum(outside) AS outside, sum(off_sum) AS off_sum, sum(unscored) AS unscored,
        sum(surprise) / sum(w) AS "log-loss", sum(apart) / sum(w) AS "brier",
        sum(abs(gap)) / sum(w) AS "ece"${topShares.join('')}
      FROM bins`,
  };
}
