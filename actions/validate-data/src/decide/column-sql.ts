import { quoteIdentifier, quoteText } from '../../../../shared/data/sql.ts';
import type { DataFormat } from '../../../../shared/data/engine.ts';
import type { LogicalType } from '../contract/odcs.ts';
import { MOMENT_FORMS, type MomentType } from './moments.ts';

/** A column of a file, as SQL speaks of it. */
export interface Column {
  readonly name: string;
  /** The engine's type. */
  readonly type: string;
  readonly format: DataFormat;
}

const INTEGER_TYPE = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const NUMBER_TYPE = /^(FLOAT|DOUBLE|DECIMAL\(.*)$/;

/** Engine types that hold exactly the values of a logical type. */
const PHYSICAL: Readonly<Record<LogicalType, RegExp>> = {
  string: /^(VARCHAR|UUID|ENUM\(.*)$/,
  date: /^DATE$/,
  timestamp: /^TIMESTAMP.*$/,
  time: /^TIME( WITH TIME ZONE|_NS)?$/,
  integer: INTEGER_TYPE,
  number: new RegExp(`${INTEGER_TYPE.source}|${NUMBER_TYPE.source}`),
  object: /^(STRUCT\(|MAP\().*$/,
  array: /^.*\]$/,
  boolean: /^BOOLEAN$/,
};

/** How text must look to be a value. DuckDB's casts alone would take '1.5' for an integer and 'yes' for a boolean. */
const LEXICAL: Partial<Readonly<Record<LogicalType, string>>> = {
  integer: '[+-]?[0-9]+',
  number: '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?',
  boolean: 'true|false|True|False|TRUE|FALSE',
};

const CASTS: Partial<Readonly<Record<LogicalType, string>>> = {
  integer: 'HUGEINT',
  number: 'DOUBLE',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
  time: 'TIME',
  boolean: 'BOOLEAN',
};

const JSON_KINDS: Readonly<Record<LogicalType, readonly string[]>> = {
  string: ['VARCHAR'],
  date: ['VARCHAR'],
  timestamp: ['VARCHAR'],
  time: ['VARCHAR'],
  integer: ['BIGINT', 'UBIGINT', 'HUGEINT'],
  number: ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'],
  object: ['OBJECT'],
  array: ['ARRAY'],
  boolean: ['BOOLEAN'],
};

export const NEVER = 'false';

/** True for rows whose value is not of the logical type; null is of every type. */
export function typeBroken(column: Column, logicalType: LogicalType): string {
  const c = quoteIdentifier(column.name);
  const isText =
    column.type === 'VARCHAR' &&
    (column.format === 'csv' || (column.format === 'jsonl' && isMomentType(logicalType)));
  if (isText) return textBroken(c, logicalType);
  if (column.type === 'JSON') {
    const kinds = JSON_KINDS[logicalType].map(quoteText).join(', ');
    return `json_type(${c}) NOT IN (${kinds}, 'NULL')`;
  }
  // JSON has one kind of number: 2.0 is whole. 1e400 becomes infinite, which is no number of either type.
  if (column.format === 'jsonl' && logicalType === 'integer' && column.type === 'DOUBLE')
    return `(isinf(${c}) OR ${c} <> trunc(${c}))`;
  return PHYSICAL[logicalType].test(column.type) ? NEVER : `${c} IS NOT NULL`;
}

function isMomentType(type: LogicalType): type is MomentType {
  return type === 'date' || type === 'timestamp' || type === 'time';
}

function textBroken(c: string, logicalType: LogicalType): string {
  if (logicalType === 'string') return NEVER;
  if (logicalType === 'object' || logicalType === 'array') {
    return `coalesce(json_type(CASE WHEN json_valid(${c}) THEN ${c} END), '') <> '${logicalType.toUpperCase()}' AND ${c} IS NOT NULL`;
  }
  const form = isMomentType(logicalType) ? MOMENT_FORMS[logicalType] : (LEXICAL[logicalType] ?? '');
  const looksWrong = `NOT regexp_full_match(${c}, ${quoteText(form)})`;
  // 2026-02-30 looks like a date; only the cast knows that there is none.
  return isMomentType(logicalType)
    ? `(${looksWrong} OR (${c} IS NOT NULL AND TRY_CAST(${c} AS ${CASTS[logicalType] ?? ''}) IS NULL))`
    : looksWrong;
}

/** The value as its logical type, for comparisons; null where it is not of that type. */
export function typedValue(column: Column, logicalType: LogicalType | undefined): string {
  const c = quoteIdentifier(column.name);
  const cast = logicalType === undefined ? undefined : CASTS[logicalType];
  return cast === undefined ? c : `TRY_CAST(${c} AS ${cast})`;
}

/** The value as text. */
export function textValue(column: Column): string {
  return `CAST(${quoteIdentifier(column.name)} AS VARCHAR)`;
}

/** A number of the contract as a literal. */
export function numberLiteral(value: number): string {
  return Number.isSafeInteger(value) ? `(${value})` : `(${value})::DOUBLE`;
}

/** A bound of the contract as a literal of the column's logical type. */
export function boundLiteral(value: number | string, logicalType: LogicalType | undefined): string {
  if (typeof value === 'number') return numberLiteral(value);
  const cast = logicalType === undefined ? undefined : CASTS[logicalType];
  return cast === undefined ? quoteText(value) : `CAST(${quoteText(value)} AS ${cast})`;
}

/** True for rows whose value is one of a list that the contract declares; null only where the list has it. */
export function isOneOf(column: Column, values: readonly unknown[]): string {
  const c = quoteIdentifier(column.name);
  const texts = values.filter((value) => typeof value === 'string' || typeof value === 'boolean').map(String);
  const numbers = values.filter((value) => typeof value === 'number');
  const parts = [
    ...(texts.length > 0 ? [`${textValue(column)} IN (${texts.map(quoteText).join(', ')})`] : []),
    ...(numbers.length > 0 ? [`TRY_CAST(${c} AS DOUBLE) IN (${numbers.map(numberLiteral).join(', ')})`] : []),
    // An empty cell of a CSV file is null, and so is the empty text of the contract there.
    ...(values.includes(null) || (column.format === 'csv' && values.includes('')) ? [`${c} IS NULL`] : []),
  ];
  return `coalesce(${parts.map((part) => `(${part})`).join(' OR ') || NEVER}, false)`;
}
