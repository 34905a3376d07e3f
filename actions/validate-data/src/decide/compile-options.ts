import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { type ContractProperty, INTEGER_FORMATS } from '../contract/odcs.ts';
import type { Path } from '../contract/read-contract.ts';
import { boundLiteral, type Column, numberLiteral, textValue, typedValue } from './column-sql.ts';
import { patternBroken } from './compile-quality.ts';
import { type Draft, perRow, settled } from './planned-check.ts';

/** Each bound with the comparison that breaks it, and how a report says it. */
const BOUNDS = [
  ['minimum', '<', 'at least'],
  ['maximum', '>', 'at most'],
  ['exclusiveMinimum', '<=', 'more than'],
  ['exclusiveMaximum', '>=', 'less than'],
] as const;

const LENGTHS = [
  ['minLength', '<', 'at least'],
  ['maxLength', '>', 'at most'],
] as const;

/** Forms of a date that are ISO 8601, so that the check of the type has tested them. */
const ISO_FORMATS: readonly unknown[] = [
  'yyyy-MM-dd',
  'yyyy-MM-ddTHH:mm:ss',
  "yyyy-MM-dd'T'HH:mm:ss",
  'HH:mm:ss',
];

/** Checks of what stands under `logicalTypeOptions`. */
export function compileOptions(property: ContractProperty, column: Column, path: Path): Draft[] {
  const { name, logicalType, logicalTypeOptions = {} } = property;
  const options = new Map(Object.entries(logicalTypeOptions));
  const judged = `count(${quoteIdentifier(column.name)})`;
  const draft = (rule: string, expected: string, test: Draft['test']): Draft => ({
    rule,
    column: name,
    description: `${rule} of ${name}`,
    expected,
    severity: 'error',
    path: [...path, 'logicalTypeOptions', rule],
    test,
  });
  const drafts: Draft[] = [];
  const value = typedValue(column, logicalType);
  // An integer too long for the engine's widest is still above or below a bound, as a double.
  const compare = (operator: string, literal: string): string =>
    logicalType === 'integer'
      ? `CASE WHEN ${value} IS NULL THEN TRY_CAST(${quoteIdentifier(column.name)} AS DOUBLE) ${operator} ${literal} ELSE ${value} ${operator} ${literal} END`
      : `${value} ${operator} ${literal}`;
  const done = new Set<string>();
  const take = (key: string): unknown => {
    done.add(key);
    return options.get(key);
  };
  for (const [key, broken, words] of BOUNDS) {
    const bound = take(key);
    if (typeof bound !== 'number' && typeof bound !== 'string') continue;
    drafts.push(
      draft(key, `${words} ${bound}`, perRow(compare(broken, boundLiteral(bound, logicalType)), judged)),
    );
  }
  for (const [key, broken, words] of LENGTHS) {
    const bound = take(key);
    if (typeof bound !== 'number') continue;
    const broke = `length(${textValue(column)}) ${broken} ${numberLiteral(bound)}`;
    drafts.push(draft(key, `${words} ${bound} characters`, perRow(broke, judged)));
  }
  const pattern = take('pattern');
  if (typeof pattern === 'string') {
    drafts.push(draft('pattern', `matches ${pattern}`, { ...patternBroken(column, pattern), judged }));
  }
  const step = take('multipleOf');
  if (typeof step === 'number') {
    // As DuckDB's remainder of two doubles would make 0.3 no multiple of 0.1, the quotient is compared.
    const quotient = `(TRY_CAST(${quoteIdentifier(column.name)} AS DOUBLE) / ${numberLiteral(step)})`;
    const broke = `abs(${quotient} - round(${quotient})) > 1e-9 * greatest(1, abs(${quotient}))`;
    drafts.push(draft('multipleOf', `a multiple of ${step}`, perRow(broke, judged)));
  }
  const format = take('format');
  if (logicalType === 'integer' && typeof format === 'string') {
    drafts.push(draft('format', `within ${format}`, perRow(outsideFormat(compare, format), judged)));
  } else if (logicalType !== 'number' && typeof format === 'string' && !ISO_FORMATS.includes(format)) {
    drafts.push(draft('format', format, settled('error', 'This format cannot be checked by this version.')));
  }
  for (const key of options.keys()) {
    if (done.has(key) || logicalType === 'boolean') continue;
    drafts.push(draft(key, key, settled('error', `${key} cannot be checked by this version.`)));
  }
  return drafts;
}

function outsideFormat(compare: (operator: string, literal: string) => string, format: string): string {
  const known = INTEGER_FORMATS.find((candidate) => candidate === format) ?? 'i128';
  const bits = Number(known.slice(1));
  const unsigned = known.startsWith('u');
  const low = unsigned ? 0n : -(2n ** BigInt(bits - 1));
  const high = unsigned ? 2n ** BigInt(bits) - 1n : 2n ** BigInt(bits - 1) - 1n;
  // The engine's widest integer is i128; what is wider than a column cannot be broken.
  const widest = 2n ** 127n - 1n;
  const below = low < -widest ? [] : [compare('<', `(${low})::HUGEINT`)];
  const above = high >= widest ? [] : [compare('>', `(${high})::HUGEINT`)];
  return [...below, ...above].join(' OR ') || 'false';
}
