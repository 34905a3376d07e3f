import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { classSetOf } from './class-sets.ts';
import { type Column, numberOrNull, textOf } from './column-values.ts';

/** The columns of one file of predictions, found in its table. */
export interface PredictionColumns {
  readonly id: Column;
  /** Undefined where rows have scores of their own only; of samples it is the hash of the example. */
  readonly label: Column | undefined;
  /** Undefined where rows have scores of their own only. */
  readonly prediction: Column | undefined;
  readonly scores: readonly Column[];
  readonly weight: Column | undefined;
  /** Label and prediction are sets of classes: lists, JSON arrays, or text with `|` between the classes. */
  readonly multilabel?: boolean;
}

/** One more column of `selectRows`: `sql` is an expression over the file's own columns. */
export interface ExtraColumn {
  readonly name: string;
  readonly sql: string;
}

/**
 * One SELECT that brings a table of predictions to a form that all queries share: `id`, `y` and `p` (label and
 * prediction as text, NULL where there are none; where they are sets of classes, as JSON text, with the sorted lists `ys` and `ps`), `yn` and `pn`
 * (as numbers), `s0`, `s1` … (scores) and `w` (weight; 1 where there is none), then `extraColumns`, such as those that
 * slices need.
 */
export function selectRows(
  table: string,
  columns: PredictionColumns,
  extraColumns: readonly ExtraColumn[] = [],
): string {
  const scores = columns.scores
    .map((column, index) => `, ${numberOrNull(column)} + 0.0 AS s${index}`)
    .join('');
  const extra = extraColumns.map(({ name, sql }) => `, ${sql} AS ${quoteIdentifier(name)}`).join('');
  const { label, prediction, multilabel = false } = columns;
  const classes = (column: Column | undefined): string => {
    if (column === undefined) return 'CAST(NULL AS VARCHAR)';
    return multilabel ? `CAST(to_json(${classSetOf(column)}) AS VARCHAR)` : textOf(column);
  };
  const number = (column: Column | undefined): string =>
    column === undefined ? 'CAST(NULL AS DOUBLE)' : numberOrNull(column);
  const sets =
    multilabel && label !== undefined && prediction !== undefined
      ? `, ${classSetOf(label)} AS ys, ${classSetOf(prediction)} AS ps`
      : '';
  return `SELECT ${textOf(columns.id)} AS id, ${classes(label)} AS y, ${classes(prediction)} AS p${sets},
    ${number(label)} AS yn, ${number(prediction)} AS pn${scores},
    ${columns.weight === undefined ? 'CAST(1 AS DOUBLE)' : numberOrNull(columns.weight)} AS w${extra}
    FROM ${quoteIdentifier(table)}`;
}

/** The half-open interval that scikit-learn keeps probabilities in: the machine epsilon of the scores' own type. */
export function clipOf(scores: readonly Column[]): number {
  return scores.length > 0 && scores.every(({ type }) => type === 'FLOAT' || type === 'REAL')
    ? 2 ** -23
    : 2 ** -52;
}
