import { aucInference } from '../../../../shared/statistics/auc.ts';
import { delongInference } from '../../../../shared/statistics/delong.ts';
import type { Row } from '../../../../shared/data/engine.ts';
import type { MetricEvidence } from '../evidence.ts';
import type { TestName } from '../gate-file/gate-file.ts';
import { aucByFold } from './auc-by-fold.ts';
import { evidenceOf } from './assemble.ts';
import { linearInference } from './linear.ts';
import type { ScoredClasses } from './losses.ts';
import { type Contest, type Edges, midrankQuery, rangeOf } from './midranks.ts';
import type { Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';

/** One contest for two classes with a positive one, else one of each class against the rest. */
export function contestsOf({ classes, positive }: ScoredClasses): Contest[] {
  if (classes.length === 1) return positive === undefined ? [] : [{ positive, score: 0 }];
  const all = classes.map((index, score) => ({ positive: index ?? -2, score }));
  const one = classes.length === 2 ? all.find((contest) => contest.positive === positive) : undefined;
  return one === undefined ? all : [one];
}

const ONE_SIDED = 'a class has no rows, or no other class has any';

/**
 * Evidence of the area under the ROC curve, by slice. One contest: DeLong's variances from each row's placement; where
 * rows have weights or belong together, those placements are summed by whoever the rows are of (Obuchowski,
 * "Nonparametric analysis of clustered ROC curve data", 1997). Several contests: delete-a-group jackknife of their mean.
 */
export async function inferAuc(
  paired: Paired,
  scope: Scope,
  test: TestName,
  scored: ScoredClasses,
): Promise<MetricEvidence[]> {
  const contests = contestsOf(scored);
  const [contest] = contests;
  if (contest === undefined) {
    const reason =
      'it needs "scores" and "positive", under "evaluation" of the gate file or, beside "rules", as an input';
    return scope.sizes.map((n) =>
      evidenceOf({ value: null, baselineValue: null, n, reason, baselineReason: reason }, paired.hasBaseline),
    );
  }
  const refused = whyRefused(test, contests.length);
  const noInference = refused === undefined ? {} : { noInference: refused };
  if (contests.length > 1 || test === 'jackknife')
    return aucByFold(paired, scope, contests, { test, ...noInference });
  const edges = await edgesOf(paired, scope, contest);
  const query = paired.weighted || paired.clustered ? weightedPlacementQuery : midrankQuery;
  const rows = await bySlice(paired, 'roc-auc', query(paired, scope, contest, edges));
  return scope.sizes.map((n, slice) => {
    const found = rows.get(slice) ?? [];
    const area = areaOf(paired, found, n);
    if (area === undefined) {
      return evidenceOf(
        { value: null, baselineValue: null, n, reason: ONE_SIDED, baselineReason: ONE_SIDED },
        paired.hasBaseline,
      );
    }
    return evidenceOf(
      { ...area, ...(test === 'none' ? { own: undefined, difference: undefined } : noInference) },
      paired.hasBaseline,
    );
  });
}

function whyRefused(test: TestName, contests: number): string | undefined {
  if (test === 'auto' || test === 'none' || test === 'jackknife') return undefined;
  if (test !== 'delong')
    return `"test: ${test}" is not made for roc-auc, "auto", "delong" and "jackknife" are`;
  return contests === 1
    ? undefined
    : 'DeLong speaks of two classes; for the mean over several, "test: auto" and "jackknife" are made';
}

function areaOf(
  paired: Paired,
  rows: readonly Row[],
  n: number,
): Parameters<typeof evidenceOf>[0] | undefined {
  const of = (positive: boolean): ((name: string) => number) => {
    const row = rows.find(({ pos }) => pos === positive) ?? {};
    return (name) => Number(row[name] ?? 0);
  };
  const [positives, negatives] = [of(true), of(false)];
  const sizes = (of: (name: string) => number): number =>
    paired.weighted || paired.clustered ? of('w') : of('n');
  const pairs = 2 * sizes(positives) * sizes(negatives);
  if (!(pairs > 0)) return undefined;
  const value = positives('c_ordered') / pairs;
  const baselineValue = positives('b_ordered') / pairs;
  const points = { value, baselineValue, n };
  if (paired.weighted || paired.clustered) {
    const [{ units, own_squares, difference_squares } = {}] = rows;
    return {
      ...points,
      own: () => linearInference(paired, value, Number(units), Number(own_squares)),
      difference: () =>
        linearInference(paired, value - baselineValue, Number(units), Number(difference_squares)),
    };
  }
  const count = { positives: positives('n'), negatives: negatives('n') };
  // A row's placement is its part of the other class; the variances are of twice the number.
  const placement = {
    positive: (name: string): number => positives(name) / (2 * count.negatives) ** 2,
    negative: (name: string): number => negatives(name) / (2 * count.positives) ** 2,
  };
  const [s10cc, s10bb] = [placement.positive('c_variance'), placement.positive('b_variance')];
  const [s01cc, s01bb] = [placement.negative('c_variance'), placement.negative('b_variance')];
  return {
    ...points,
    own: () => aucInference({ auc: value, s10: s10cc, s01: s01cc, ...count }),
    difference: () =>
      delongInference({
        candidate: value,
        baseline: baselineValue,
        ...{ s10cc, s10bb, s01cc, s01bb, ...count },
        // From the variance of the difference, which is 0 without rounding where both models rank alike.
        s10cb: (s10cc + s10bb - placement.positive('difference_variance')) / 2,
        s01cb: (s01cc + s01bb - placement.negative('difference_variance')) / 2,
      }),
  };
}

/** Ranges of a score that are ranked each for itself, so that all cores have work and no sort holds all rows. */
const RANGES = 8;
const SAMPLE = 10_000;
/** Where no slice has more than this share of the rows, the slices themselves are parts enough. */
const SMALL_SLICE = 1 / 8;

/** Where the ranges of the scores end, from a sample of the rows; the ranks do not depend on it. */
async function edgesOf(paired: Paired, { sizes }: Scope, { score }: Contest): Promise<Edges> {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (Math.max(...sizes) <= SMALL_SLICE * total) return { c: [], b: [] };
  const shares = Array.from({ length: RANGES - 1 }, (_, at) => (at + 1) / RANGES).join(', ');
  const of = (side: string): string => `quantile_disc(${side}s${score}, [${shares}]) AS ${side}`;
  const sides = paired.hasBaseline ? [of('c'), of('b')] : [of('c')];
  const sql = `SELECT 0 AS k, ${sides.join(', ')} FROM paired, (SELECT greatest(1, count(*) // ${SAMPLE}) AS step FROM paired)
    WHERE paired.rowid % step = 0`;
  const row = (await bySlice(paired, 'score ranges', sql)).get(0)?.[0] ?? {};
  const numbers = (value: Row[string] | undefined): number[] =>
    Array.isArray(value) ? [...new Set(value.map(Number))] : [];
  return { c: numbers(row['c']), b: numbers(row['b']) };
}

/**
 * Placements of all rows (the share of the other class that a row's score stands right to, ties counting half) and
 * their sums, where rows have weights or belong together: one line for each slice and class.
 */
function weightedPlacementQuery(paired: Paired, scope: Scope, contest: Contest, edges: Edges): string {
  const { hasBaseline, clustered } = paired;
  const { positive, score } = contest;
  const sides = hasBaseline ? (['c', 'b'] as const) : (['c'] as const);
  const each = (text: (side: 'c' | 'b') => string, separator = ', '): string =>
    sides.map(text).join(separator);
  const sums = (side: string): string => {
    const part = `PARTITION BY k, ${side}r ORDER BY ${side}s`;
    const down = 'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING';
    return `sum(wn) OVER (${part}) AS ${side}_n_to, sum(wn) OVER (${part} ${down}) AS ${side}_n_from,
      sum(wp) OVER (${part}) AS ${side}_p_to, sum(wp) OVER (${part} ${down}) AS ${side}_p_from`;
  };
  // Twice the weight of the other class that stands on the right side: below a positive row, above a negative one.
  const ordered = (side: string): string => `CASE WHEN pos
      THEN 2 * ${side}t.n_before + ${side}_n_to + ${side}t.n - ${side}_n_from
      ELSE 2 * ${side}t.p_after + ${side}_p_from + ${side}t.p - ${side}_p_to END AS ${side}o`;
  const totals = (
    side: string,
  ): string => `${side}t AS (SELECT k, ${side}r AS r, n, p, sum(n) OVER up - n AS n_before,
    sum(p) OVER down - p AS p_after, sum(n) OVER every AS n_all, sum(p) OVER every AS p_all
    FROM (SELECT k, ${side}r, sum(wn) AS n, sum(wp) AS p FROM source GROUP BY ALL)
    WINDOW up AS (PARTITION BY k ORDER BY ${side}r), down AS (PARTITION BY k ORDER BY ${side}r DESC), every AS (PARTITION BY k))`;
  const group = clustered ? ', g' : '';
  const place = (side: string): string =>
    `${side}o / (2 * CASE WHEN pos THEN n_all ELSE p_all END) AS ${side}v`;
  const points = `count(*) AS n, sum(w) AS w, ${each((side) => `sum(w * ${side}o) AS ${side}_ordered`)}`;
  const part = (value: string): string => `w * (${value}) / CASE WHEN pos THEN total_p ELSE total_n END`;
  const total = (sql: string, name: string): string =>
    clustered ? `sum(${sql}) AS ${name}` : `${sql} AS ${name}`;
  const differences = hasBaseline ? '(cv - c_area) - (bv - b_area)' : '0';
  return `WITH source AS (SELECT k, y = ${positive} AS pos, w${group}, CASE WHEN y = ${positive} THEN w ELSE 0 END AS wp,
      CASE WHEN y = ${positive} THEN 0 ELSE w END AS wn,
      ${each((side) => `${side}s${score} AS ${side}s, ${rangeOf(side, contest, edges)} AS ${side}r`)}
      FROM ${scopedRows(paired, scope)}),
    ${each(totals)},
    ranked AS (SELECT k, pos, w${group}, ${each((side) => `${side}r`)}, ${each(sums)} FROM source),
    placed AS (SELECT ranked.k, pos, w${group}, ct.n_all, ct.p_all, ${each(ordered)} FROM ranked
      ${each((side) => `JOIN ${side}t ON ranked.k = ${side}t.k AND ranked.${side}r = ${side}t.r`, ' ')}),
    valued AS MATERIALIZED (SELECT *, ${each(place)} FROM placed),
    points AS (SELECT k, pos, ${points} FROM valued GROUP BY k, pos),
    areas AS (SELECT k, sum(w) FILTER (WHERE pos) AS total_p, sum(w) FILTER (WHERE NOT pos) AS total_n,
      ${each((side) => `sum(${side}_ordered) FILTER (WHERE pos) / (2 * total_p * total_n) AS ${side}_area`)}
      FROM points GROUP BY k),
    units AS (SELECT k, ${total(part('cv - c_area'), 'o')}, ${total(part(differences), 'd')}
      FROM valued JOIN areas USING (k) ${clustered ? 'GROUP BY k, g' : ''}),
    spread AS (SELECT k, count(*) AS units, sum(o * o) AS own_squares, sum(d * d) AS difference_squares FROM units GROUP BY k)
    SELECT * FROM points JOIN spread USING (k)`;
}
