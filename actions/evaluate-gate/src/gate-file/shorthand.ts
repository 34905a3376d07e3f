import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { standardMetric } from '../metrics/catalog.ts';

/** Each way to write a limit in one line, and the key of the gate file that it stands for. */
const KEY_OF_OPERATOR = {
  '>=': 'min',
  '<=': 'max',
  'max-regression': 'max-regression',
  'min-improvement': 'min-improvement',
  'max-improvement': 'max-improvement',
} as const;
type Operator = keyof typeof KEY_OF_OPERATOR;
const OPERATORS = ['>=', '<=', 'max-regression', 'min-improvement', 'max-improvement'] as const;

/** What may follow a limit, as `key=value`. */
const NUMBERS = ['alpha', 'min-effect', 'min-slice-size'];
const OPTIONS = [
  'test',
  'slices',
  'direction',
  'severity',
  'on-missing',
  'on-inconclusive',
  ...NUMBERS,
] as const;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MAX_LINE_CHARACTERS = 1000;

/** A rule as the gate file would have it, and the line in which each of its keys stands. */
export interface ShortRule {
  readonly values: Readonly<Record<string, unknown>>;
  readonly lines: ReadonlyMap<string, number>;
  readonly line: number;
}

interface Line {
  readonly number: number;
  readonly metric: string;
  readonly operator: Operator;
  readonly limit: number | string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Reads rules of one line each, such as `accuracy >= 0.8` or `f1 max-regression 2% slices=country`. Lines on one metric
 * with equal options become one rule.
 */
export function readShorthand(text: string): ShortRule[] {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'))
    .map((line) => readLine(line.text, line.number));
  const directions = directionsOf(lines);
  const rules: { key: string; values: Record<string, unknown>; lines: Map<string, number>; line: number }[] =
    [];
  for (const { metric, operator, limit, options, number } of lines) {
    const bound = KEY_OF_OPERATOR[operator];
    const key = JSON.stringify([metric, Object.entries(options).sort()]);
    let rule = rules.find((each) => each.key === key && !(bound in each.values));
    if (rule === undefined) {
      const direction = directions.get(metric);
      const values = { metric, ...(direction === undefined ? {} : { direction }), ...options };
      rule = { key, values, lines: new Map(), line: number };
      rules.push(rule);
    }
    rule.values[bound] = limit;
    rule.lines.set(bound, number);
  }
  return rules;
}

function readLine(text: string, number: number): Line {
  const refuse = (message: string, remedy: string): UsageError =>
    new UsageError(`Input "rules", line ${number}: ${message}.`, { remedy });
  if (text.length > MAX_LINE_CHARACTERS)
    throw refuse(`has ${text.length} characters`, `Accepted are ${MAX_LINE_CHARACTERS}.`);
  const [metric = '', given = '', limit, ...rest] = text.replace(/[<>]=/, ' $& ').trim().split(/\s+/);
  const operator = OPERATORS.find((each) => each === given);
  if (operator === undefined || limit === undefined) {
    const nearest = given === '' || operator !== undefined ? '' : ` ${acceptedNames(given, OPERATORS)}`;
    throw refuse(
      `"${text}" is no rule`,
      `Write "<metric> <operator> <limit>", as in "accuracy >= 0.8" or "accuracy max-regression 0.01".${nearest}`,
    );
  }
  const options: Record<string, unknown> = {};
  for (const word of rest) {
    const at = word.indexOf('=');
    const key = OPTIONS.find((each) => each === word.slice(0, Math.max(at, 0)));
    if (key === undefined || word.length === at + 1) {
      throw refuse(
        `"${word}" is no option of a rule`,
        `Options are written as <key>=<value>, without blanks. ${acceptedNames(at < 0 ? word : word.slice(0, at), OPTIONS)}`,
      );
    }
    if (key in options) throw refuse(`the option "${key}" stands twice`, 'Keep one of the two.');
    const value = word.slice(at + 1);
    options[key] = key === 'slices' ? value.split(',') : NUMBERS.includes(key) ? numberOr(value) : value;
  }
  return { number, metric, operator, limit: numberOr(limit), options };
}

/** What is no number is left as it is: the gate file's own check tells what is accepted. */
function numberOr(text: string): number | string {
  return NUMBER.test(text) ? Number(text) : text;
}

/** The direction of metrics that are no standard ones: as an option says, else as the side that is bounded. */
function directionsOf(lines: readonly Line[]): ReadonlyMap<string, unknown> {
  const directions = new Map<string, unknown>();
  for (const { metric, number } of lines) {
    if (directions.has(metric) || standardMetric(metric)?.direction !== undefined) continue;
    const own = lines.filter((line) => line.metric === metric);
    const said = own.find(({ options }) => options['direction'] !== undefined);
    const atLeast = own.some(({ operator }) => operator === '>=');
    const atMost = own.some(({ operator }) => operator === '<=');
    if (said === undefined && atLeast === atMost) {
      const standard = standardMetric(metric) !== undefined;
      const why = standard ? 'neither end of it is better by itself' : 'it is no standard metric';
      throw new UsageError(
        `Input "rules", line ${number}: the direction of "${metric}" is not known: ${why}.`,
        { remedy: 'Add "direction=higher" or "direction=lower", whichever is better.' },
      );
    }
    directions.set(metric, said?.options['direction'] ?? (atLeast ? 'higher' : 'lower'));
  }
  return directions;
}
