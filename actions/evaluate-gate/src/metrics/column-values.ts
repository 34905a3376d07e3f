import { quoteIdentifier } from '../../../../shared/data/sql.ts';

export interface Column {
  readonly name: string;
  /** The engine's type, as DuckDB spells it. */
  readonly type: string;
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

export const textOf = ({ name, type }: Column): string => textOfValue(quoteIdentifier(name), type);

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
