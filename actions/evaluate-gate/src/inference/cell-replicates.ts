import { exchangeReplicates } from '../../../../shared/statistics/exchange.ts';
import { multinomialReplicates } from '../../../../shared/statistics/multinomial.ts';
import { type Cell, cellStatistic, type MatrixStatistic } from './cells.ts';
import type { Paired } from './paired.ts';

/** Of one metric, by replicate. */
export interface CellReplicates {
  readonly own: Float64Array;
  readonly difference: Float64Array;
  /** The difference where either model could have given either prediction. */
  readonly exchanged: Float64Array;
}

interface ReplicateOptions {
  readonly statistics: readonly MatrixStatistic[];
  /** Indexes of the statistics that replicates are wanted of. */
  readonly bootstrapped: readonly number[];
  readonly replicates: number;
  readonly seed: number;
}

/** Replicates of all metrics that are bootstrapped, from the same draws: each draw of the cells serves them all. */
export function replicatesOfCells(
  { classes, hasBaseline }: Paired,
  observed: readonly Cell[],
  { statistics, bootstrapped, replicates, seed }: ReplicateOptions,
): ReadonlyMap<number, CellReplicates> {
  const { cells, partners } = exchangeable(observed);
  const made = (): Float64Array => new Float64Array(replicates);
  const wanted = [...statistics.entries()]
    .filter(([at]) => bootstrapped.includes(at))
    .map(([at, statistic]) => ({
      at,
      own: cellStatistic(cells, 'c', classes.length, statistic),
      base: cellStatistic(cells, 'b', classes.length, statistic),
      result: { own: made(), difference: made(), exchanged: made() },
    }));
  if (wanted.length === 0 || cells.length === 0) return new Map();
  const counts = cells.map(({ n }) => n);
  let replicate = 0;
  const resampled = (drawnCounts: Float64Array): number => {
    for (const { own, base, result } of wanted) {
      const value = own(drawnCounts);
      result.own[replicate] = value;
      result.difference[replicate] = hasBaseline ? value - base(drawnCounts) : NaN;
    }
    replicate += 1;
    return 0;
  };
  multinomialReplicates({ counts, replicates, seed, statistic: resampled });
  if (hasBaseline) {
    replicate = 0;
    const exchanged = (drawnCounts: Float64Array): number => {
      for (const { own, base, result } of wanted) {
        result.exchanged[replicate] = own(drawnCounts) - base(drawnCounts);
      }
      replicate += 1;
      return 0;
    };
    exchangeReplicates({ counts, partners, replicates, seed, statistic: exchanged });
  }
  return new Map(wanted.map(({ at, result }) => [at, result]));
}

/** The cells with those that an exchange of the two predictions leads to, and which leads to which. */
function exchangeable(observed: readonly Cell[]): { cells: readonly Cell[]; partners: readonly number[] } {
  const keyOf = (y: number, c: number, b: number): string => `${y} ${c} ${b}`;
  const cells = [...observed];
  const places = new Map(cells.map(({ y, c, b }, at) => [keyOf(y, c, b), at]));
  for (const { y, c, b } of observed) {
    if (places.has(keyOf(y, b, c))) continue;
    places.set(keyOf(y, b, c), cells.length);
    cells.push({ y, c: b, b: c, n: 0, weight: 0, squares: 0, fold: 0 });
  }
  return { cells, partners: cells.map(({ y, c, b }, at) => places.get(keyOf(y, b, c)) ?? at) };
}
