import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { classSetOf } from './class-sets.ts';

export interface Column {
  readonly name: string;
  /** The engine's type, as DuckDB spells it. */
  readonly type: string;
}

/** The columns of one file of predictions, found in its table. */
export interface PredictionColumns {
  readonly id: Column;
  readonly label: Column;
  readonly prediction: Column;
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

const FLOATING = /^(FLOAT|REAL|DOUBLE|DECIMAL\b.*)$/;

/** True for lists, maps and structs, and for JSON of mixed kinds: neither a class nor a number. */
export function isNested(type: string): boolean {
  return /\[|^(STRUCT|MAP|UNION|LIST|JSON|BLOB)\b/.test(type);
}

/**
 * A value as text, so that classes of different files and types compare: 3, 3.0 and '3' are one class.
 * NaN and infinities become NULL and are then counted as missing.
 */
export function textOfValue(column: string, type: string): string {
  if (type === 'JSON') return `${column} ->> '$'`;
  if (type === 'VARCHAR') return column;
  if (!FLOATING.test(type)) return `CAST(${column} AS VARCHAR)`;
  const number = `CAST(${column} AS DOUBLE)`;
  // Beyond 2^53 a double names no single integer.
  const whole = `${number} = trunc(${number}) AND abs(${number}) <= 9007199254740992`;
  return `CASE WHEN NOT isfinite(${number}) THEN NULL WHEN ${whole} THEN CAST(CAST(${number} AS BIGINT) AS VARCHAR) ELSE CAST(${column} AS VARCHAR) END`;
}

const textOf = ({ name, type }: Column): string => textOfValue(quoteIdentifier(name), type);

/** A value as a finite number, else NULL. */
function numberOf({ name, type }: Column): string {
  const column = quoteIdentifier(name);
  const number = type === 'VARCHAR' ? `TRY_CAST(${column} AS DOUBLE)` : `CAST(${column} AS DOUBLE)`;
  return `CASE WHEN isfinite(${number}) THEN ${number} END`;
}

export const isNumeric = ({ type }: Column): boolean =>
  FLOATING.test(type) || /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type);

export const numberOrNull = (column: Column): string =>
  column.type === 'VARCHAR' || isNumeric(column) ? numberOf(column) : 'CAST(NULL AS DOUBLE)';

/**
 * One SELECT that brings a table of predictions to a form that all queries share: `id`, `y` and `p` (label and
 * prediction as text; where they are
 * sets of classes, as JSON text, with the sorted lists `ys` and `ps`), `yn` and `pn` (as numbers), `s0`, `s1` … (scores) and `w` (weight; 1 where there is none), then
 * `extraColumns`, such as those that slices need.
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
  const classes = (column: Column): string =>
    multilabel ? `CAST(to_json(${classSetOf(column)}) AS VARCHAR)` : textOf(column);
  const sets = multilabel ? `, ${classSetOf(label)} AS ys, ${classSetOf(prediction)} AS ps` : '';
  return `SELECT ${textOf(columns.id)} AS id, ${classes(label)} AS y, ${classes(prediction)} AS p${sets},
    ${numberOrNull(label)} AS yn, ${numberOrNull(prediction)} AS pn${scores},
    ${columns.weight === undefined ? 'CAST(1 AS DOUBLE)' : numberOrNull(columns.weight)} AS w${extra}
    FROM ${quoteIdentifier(table)}`;
}

/** The half-open interval that scikit-learn keeps probabilities in: the machine epsilon of the scores' own type. */
export function clipOf(scores: readonly Column[]): number {
  return scores.length > 0 && scores.every(({ type }) => type === 'FLOAT' || type === 'REAL')
    ? 2 ** -23
    : 2 ** -52;
}
