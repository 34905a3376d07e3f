import type { EvaluatedRule } from '../record/evaluation-section.ts';
import { formatNumber, formatRange } from './format.ts';
import { type Bar, type Limit, type Scale, scaleOf, type UnscaledBar } from './interval.ts';
import { MARKS } from './marks.ts';

/** What a rule's interval is of. */
type Quantity = 'value' | 'difference' | 'gap' | 'ratio';

const QUANTITIES: Readonly<Record<EvaluatedRule['mode'], Quantity>> = {
  minimum: 'value',
  maximum: 'value',
  'max-regression': 'difference',
  'min-improvement': 'difference',
  'max-improvement': 'difference',
  'max-difference': 'gap',
  'min-ratio': 'ratio',
};

/** Where nothing has changed or no group differs. */
const ZEROS: Readonly<Record<Quantity, number | null>> = { value: null, difference: 0, gap: 0, ratio: 1 };

export function comparesModels({ mode }: EvaluatedRule): boolean {
  return QUANTITIES[mode] === 'difference';
}

export function comparesGroups({ mode }: EvaluatedRule): boolean {
  return QUANTITIES[mode] === 'gap' || QUANTITIES[mode] === 'ratio';
}

/** Where the limit of a rule lies on the scale of what it bounds. */
export function limitOf(rule: EvaluatedRule): Limit | null {
  const { bound, baselineValue, mode, direction } = rule;
  if (bound === null) return null;
  const below: Readonly<Record<EvaluatedRule['mode'], boolean>> = {
    minimum: true,
    maximum: false,
    'max-regression': direction === 'higher',
    'min-improvement': direction === 'higher',
    'max-improvement': direction === 'lower',
    'max-difference': false,
    'min-ratio': true,
  };
  const forbidden = below[mode] ? 'below' : 'above';
  if (!comparesModels(rule)) return { at: bound, forbidden };
  // The bound is on the candidate's value; the interval is of the difference.
  return baselineValue === null ? null : { at: bound - baselineValue, forbidden };
}

/** The bars of these rules, where they have intervals: one scale for each metric and what is bounded of it. */
export function barsOf(rules: readonly EvaluatedRule[]): Map<EvaluatedRule, Bar> {
  const unscaled = new Map<EvaluatedRule, UnscaledBar>();
  const groups = new Map<string, UnscaledBar[]>();
  for (const rule of rules) {
    const bar = unscaledBar(rule);
    if (bar === undefined) continue;
    unscaled.set(rule, bar);
    groups.set(groupOf(rule), [...(groups.get(groupOf(rule)) ?? []), bar]);
  }
  const scales = new Map<string, Scale>(Array.from(groups, ([group, bars]) => [group, scaleOf(bars)]));
  return new Map(
    Array.from(unscaled, ([rule, bar]) => [rule, { ...bar, scale: scales.get(groupOf(rule)) ?? [0, 1] }]),
  );
}

function groupOf(rule: EvaluatedRule): string {
  return `${rule.metric}\u0000${QUANTITIES[rule.mode]}`;
}

function unscaledBar(rule: EvaluatedRule): UnscaledBar | undefined {
  if (rule.interval === null) return undefined;
  const quantity = QUANTITIES[rule.mode];
  const [low, high] = rule.interval;
  return {
    at: quantity === 'difference' ? rule.difference : rule.value,
    low,
    high,
    limit: limitOf(rule),
    zero: ZEROS[quantity],
    tone: MARKS[rule.result].tone,
    words: intervalWords(rule.interval, quantity, rule.level, [limitOf(rule)?.at ?? null, ZEROS[quantity]]),
  };
}

/** `−0.004 to +0.021 (90 %)`. */
export function intervalWords(
  [low, high]: readonly [number, number],
  quantity: Quantity,
  level: number | null,
  others: readonly (number | null)[],
): string {
  const [from, to] = formatRange(low, high, others);
  const signed = (value: number, words: string): string =>
    value > 0 && quantity === 'difference' ? `+${words}` : words;
  const of = { value: 'value ', difference: '', gap: 'gap ', ratio: 'ratio ' }[quantity];
  const share = level === null ? '' : ` (${formatNumber(100 * level)} %)`;
  return `${of}${signed(low, from)} to ${signed(high, to)}${share}`;
}
