import type { Paired } from './paired.ts';
import { type Scope, scopedRows } from './scope.ts';

/** One class against the rest, by one score column. */
export interface Contest {
  /** Index of the class. */
  readonly positive: number;
  /** Index of the score column. */
  readonly score: number;
}

/** Where the ranges of both models' scores end. */
export type Edges = Readonly<Record<'c' | 'b', readonly number[]>>;

/** SQL of the range that a row's score lies in: each is ranked for itself, so that all cores have work. */
export function rangeOf(side: 'c' | 'b', { score }: Contest, edges: Edges): string {
  const above = edges[side].map(
    (edge) => `CAST(${side}s${score} > ${edge.toExponential()}::DOUBLE AS UTINYINT)`,
  );
  return above.length === 0 ? '0' : above.join(' + ');
}

/**
 * Sums over rows of equal weight that do not belong together, one line for each slice and class. A row's `ordered` is twice
 * the number of rows of the other class that its score stands right to, ties counting half: from midranks among all rows and
 * among those of the own class (Sun and Xu, "Fast Implementation of DeLong's Algorithm", 2014), which are far cheaper than
 * sums over peers. Of each sort only what is needed goes through the next: most of the time is rows being moved.
 */
export function midrankQuery(paired: Paired, scope: Scope, contest: Contest, edges: Edges): string {
  const { hasBaseline } = paired;
  const { positive, score } = contest;
  const rows = scopedRows(paired, scope);
  const source = (side: 'c' | 'b'): string =>
    `${side}s${score} AS ${side}s, ${rangeOf(side, contest, edges)} AS ${side}r`;
  const totals = (
    side: 'c' | 'b',
  ): string => `${side}t AS (SELECT k, r, n, p, sum(n) OVER up - n AS n_before, sum(p) OVER down - p AS p_after
    FROM (SELECT k, ${rangeOf(side, contest, edges)} AS r, count(*) FILTER (WHERE y <> ${positive}) AS n,
      count(*) FILTER (WHERE y = ${positive}) AS p FROM ${rows} GROUP BY ALL)
    WINDOW up AS (PARTITION BY k ORDER BY r), down AS (PARTITION BY k ORDER BY r DESC))`;
  const ranks = (side: 'c' | 'b'): string => {
    const part = `PARTITION BY k, ${side}r ORDER BY ${side}s`;
    const own = `PARTITION BY k, ${side}r, pos ORDER BY ${side}s`;
    return `rank() OVER (${part}) - rank() OVER (${own}) AS below, cume_dist() OVER (${part}) AS upto_all,
      cume_dist() OVER (${own}) AS upto_own`;
  };
  // Below a positive row, above a negative one.
  const others = (own: 'n' | 'p'): string => `(below + round(upto_all * (n + p)) - round(upto_own * ${own}))`;
  const ordered = `CASE WHEN pos THEN 2 * n_before + ${others('p')} ELSE 2 * (p_after + p) - ${others('n')} END`;
  const placed = (side: 'c' | 'b', from: string, kept: readonly string[]): string =>
    `SELECT ranked.k AS k, ${['pos', ...kept].join(', ')}, ${ordered} AS ${side}o
      FROM (SELECT k, ${['pos', ...kept, `${side}r`].join(', ')}, ${ranks(side)} FROM ${from}) AS ranked
      JOIN ${side}t ON ranked.k = ${side}t.k AND ranked.${side}r = ${side}t.r`;
  const sums = (side: 'c' | 'b'): string =>
    `sum(${side}o) AS ${side}_ordered, var_samp(${side}o) AS ${side}_variance`;
  const head = `SELECT k, pos, count(*) AS n, ${sums('c')}`;
  if (!hasBaseline) {
    return `WITH ${totals('c')}, source AS NOT MATERIALIZED (SELECT k, y = ${positive} AS pos, ${source('c')} FROM ${rows})
      ${head} FROM (${placed('c', 'source', [])}) GROUP BY k, pos`;
  }
  return `WITH ${totals('c')}, ${totals('b')},
    source AS NOT MATERIALIZED (SELECT k, y = ${positive} AS pos, ${source('c')}, ${source('b')} FROM ${rows}),
    candidate_placed AS NOT MATERIALIZED (${placed('c', 'source', ['bs', 'br'])})
    ${head}, ${sums('b')}, var_samp(co - bo) AS difference_variance
    FROM (${placed('b', 'candidate_placed', ['co'])}) GROUP BY k, pos`;
}
