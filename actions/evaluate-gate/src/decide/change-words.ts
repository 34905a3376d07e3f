import type { Bound, GateRule } from '../gate-file/gate-file.ts';
import { formatApart, formatNumber } from './metrics.ts';

interface Change {
  /** `accuracy`, or `accuracy on country=NO`. */
  readonly subject: string;
  readonly value: number;
  readonly baseline: { readonly value: number; readonly what: string };
  /** The limit on the change in the metric's unit. */
  readonly margin: number;
}

/** How the candidate stands to the baseline: `accuracy 0.94 is 0.01 below production v1 (0.95)`. */
export function changeStatement({ subject, value, baseline, margin }: Change): string {
  const own = `${subject} ${formatApart(value, baseline.value)}`;
  const reference = `${baseline.what} (${formatApart(baseline.value, value)})`;
  if (value === baseline.value) return `${own} equals ${reference}`;
  const distance = formatApart(Math.abs(value - baseline.value), margin);
  return `${own} is ${distance} ${value < baseline.value ? 'below' : 'above'} ${reference}`;
}

/** What the gate file says of the change, with the share where the limit is one. */
export function changeDemand({ limit, mode }: Bound, margin: number): string {
  const amount = `${formatNumber(margin)}${limit.relative ? ` (${limit.text})` : ''}`;
  if (mode === 'max-regression') return `at most ${amount} worse is allowed`;
  return mode === 'min-improvement'
    ? `at least ${amount} better is required`
    : `more than ${amount} better is suspicious`;
}

/** The reason of a comparison of two points. */
export function pointReason(change: Change, rule: GateRule, bound: Bound): string {
  const { value, baseline, margin } = change;
  const statement = changeStatement(change);
  const improvement = rule.direction === 'higher' ? value - baseline.value : baseline.value - value;
  if (bound.mode !== 'max-regression') return `${statement}; ${changeDemand(bound, margin)}`;
  if (improvement === 0) return statement;
  if (improvement > 0) return `${statement}, which is better`;
  const share = bound.limit.relative ? ` (${bound.limit.text})` : '';
  return `${statement}; at most ${formatNumber(margin)}${share} is allowed`;
}
