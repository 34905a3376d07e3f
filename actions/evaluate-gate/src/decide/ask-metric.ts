import type { MetricEvidence } from '../evidence.ts';
import { type Bound, type GateRule, isComparison } from '../gate-file/gate-file.ts';
import type { Baseline } from './baseline.ts';
import { changeDemand, changeStatement, pointReason } from './change-words.ts';
import { formatApart, formatNumber, type Metrics, whyMissing } from './metrics.ts';
import { type Claim, type Question, satisfies, type Settled } from './question.ts';
import type { RowsOfRule } from './rows-of-rule.ts';

/** A share of a baseline nearer to zero than this is no limit. */
const ZERO = 1e-9;

export interface Sources {
  /** The candidate's metrics as merged: what was computed, undefined included, and what was only reported. */
  readonly reported: Metrics;
  readonly baseline: Baseline;
}

/** A bound on a metric's value or on its change, on one set of rows. */
export function askMetric(rule: GateRule, bound: Bound, rows: RowsOfRule, sources: Sources): Question {
  const { slice, found, hidden } = rows;
  const value = valueOf(rule.metric, rows, sources);
  const baselineValue = baselineOf(rule.metric, rows, sources);
  const shown = {
    rule,
    bound,
    slice,
    value: hidden ? null : value,
    baselineValue: hidden ? null : baselineValue,
    n: hidden ? null : (rows.n ?? countOf(rule.metric, rows, sources)),
  };
  const settle = (result: Settled['result'], reason: string, limit: number | null = null): Question => ({
    ...shown,
    limit,
    state: { kind: 'settled', result, reason },
  });
  if (rows.settled !== undefined) return { ...shown, limit: null, state: rows.settled };
  const subject = slice === null ? rule.metric : `${rule.metric} on ${slice}`;
  if (value === null) {
    return settle(rule.onMissing, `${subject} has no value: ${whyNot(rule.metric, rows, sources)}`);
  }
  if (!isComparison(bound.mode)) return askValue(rule, bound, { shown, subject, value, found });

  const { baseline } = sources;
  if (baseline.kind === 'first-run') {
    const reason = 'The registry has no version yet: a first run has nothing to be compared with';
    return baseline.onNoBaseline === 'allow'
      ? settle('not-run', reason)
      : settle('error', `${reason}, and "on-no-baseline" is "fail"`);
  }
  if (baseline.kind === 'not-needed') return settle('error', 'No baseline was looked for');
  if (baseline.kind === 'unavailable') return settle('error', withoutStop(baseline.reason));
  if (baselineValue === null) {
    const why = slice === null ? whyMissing(rule.metric, baseline.metrics) : 'its predictions are not there';
    const reason = `The baseline, ${baseline.what}, has no value of ${subject}: ${found?.baselineReason ?? why}`;
    return settle(rule.onMissing, reason);
  }
  if (bound.limit.relative && Math.abs(baselineValue) < ZERO) {
    const reason = `${subject} of ${baseline.what} is ${formatNumber(baselineValue)}, of which ${bound.limit.text} is no limit; write an absolute one`;
    return settle('error', reason);
  }
  return askChange(rule, bound, { shown, subject, value, found, baselineValue, what: baseline.what });
}

interface Asking {
  readonly shown: Omit<Question, 'limit' | 'state'>;
  readonly subject: string;
  readonly value: number;
  readonly found: MetricEvidence | undefined;
}

function askValue(rule: GateRule, bound: Bound, { shown, subject, value, found }: Asking): Question {
  const at = bound.limit.value;
  const claim: Claim = { side: bound.mode === 'minimum' ? 'least' : 'most', at };
  const statement = `${subject} is ${formatApart(value, at)}`;
  const demand = `at ${claim.side} ${String(at)} is ${claim.side === 'least' ? 'required' : 'allowed'}`;
  const words = { statement, demand, distance: 'a distance' as const };
  if (rule.test !== 'none' && found?.own !== undefined) {
    return { ...shown, limit: at, state: { kind: 'open', inference: found.own, claim, words } };
  }
  const holds = satisfies(value, claim);
  const fallback = { why: found?.noInference ?? 'the metric was only reported', tooFew: found?.tooFew };
  return { ...shown, limit: at, state: points(rule, holds, `${statement}; ${demand}`, subject, fallback) };
}

interface AskingChange extends Asking {
  readonly baselineValue: number;
  readonly what: string;
}

function askChange(rule: GateRule, bound: Bound, asking: AskingChange): Question {
  const { shown, subject, value, found, baselineValue, what } = asking;
  const { limit, mode } = bound;
  // The share is of the sample's baseline, as if that were known: its own uncertainty is not in the margin.
  const margin = limit.relative ? limit.value * Math.abs(baselineValue) : limit.value;
  const higher = rule.direction === 'higher';
  const signed = mode === 'max-regression' ? -margin : margin;
  const at = higher ? signed : -signed;
  const claim: Claim = { side: (mode === 'max-improvement') === higher ? 'most' : 'least', at };
  const change = { subject, value, baseline: { value: baselineValue, what }, margin };
  if (rule.test !== 'none' && found?.difference !== undefined) {
    const words = {
      statement: changeStatement(change),
      demand: changeDemand(bound, margin),
      distance: 'a change' as const,
    };
    return {
      ...shown,
      limit: baselineValue + at,
      state: { kind: 'open', inference: found.difference, claim, words },
    };
  }
  const holds = satisfies(value - baselineValue, claim) || tooSmall(rule, bound, value - baselineValue);
  const fallback = { why: found?.noInference ?? whyPoints(found), tooFew: found?.tooFew };
  return {
    ...shown,
    limit: baselineValue + at,
    state: points(rule, holds, pointReason(change, rule, bound), subject, fallback, mode),
  };
}

/** True for a change for the worse that the gate file calls too small to fail by. */
export function tooSmall({ direction, minEffect }: GateRule, { mode }: Bound, difference: number): boolean {
  const regression = direction === 'higher' ? -difference : difference;
  return mode === 'max-regression' && regression < minEffect;
}

function points(
  rule: GateRule,
  holds: boolean,
  reason: string,
  subject: string,
  { why, tooFew = false }: { readonly why: string; readonly tooFew: boolean | undefined },
  mode?: Bound['mode'],
): Settled {
  const broken = mode === 'max-improvement' ? 'warn' : 'fail';
  const result = holds ? 'pass' : broken;
  if (rule.test === 'none') return { kind: 'settled', result, reason };
  // There are rows, and they tell nothing: a point must not pass for what they were meant to show.
  if (rule.test === 'auto' && tooFew)
    return { kind: 'settled', result: 'inconclusive', reason: `${reason}; there is no interval: ${why}` };
  if (rule.test === 'auto')
    return { kind: 'settled', result, reason: `${reason}; points were compared because ${why}` };
  return {
    kind: 'settled',
    result: 'error',
    reason: `${subject} cannot be judged by "test: ${rule.test}": ${why}`,
  };
}

function whyPoints(found: MetricEvidence | undefined): string {
  if (found === undefined) return 'the metric was only reported';
  return found.baselineValue === null
    ? "the baseline's predictions are not there"
    : 'no interval is known for this metric';
}

function countOf(metric: string, { slice }: RowsOfRule, { reported }: Sources): number | null {
  return slice === null ? (reported.get(metric)?.n ?? null) : null;
}

function valueOf(metric: string, { slice, found }: RowsOfRule, { reported }: Sources): number | null {
  return finite(found?.value) ?? (slice === null ? finite(reported.get(metric)?.value) : null);
}

function baselineOf(metric: string, { slice, found }: RowsOfRule, { baseline }: Sources): number | null {
  if (baseline.kind !== 'present') return null;
  return (
    finite(found?.baselineValue) ?? (slice === null ? finite(baseline.metrics.get(metric)?.value) : null)
  );
}

const finite = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : null;

/** What computing the metric said of all rows is more than inference knows. */
function whyNot(metric: string, { slice, found }: RowsOfRule, { reported }: Sources): string {
  if (slice !== null) return found?.reason ?? 'it was not measured there';
  return reported.get(metric)?.reason ?? found?.reason ?? whyMissing(metric, reported);
}

const withoutStop = (reason: string): string => reason.replace(/\.$/, '');
