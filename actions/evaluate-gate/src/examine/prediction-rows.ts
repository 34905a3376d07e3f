import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import type { RowColumn } from './decide/features.ts';
import { ROWS } from './rows-table.ts';

/** Names in a table of scored rows: the prediction, then `s0`, `s1` … */
export const SCORED_PREDICTION = 'scored_prediction';
export const scoreName = (index: number): string => `s${index}`;

/** A table of scored rows, `s`, and on what it is joined with the evaluation rows, `r`. */
export interface Scored {
  readonly table: string;
  readonly on: string;
}

/**
 * One SELECT of a file of predictions: all columns of the evaluation rows, which slices and metrics may name, with
 * prediction and scores as they were computed now in place of those that the file itself may have.
 */
export function selectPredictions(
  columns: readonly RowColumn[],
  evaluation: EvaluationColumns,
  { table, on }: Scored,
): string {
  // The gate file's schema demands it of everybody who names rows.
  if (evaluation.prediction === undefined) throw new RangeError('evaluation.prediction');
  const computed = [evaluation.prediction, ...evaluation.scores];
  // Names of columns differ in more than their case.
  const replaced = new Set(computed.map((name) => name.toLowerCase()));
  const kept = columns
    .filter(({ name }) => !replaced.has(name.toLowerCase()))
    .map(({ name }) => `r.${quoteIdentifier(name)}`);
  const added = computed.map((name, index) => {
    const given = index === 0 ? SCORED_PREDICTION : scoreName(index - 1);
    return `s.${given} AS ${quoteIdentifier(name)}`;
  });
  return `SELECT ${[...kept, ...added].join(', ')} FROM ${ROWS} r JOIN ${quoteIdentifier(table)} s ON ${on} ORDER BY r.__row`;
}
