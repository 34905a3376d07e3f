import { guardedByExchange } from '../../../../shared/statistics/exchange.ts';
import { jackknifeInference } from '../../../../shared/statistics/jackknife.ts';
import { mcnemarInference } from '../../../../shared/statistics/mcnemar.ts';
import { bcaAcceleration } from '../../../../shared/statistics/multinomial.ts';
import { pairedScoreInference } from '../../../../shared/statistics/paired-score.ts';
import { replicateInference } from '../../../../shared/statistics/replicates.ts';
import { wilsonInference } from '../../../../shared/statistics/wilson.ts';
import type { Inference } from '../../../../shared/statistics/inference.ts';
import type { MetricEvidence } from '../evidence.ts';
import type { Defaults, TestName, Utility } from '../gate-file/gate-file.ts';
import { evidenceOf } from './assemble.ts';
import { type CellReplicates, replicatesOfCells } from './cell-replicates.ts';
import { type Cell, cellsOf, cellStatistic, matrixStatistic } from './cells.ts';
import { influences, linearInference, type Spread, spreadOfCells } from './linear.ts';
import { leaveOut } from './leave-out.ts';
import { MAX_CELL_CLASSES } from './needs.ts';
import type { Paired } from './paired.ts';
import { proportionOf } from './proportion.ts';
import type { Scope } from './scope.ts';

/** A metric of counts with the test that a rule asks for. */
export interface AskedCounts {
  readonly key: string;
  /** As shared/statistics calls it. */
  readonly name: string;
  readonly test: TestName;
}

interface Settings {
  readonly positive: string | undefined;
  readonly utility: Utility | undefined;
  readonly defaults: Defaults;
}

type Method = 'none' | 'score' | 'mcnemar' | 'bca' | 'percentile' | 'linear' | 'jackknife';

/** By which method a metric of counts is inferred, or why by none. */
export function methodOf(
  { name, test }: Pick<AskedCounts, 'name' | 'test'>,
  { weighted, clustered, classes }: Pick<Paired, 'weighted' | 'clustered' | 'classes'>,
): Method | { readonly refused: string } {
  const dependent = weighted || clustered;
  const because = weighted ? 'rows have weights' : 'rows belong together in groups';
  const notHere = { refused: `${because}, for which "test: auto" and "jackknife" are made` };
  switch (test) {
    case 'none':
    case 'jackknife':
      return test;
    case 'auto':
      if (dependent) return 'linear';
      if (name === 'accuracy') return 'score';
      return classes.length > MAX_CELL_CLASSES ? 'jackknife' : 'bca';
    case 'score':
    case 'mcnemar':
      if (name !== 'accuracy') return { refused: `"test: ${test}" is made for accuracy` };
      return dependent ? notHere : test;
    case 'bca':
    case 'bootstrap':
      if (dependent) return notHere;
      if (classes.length > MAX_CELL_CLASSES) {
        return {
          refused: `there are more than ${MAX_CELL_CLASSES} classes, for which "test: jackknife" is made`,
        };
      }
      return test === 'bca' ? 'bca' : 'percentile';
    case 't':
    case 'wilcoxon':
    case 'permutation':
      return { refused: `"test: ${test}" is made for means over rows` };
    case 'delong':
      return { refused: '"test: delong" is made for roc-auc' };
  }
}

/** Evidence of metrics that depend on the rows only through the counts of label and predictions, by slice and key. */
export async function inferCounts(
  paired: Paired,
  scope: Scope,
  asked: readonly AskedCounts[],
  settings: Settings,
): Promise<Map<string, MetricEvidence>[]> {
  const methods = asked.map((each) => methodOf(each, paired));
  const cells = await cellsOf(paired, scope, false);
  const folded = methods.includes('jackknife') ? await cellsOf(paired, scope, true) : [];
  const statistics = asked.map(({ name }) =>
    matrixStatistic(name, paired.classes, settings.positive, settings.utility),
  );
  const spreads = methods.includes('linear')
    ? await spreadOfCells(
        paired,
        scope,
        cells,
        cells.map((each) =>
          statistics.map((statistic) => influences(each, paired.classes.length, statistic)),
        ),
      )
    : [];
  return cells.map((each, slice) => {
    const bootstrapped = methods.flatMap((method, at) =>
      method === 'bca' || method === 'percentile' ? [at] : [],
    );
    const replicates = replicatesOfCells(paired, each, { statistics, bootstrapped, ...settings.defaults });
    return new Map(
      asked.map(({ key, name }, at) => {
        const method = methods[at] ?? 'none';
        const statistic = statistics[at] ?? ((): number => NaN);
        const classes = paired.classes.length;
        const ownOf = cellStatistic(each, 'c', classes, statistic);
        const baseOf = cellStatistic(each, 'b', classes, statistic);
        const weights = each.map(({ weight }) => weight);
        const n = scope.sizes[slice] ?? 0;
        const points = { value: ownOf(weights), baselineValue: baseOf(weights), n };
        if (typeof method === 'object')
          return [key, evidenceOf({ ...points, noInference: method.refused }, paired.hasBaseline)];
        const infer = makers(method, {
          name,
          cells: each,
          folded: folded[slice] ?? [],
          points,
          replicates: replicates.get(at),
          spread: spreads[slice]?.[at],
          paired,
          ownOf,
          baseOf,
          positive: settings.positive === undefined ? -1 : paired.classes.indexOf(settings.positive),
          seed: settings.defaults.seed,
          statistic,
          classes,
        });
        return [key, evidenceOf({ ...points, ...infer }, paired.hasBaseline)] as const;
      }),
    );
  });
}

interface Makers {
  readonly own?: () => Inference;
  readonly difference?: () => Inference;
}

interface Material {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly folded: readonly Cell[];
  readonly points: { readonly value: number; readonly baselineValue: number; readonly n: number };
  readonly replicates: CellReplicates | undefined;
  readonly spread: Spread | undefined;
  readonly paired: Paired;
  readonly ownOf: (weights: ArrayLike<number>) => number;
  readonly baseOf: (weights: ArrayLike<number>) => number;
  readonly positive: number;
  readonly seed: number;
  readonly statistic: (matrix: Float64Array) => number;
  readonly classes: number;
}

function makers(method: Method, material: Material): Makers {
  const { cells, points, name, replicates, seed } = material;
  const proportion = proportionOf(name, cells, material.positive);
  const wilson = proportion === undefined ? undefined : () => wilsonInference(proportion);
  switch (method) {
    case 'none':
      return {};
    case 'score':
    case 'mcnemar': {
      const infer = method === 'score' ? pairedScoreInference : mcnemarInference;
      return { ...(wilson === undefined ? {} : { own: wilson }), difference: () => infer(agreement(cells)) };
    }
    case 'linear':
      return ofSpread(material);
    case 'jackknife': {
      const { own, difference } = leaveOut(material.folded, material.classes, material.statistic);
      return {
        own: () => jackknifeInference({ estimate: points.value, groupEstimates: own }),
        difference: () =>
          jackknifeInference({ estimate: points.value - points.baselineValue, groupEstimates: difference }),
      };
    }
    case 'bca':
    case 'percentile': {
      if (replicates === undefined) return {};
      const counts = cells.map(({ n }) => n);
      const { ownOf, baseOf } = material;
      const made = (
        estimate: number,
        values: Float64Array,
        of: (counts: Float64Array) => number,
      ): Inference =>
        replicateInference({
          estimate,
          replicates: values,
          seed,
          n: points.n,
          method,
          ...(method === 'bca' ? { acceleration: bcaAcceleration(counts, of) } : {}),
        });
      return {
        own:
          wilson !== undefined && method === 'bca' ? wilson : () => made(points.value, replicates.own, ownOf),
        difference: () =>
          guardedByExchange(
            made(
              points.value - points.baselineValue,
              replicates.difference,
              (weights) => ownOf(weights) - baseOf(weights),
            ),
            replicates.exchanged,
          ),
      };
    }
  }
}

function agreement(cells: readonly Cell[]): Parameters<typeof pairedScoreInference>[0] {
  const counts = { both: 0, onlyCandidate: 0, onlyBaseline: 0, neither: 0 };
  for (const { y, c, b, n } of cells) {
    if (c === y) counts[b === y ? 'both' : 'onlyCandidate'] += n;
    else counts[b === y ? 'onlyBaseline' : 'neither'] += n;
  }
  return counts;
}

function ofSpread({ spread, paired, points }: Material): Makers {
  if (spread === undefined) return {};
  const { units } = spread;
  return {
    own: () => linearInference(paired, points.value, units, spread.own),
    difference: () => linearInference(paired, points.value - points.baselineValue, units, spread.difference),
  };
}
