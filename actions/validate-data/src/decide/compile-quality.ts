import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { SEVERITIES, type Severity } from '../../../../shared/verdict.ts';
import { type Operator, OPERATORS, type QualityRule } from '../contract/odcs-quality.ts';
import type { Path } from '../contract/read-contract.ts';
import { type Column, isOneOf, NEVER, textValue } from './column-sql.ts';
import { compilePattern } from './pattern.ts';
import { type Bound, type Counted, type Draft, perRow, settled, type Settled } from './planned-check.ts';

/** Severity of a rule: the contract's word, else `error`. */
export function severityOf(rule: QualityRule): Severity {
  return SEVERITIES.find((word) => word === rule.severity) ?? 'error';
}

const WORDS: Readonly<Record<Operator, string>> = {
  mustBe: 'exactly',
  mustNotBe: 'not',
  mustBeGreaterThan: 'more than',
  mustBeGreaterOrEqualTo: 'at least',
  mustBeLessThan: 'less than',
  mustBeLessOrEqualTo: 'at most',
  mustBeBetween: 'from',
  mustNotBeBetween: 'outside',
};

function holds(operator: Operator, value: number, [low, high = low]: readonly number[]): boolean {
  if (low === undefined || high === undefined) return false;
  switch (operator) {
    case 'mustBe':
      return value === low;
    case 'mustNotBe':
      return value !== low;
    case 'mustBeGreaterThan':
      return value > low;
    case 'mustBeGreaterOrEqualTo':
      return value >= low;
    case 'mustBeLessThan':
      return value < low;
    case 'mustBeLessOrEqualTo':
      return value <= low;
    // The standard's prose is exclusive, its other reader inclusive; both bounds belong to it here, as documented.
    case 'mustBeBetween':
      return value >= low && value <= high;
    case 'mustNotBeBetween':
      return value < low || value > high;
  }
}

/** The operator of a rule that has one, with its numbers. */
export function boundOf(rule: QualityRule): Bound | undefined {
  const operator = OPERATORS.find((name) => rule[name] !== undefined);
  if (operator === undefined) return undefined;
  const given: unknown = rule[operator];
  const numbers = (Array.isArray(given) ? given : [given]).filter((value) => typeof value === 'number');
  const unit = rule.unit === 'percent' ? 'percent' : 'rows';
  return {
    unit,
    text: `${WORDS[operator]} ${numbers.join(' to ')}${unit === 'percent' ? ' %' : ''}`,
    holds: (value) => holds(operator, value, numbers),
  };
}

/** Titles of the metrics, as reports name what they count. */
const METRIC_TITLES: Readonly<Record<string, string>> = {
  nullValues: 'null values',
  missingValues: 'missing values',
  invalidValues: 'invalid values',
  duplicateValues: 'rows that repeat an earlier value',
  rowCount: 'rows',
};

/** One rule under `quality`, of a column or, where `column` is undefined, of the table. */
export function compileQuality(
  rule: QualityRule,
  path: Path,
  name: string | null,
  column: Column | undefined,
): Draft {
  const bound = boundOf(rule);
  const what = METRIC_TITLES[rule.metric ?? ''] ?? rule.type ?? 'rule';
  return {
    rule: rule.metric ?? rule.type ?? 'rule',
    column: name,
    description: rule.name ?? rule.description ?? (name === null ? what : `${what} of ${name}`),
    expected: bound === undefined ? 'as the contract says' : `${bound.text}${declared(rule)}`,
    severity: severityOf(rule),
    path,
    test: testOf(rule, column, bound),
  };
}

function declared({ metric, arguments: given = {} }: QualityRule): string {
  const list = metric === 'invalidValues' ? given['validValues'] : undefined;
  return Array.isArray(list) ? ` not among ${list.map((value) => JSON.stringify(value)).join(', ')}` : '';
}

function testOf(rule: QualityRule, column: Column | undefined, bound: Bound | undefined): Counted | Settled {
  if (rule.metric !== undefined) return { ...counted(rule, column), bound };
  if (rule.type === 'text') return settled('not-run', 'A rule in prose is for people to judge.');
  if (rule.type === 'sql') {
    return settled(
      'error',
      'Rules of type sql cannot be checked by this version; what could not be checked has not passed.',
    );
  }
  if (rule.engine !== 'trainyard')
    return settled('not-run', `A rule of another engine, ${rule.engine ?? 'none'}.`);
  return settled('error', 'This version knows no custom check of the engine trainyard.');
}

function counted(rule: QualityRule, column: Column | undefined): Counted {
  const { metric, arguments: given = {} } = rule;
  if (metric === 'duplicateValues') {
    const names = column === undefined ? listOf(given['properties']).map(String) : [column.name];
    return duplicates(names.map(quoteIdentifier));
  }
  if (column === undefined) {
    return { ...perRow(NEVER), failing: '0', broken: undefined, compares: 'judged' };
  }
  const c = quoteIdentifier(column.name);
  if (metric === 'nullValues') return perRow(`${c} IS NULL`);
  if (metric === 'missingValues') return perRow(isOneOf(column, listOf(given['missingValues'])));
  const { validValues, pattern } = given;
  const unlisted = Array.isArray(validValues)
    ? `(${c} IS NOT NULL AND NOT ${isOneOf(column, validValues)})`
    : NEVER;
  return typeof pattern === 'string' ? patternBroken(column, pattern, unlisted) : perRow(unlisted);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Rows that do not match a pattern, or that break something else besides. */
export function patternBroken(column: Column, source: string, alsoBroken = NEVER): Counted {
  const expression = compilePattern(source);
  const value = textValue(column);
  if (expression === undefined) throw new Error(`the contract's pattern was not checked: ${source}`);
  if (expression.re2 === undefined) {
    return { ...perRow(alsoBroken), pattern: { value, expression, alsoBroken } };
  }
  const literal = `'${expression.re2.replaceAll("'", "''")}'`;
  return perRow(`(${alsoBroken} OR coalesce(NOT regexp_matches(${value}, ${literal}), false))`);
}

/** Rows whose key occurred before. A key with a null in it is not compared. */
export function duplicates(columns: readonly string[]): Counted {
  const key = `(${columns.join(', ')})`;
  const whole = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  return {
    kind: 'counted',
    judged: `count(*) FILTER (WHERE ${whole})`,
    failing: `(count(*) FILTER (WHERE ${whole}) - count(DISTINCT ${key}) FILTER (WHERE ${whole}))`,
    broken: `(${whole}) AND row_number() OVER (PARTITION BY ${columns.join(', ')} ORDER BY __file, __row) > 1`,
    bound: undefined,
    compares: 'failing',
  };
}
