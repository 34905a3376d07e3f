import { type Cell, cellStatistic, type MatrixStatistic } from './cells.ts';
import { FOLDS } from './paired.ts';

/** A quantity of counts with each fold left out, of the candidate and of candidate - baseline. */
export function leaveOut(
  cells: readonly Cell[],
  classes: number,
  statistic: MatrixStatistic,
): { readonly own: number[]; readonly difference: number[] } {
  const own = cellStatistic(cells, 'c', classes, statistic);
  const base = cellStatistic(cells, 'b', classes, statistic);
  const without = (fold: number): number[] => cells.map((cell) => (cell.fold === fold ? 0 : cell.weight));
  const folds = occurringFolds(cells.map(({ fold }) => fold));
  return {
    own: folds.map((fold) => own(without(fold))),
    difference: folds.map((fold) => own(without(fold)) - base(without(fold))),
  };
}

/** The folds that have rows: one without rows would count as an estimate that nothing was left out of. */
export function occurringFolds(folds: Iterable<number>): number[] {
  return [...new Set(folds)].filter((fold) => fold >= 0 && fold < FOLDS).sort((a, b) => a - b);
}
