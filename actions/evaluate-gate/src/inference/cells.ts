import { confusionStatistic } from '../../../../shared/statistics/confusion-metrics.ts';
import type { Utility } from '../gate-file/gate-file.ts';
import type { Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';

/** Rows with one label and one prediction of each model; all that metrics of classes depend on. */
export interface Cell {
  readonly y: number;
  readonly c: number;
  /** The same as `c` where there is no baseline. */
  readonly b: number;
  readonly n: number;
  readonly weight: number;
  /** The sum of the rows' squared weights. */
  readonly squares: number;
  /** The fold of the jackknife, where the cells are split by it. */
  readonly fold: number;
}

/** The cells of each slice of a scope, in a fixed order: a seeded bootstrap depends on it. */
export async function cellsOf(paired: Paired, scope: Scope, byFold: boolean): Promise<Cell[][]> {
  const { hasBaseline, weighted } = paired;
  const keys = ['k', 'y', 'c', ...(hasBaseline ? ['b'] : []), ...(byFold ? ['f'] : [])].join(', ');
  const sums = weighted ? 'sum(w) AS w, sum(w * w) AS ww' : 'count(*) AS w, count(*) AS ww';
  const sql = `SELECT ${keys}, count(*) AS n, ${sums} FROM ${scopedRows(paired, scope)} GROUP BY ALL ORDER BY ALL`;
  const rows = await bySlice(paired, 'cells', sql);
  return scope.sizes.map((_, slice) =>
    (rows.get(slice) ?? []).map(({ y, c, b, f, n, w, ww }) => ({
      y: Number(y),
      c: Number(c),
      b: Number(b ?? c),
      n: Number(n),
      weight: Number(w),
      squares: Number(ww),
      fold: Number(f ?? 0),
    })),
  );
}

/** A quantity of one model's weights by label × prediction; NaN where it is not defined. */
export type MatrixStatistic = (matrix: Float64Array) => number;

export function matrixStatistic(
  name: string,
  classes: readonly string[],
  positive: string | undefined,
  utility: Utility | undefined,
): MatrixStatistic {
  if (name === 'cost' && utility !== undefined) return costStatistic(classes, utility);
  const index = positive === undefined ? -1 : classes.indexOf(positive);
  const statistic = confusionStatistic(name, {
    labels: classes.length,
    positive: index < 0 ? undefined : index,
  });
  return (matrix) => statistic(matrix) ?? NaN;
}

function costStatistic(classes: readonly string[], { costs }: Utility): MatrixStatistic {
  const prices = new Float64Array(classes.length ** 2);
  for (const { label, prediction, cost } of costs) {
    const [row, column] = [classes.indexOf(label), classes.indexOf(prediction)];
    if (row >= 0 && column >= 0) prices[row * classes.length + column] = cost;
  }
  return (matrix) => {
    const total = matrix.reduce((sum, weight) => sum + weight, 0);
    return matrix.reduce((sum, weight, at) => sum + weight * (prices[at] ?? 0), 0) / total;
  };
}

/** Makes a statistic of one model's matrix one of the cells' weights, in the cells' order. */
export function cellStatistic(
  cells: readonly Cell[],
  side: 'c' | 'b',
  classes: number,
  statistic: MatrixStatistic,
): (weights: ArrayLike<number>) => number {
  const matrix = new Float64Array(classes ** 2);
  const places = cells.map((cell) => cell.y * classes + cell[side]);
  return (weights) => {
    matrix.fill(0);
    for (let at = 0; at < places.length; at++) {
      const place = places[at] ?? 0;
      matrix[place] = (matrix[place] ?? 0) + (weights[at] ?? 0);
    }
    return statistic(matrix);
  };
}
