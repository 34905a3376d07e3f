import type { Row } from '../../../../shared/data/engine.ts';
import type { MetricEvidence } from '../evidence.ts';
import type { TestName } from '../gate-file/gate-file.ts';
import { CALIBRATION_BINS } from '../metrics/scores.ts';
import { evidenceOf } from './assemble.ts';
import { contestsOf } from './auc.ts';
import { jackknifeOf } from './jackknife.ts';
import type { Kind } from './kind.ts';
import { scoreOf, type ScoredClasses } from './losses.ts';
import { FOLDS, type Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';
import { sqlMetricQuery } from './sql-metric.ts';

type FoldKind = Extract<Kind, { kind: 'sums' | 'ece' | 'pr-auc' | 'sql' }>;

/**
 * Evidence of metrics of which no closed form of the uncertainty is had: delete-a-group jackknife with groups by a hash
 * of the id, or of whoever the rows are of. Sums and bins are had of all folds in one pass; what ranks the rows, and SQL
 * of the gate file, is asked anew without each fold.
 */
export async function inferByFold(
  paired: Paired,
  scope: Scope,
  { kind, test }: { readonly kind: FoldKind; readonly test: TestName },
  scored: ScoredClasses,
): Promise<MetricEvidence[]> {
  const refused =
    test === 'auto' || test === 'jackknife' || test === 'none'
      ? undefined
      : `"test: ${test}" is not made for this metric, "auto" and "jackknife" are`;
  const split = test !== 'none' && refused === undefined;
  const missing = whyMissing(kind, scored);
  const quantities = missing === undefined ? await quantitiesOf(paired, scope, kind, scored, split) : [];
  return scope.sizes.map((n, slice) => {
    const found = quantities[slice];
    const reason = missing ?? REASONS[kind.kind === 'sums' ? kind.name : kind.kind];
    const of = found?.of ?? ((): number => NaN);
    return evidenceOf(
      {
        value: of('c', undefined),
        baselineValue: paired.hasBaseline ? of('b', undefined) : null,
        n,
        reason,
        baselineReason: reason,
        ...(split ? jackknifeOf(found?.folds ?? [], paired.hasBaseline, of) : {}),
        noInference: refused,
      },
      paired.hasBaseline,
    );
  });
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  r2: 'all labels are equal',
  'pr-auc': 'a class has no rows, or no other class has any',
};

function whyMissing({ kind }: FoldKind, scored: ScoredClasses): string | undefined {
  const contests = contestsOf(scored);
  return (kind === 'ece' || kind === 'pr-auc') && contests.length === 0
    ? 'it needs "scores" and "positive", under "evaluation" of the gate file or, beside "rules", as an input'
    : undefined;
}

interface Quantity {
  readonly folds: readonly number[];
  readonly of: (side: 'c' | 'b', without: number | undefined) => number;
}

async function quantitiesOf(
  paired: Paired,
  scope: Scope,
  kind: FoldKind,
  scored: ScoredClasses,
  split: boolean,
): Promise<Quantity[]> {
  switch (kind.kind) {
    case 'sums':
      return sumsByFold(paired, scope, kind.name, split);
    case 'ece':
      return binsByFold(paired, scope, scored, split);
    case 'pr-auc':
      return asked(paired, scope, split, (without) => precisionQueries(paired, scope, scored, without));
    case 'sql':
      return asked(paired, scope, split, (without) => sqlMetricQuery(paired, scope, kind.sql, without));
  }
}

const sidesOf = ({ hasBaseline }: Paired): readonly ('c' | 'b')[] => (hasBaseline ? ['c', 'b'] : ['c']);

/** Squared errors, and the spread of the labels around their mean, which is moved near 0 so that no digits are lost. */
async function sumsByFold(
  paired: Paired,
  scope: Scope,
  name: 'rmse' | 'r2',
  split: boolean,
): Promise<Quantity[]> {
  const errors = sidesOf(paired).map((side) => `sum(w * power(yn - ${side}n, 2)) AS ${side}e`);
  const source = scopedRows(paired, scope);
  const sql = `WITH centre AS (SELECT k, sum(w * yn) / sum(w) AS mean FROM ${source} GROUP BY k)
    SELECT k, ${split ? 'f' : '0'} AS f, sum(w) AS w, sum(w * (yn - mean)) AS first, sum(w * power(yn - mean, 2)) AS second,
      ${errors.join(', ')} FROM ${source} JOIN centre USING (k) GROUP BY ALL ORDER BY ALL`;
  const rows = await bySlice(paired, name, sql);
  return scope.sizes.map((_, slice) => {
    const folds = rows.get(slice) ?? [];
    const total = (column: string, without: number | undefined): number => sumOf(folds, column, without);
    return {
      folds: folds.map(({ f }) => Number(f)),
      of: (side, without) => {
        const [w, error] = [total('w', without), total(`${side}e`, without)];
        if (name === 'rmse') return Math.sqrt(error / w);
        const spread = total('second', without) - total('first', without) ** 2 / w;
        return spread > 0 ? 1 - error / spread : NaN;
      },
    };
  });
}

/** Gaps between hits and confidence in bins of the confidence; the definition is that of ../metrics/scores.ts. */
async function binsByFold(
  paired: Paired,
  scope: Scope,
  scored: ScoredClasses,
  split: boolean,
): Promise<Quantity[]> {
  const found: Record<'c' | 'b', ReadonlyMap<number, readonly Row[]>> = { c: new Map(), b: new Map() };
  for (const side of sidesOf(paired)) {
    const sql = `WITH scored AS (SELECT k, ${split ? 'f' : '0'} AS f, w, CASE WHEN y = ${side} THEN 1 ELSE 0 END AS hit,
        ${scoreOf(side, side, scored)} AS confidence FROM ${scopedRows(paired, scope)})
      SELECT k, f, least(${CALIBRATION_BINS}, greatest(1, ceil(confidence * ${CALIBRATION_BINS}))) AS bin, sum(w) AS w,
        sum(w * (hit - confidence)) AS gap FROM scored GROUP BY ALL ORDER BY ALL`;
    found[side] = await bySlice(paired, 'ece', sql);
  }
  return scope.sizes.map((_, slice) => ({
    folds: [...new Set((found.c.get(slice) ?? []).map(({ f }) => Number(f)))],
    of: (side, without) => {
      const bins = Map.groupBy(found[side].get(slice) ?? [], ({ bin }) => Number(bin));
      let [gaps, weight] = [0, 0];
      for (const rows of bins.values()) {
        gaps += Math.abs(sumOf(rows, 'gap', without));
        weight += sumOf(rows, 'w', without);
      }
      return gaps / weight;
    },
  }));
}

function sumOf(rows: readonly Row[], column: string, without: number | undefined): number {
  return rows.reduce((sum, row) => (Number(row['f']) === without ? sum : sum + Number(row[column])), 0);
}

/** Average precision, as ../metrics/scores.ts defines it, without the rows of one fold. */
function precisionQueries(
  paired: Paired,
  scope: Scope,
  scored: ScoredClasses,
  without: number | undefined,
): Readonly<Record<'c' | 'b', string>> {
  const kept = without === undefined ? '' : `WHERE f <> ${without}`;
  const of = (side: 'c' | 'b'): string => {
    const hits = contestsOf(scored).map(
      ({ positive, score }, index) => `SELECT k, ${index} AS contest, ${side}s${score} AS s,
        CASE WHEN y = ${positive} THEN w ELSE 0 END AS wp, w FROM ${scopedRows(paired, scope)} ${kept}`,
    );
    return `WITH ties AS (SELECT k, contest, s, sum(wp) AS wp, sum(w) AS w FROM (${hits.join(' UNION ALL ')}) GROUP BY ALL),
      ranked AS (SELECT k, contest, wp, w, sum(wp) OVER above AS tp, sum(w) OVER above AS said FROM ties
        WINDOW above AS (PARTITION BY k, contest ORDER BY s DESC)),
      each AS (SELECT k, contest, sum(wp) AS positives, sum(w) - sum(wp) AS negatives,
        sum(wp * coalesce(tp / nullif(said, 0), 0)) AS precise FROM ranked GROUP BY ALL)
      SELECT k, CASE WHEN min(least(positives, negatives)) > 0 THEN avg(precise / positives) END AS v FROM each GROUP BY k`;
  };
  return { c: of('c'), b: of('b') };
}

/** Asks for the values of all slices with all rows, then without each fold. */
async function asked(
  paired: Paired,
  scope: Scope,
  split: boolean,
  queriesOf: (without: number | undefined) => Readonly<Record<'c' | 'b', string>>,
): Promise<Quantity[]> {
  const folds = split ? Array.from({ length: FOLDS }, (_, fold) => fold) : [];
  const values = new Map<string, ReadonlyMap<number, readonly Row[]>>();
  for (const without of [undefined, ...folds]) {
    const queries = queriesOf(without);
    for (const side of sidesOf(paired)) {
      values.set(`${side} ${String(without)}`, await bySlice(paired, 'leaving out', queries[side]));
    }
  }
  const counted = split
    ? await bySlice(
        paired,
        'folds',
        `SELECT k, f FROM ${scopedRows(paired, scope)} GROUP BY ALL ORDER BY ALL`,
      )
    : new Map<number, readonly Row[]>();
  return scope.sizes.map((_, slice) => ({
    folds: (counted.get(slice) ?? []).map(({ f }) => Number(f)),
    of: (side, without) => {
      const value = values.get(`${side} ${String(without)}`)?.get(slice)?.[0]?.['v'];
      return value === null || value === undefined ? NaN : Number(value);
    },
  }));
}
