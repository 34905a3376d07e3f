import type { MetricEvidence } from '../evidence.ts';
import type { TestName } from '../gate-file/gate-file.ts';
import { evidenceOf } from './assemble.ts';
import type { Contest } from './midranks.ts';
import { jackknifeOf } from './jackknife.ts';
import type { Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';

/** Of one contest, fold by fold: weights of both classes and of the pairs that the score orders rightly. */
interface Fold {
  readonly fold: number;
  readonly positives: number;
  readonly negatives: number;
  /** Pairs of a positive row of this fold with any negative one. */
  readonly ofPositives: number;
  /** Pairs of a negative row of this fold with any positive one. */
  readonly ofNegatives: number;
  /** Pairs within the fold. */
  readonly within: number;
}

/**
 * The mean area over all contests, with a delete-a-group jackknife: what a fold takes part in is counted once in all
 * pairs and once within the fold, so that no ranking has to be made again without it.
 */
export async function aucByFold(
  paired: Paired,
  scope: Scope,
  contests: readonly Contest[],
  { test, noInference }: { readonly test: TestName; readonly noInference?: string },
): Promise<MetricEvidence[]> {
  const sides = paired.hasBaseline ? (['c', 'b'] as const) : (['c'] as const);
  const folds: Record<'c' | 'b', Fold[][][]> = { c: [], b: [] };
  for (const contest of contests) {
    for (const side of sides) folds[side].push(await foldsOf(paired, scope, contest, side, test !== 'none'));
  }
  return scope.sizes.map((n, slice) => {
    const area = (side: 'c' | 'b', without: number | undefined): number => {
      const areas = folds[side].map((contest) => areaOf(contest[slice] ?? [], without));
      return areas.reduce((sum, value) => sum + value, 0) / areas.length;
    };
    const occurring = (folds.c[0]?.[slice] ?? []).map(({ fold }) => fold);
    const reason = 'a class has no rows, or no other class has any';
    return evidenceOf(
      {
        value: area('c', undefined),
        baselineValue: paired.hasBaseline ? area('b', undefined) : null,
        n,
        reason,
        baselineReason: reason,
        ...(test === 'none' ? {} : jackknifeOf(occurring, paired.hasBaseline, area)),
        noInference,
      },
      paired.hasBaseline,
    );
  });
}

function areaOf(folds: readonly Fold[], without: number | undefined): number {
  let [positives, negatives, ordered] = [0, 0, 0];
  for (const each of folds) {
    ordered += each.ofPositives;
    if (each.fold === without) ordered -= each.ofPositives + each.ofNegatives - each.within;
    if (each.fold === without) continue;
    positives += each.positives;
    negatives += each.negatives;
  }
  // A class that is missing altogether leaves no pair: not defined.
  return positives > 0 && negatives > 0 ? ordered / (positives * negatives) : NaN;
}

async function foldsOf(
  paired: Paired,
  scope: Scope,
  { positive, score }: Contest,
  side: 'c' | 'b',
  split: boolean,
): Promise<Fold[][]> {
  const down = 'RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING';
  const fold = split ? 'f' : '0';
  const sql = `WITH source AS (SELECT k, ${fold} AS f, ${side}s${score} AS s, CASE WHEN y = ${positive} THEN w ELSE 0 END AS wp,
      CASE WHEN y = ${positive} THEN 0 ELSE w END AS wn FROM ${scopedRows(paired, scope)}),
    ranked AS (SELECT k, f, wp, wn, sum(wn) OVER every - sum(wn) OVER up AS n_above, sum(wn) OVER down AS n_from,
      sum(wn) OVER every AS n_all, sum(wp) OVER every - sum(wp) OVER up AS p_above, sum(wp) OVER down AS p_from,
      sum(wn) OVER fold AS n_fold, sum(wn) OVER fold_up AS n_fold_to, sum(wn) OVER fold_down AS n_fold_from FROM source
      WINDOW every AS (PARTITION BY k), up AS (PARTITION BY k ORDER BY s), down AS (PARTITION BY k ORDER BY s ${down}),
        fold AS (PARTITION BY k, f), fold_up AS (PARTITION BY k, f ORDER BY s), fold_down AS (PARTITION BY k, f ORDER BY s ${down}))
    SELECT k, f, sum(wp) AS p, sum(wn) AS n, sum(wp * (2 * n_all - n_above - n_from)) / 2 AS of_p,
      sum(wn * (p_above + p_from)) / 2 AS of_n, sum(wp * (n_fold_to + n_fold - n_fold_from)) / 2 AS within
    FROM ranked GROUP BY k, f ORDER BY k, f`;
  const rows = await bySlice(paired, 'roc-auc by fold', sql);
  return scope.sizes.map((_, slice) =>
    (rows.get(slice) ?? []).map(({ f, p, n, of_p, of_n, within }) => ({
      fold: Number(f),
      positives: Number(p),
      negatives: Number(n),
      ofPositives: Number(of_p),
      ofNegatives: Number(of_n),
      within: Number(within),
    })),
  );
}
