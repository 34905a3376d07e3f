import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import type { Result } from '../../../../shared/verdict.ts';
import type { Bound, GateRule } from '../gate-file/gate-file.ts';
import { formatApart, formatNumber, type Metrics, ROUNDING, whyMissing } from './metrics.ts';

/** What comparisons can lean on. */
export type Baseline =
  | { readonly kind: 'present'; readonly what: string; readonly metrics: Metrics }
  /** The registry answered, and is empty. */
  | { readonly kind: 'first-run'; readonly onNoBaseline: 'allow' | 'fail' }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** No rule compares. */
  | { readonly kind: 'not-needed' };

/** A share of a baseline nearer to zero than this is no limit. */
const ZERO = 1e-9;

interface Judgement {
  readonly result: Result;
  readonly reason: string;
  readonly bound: number | null;
}

/** Judges every bound of every rule: one result for each, in the order of the gate file. Points are compared. */
export function evaluateRules(
  rules: readonly GateRule[],
  metrics: Metrics,
  baseline: Baseline,
  gatePath: string,
): EvaluatedRule[] {
  const seen = new Map<string, number>();
  return rules.flatMap((rule) =>
    rule.bounds.map((bound): EvaluatedRule => {
      const name = `${rule.metric}.${bound.mode}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const metric = metrics.get(rule.metric);
      const value = metric?.value ?? null;
      const baselineValue =
        baseline.kind === 'present' ? (baseline.metrics.get(rule.metric)?.value ?? null) : null;
      const judgement = judge(rule, bound, metrics, baseline);
      return {
        id: count === 1 ? name : `${name}-${count}`,
        metric: rule.metric,
        mode: bound.mode,
        direction: rule.direction,
        value,
        baselineValue,
        difference: value === null || baselineValue === null ? null : value - baselineValue,
        interval: null,
        level: null,
        p: null,
        adjustedP: null,
        n: metric?.n ?? null,
        threshold: bound.limit.text,
        slice: null,
        test: 'none',
        severity: rule.severity,
        where: { file: gatePath, line: bound.line },
        ...judgement,
        // A phrase: a table puts further words behind it, and who makes a sentence of it adds the full stop.
        reason: judgement.reason.replace(/\.$/, ''),
        result: softened(judgement.result, rule),
      };
    }),
  );
}

/** A broken rule that does not block warns. */
function softened(result: Result, { severity }: GateRule): Result {
  return result === 'fail' && severity !== 'error' ? 'warn' : result;
}

function judge(rule: GateRule, bound: Bound, metrics: Metrics, baseline: Baseline): Judgement {
  const value = metrics.get(rule.metric)?.value ?? null;
  if (value === null) {
    return missing(rule, `${rule.metric} has no value: ${whyMissing(rule.metric, metrics)}.`);
  }
  return bound.mode === 'max-regression'
    ? judgeRegression(rule, bound, value, baseline)
    : judgeBound(rule.metric, bound.mode === 'minimum', bound.limit.value, value);
}

const RESULT_OF_MISSING = { error: 'error', warn: 'warn', 'not-run': 'not-run' } as const;

function missing(rule: GateRule, reason: string): Judgement {
  return { result: RESULT_OF_MISSING[rule.onMissing], reason, bound: null };
}

function judgeBound(metric: string, minimum: boolean, bound: number, value: number): Judgement {
  const holds = minimum ? value >= bound - ROUNDING : value <= bound + ROUNDING;
  const allowed = `at ${minimum ? 'least' : 'most'} ${String(bound)} is ${minimum ? 'required' : 'allowed'}`;
  return {
    result: holds ? 'pass' : 'fail',
    bound,
    reason: `${metric} is ${formatApart(value, bound)}; ${allowed}.`,
  };
}

function judgeRegression(rule: GateRule, bound: Bound, value: number, baseline: Baseline): Judgement {
  if (baseline.kind === 'first-run') {
    const reason = 'The registry has no version yet: a first run has nothing to be compared with';
    return baseline.onNoBaseline === 'allow'
      ? { result: 'not-run', reason: `${reason}.`, bound: null }
      : { result: 'error', reason: `${reason}, and "on-no-baseline" is "fail".`, bound: null };
  }
  if (baseline.kind !== 'present') {
    const reason = baseline.kind === 'unavailable' ? baseline.reason : 'No baseline was looked for.';
    return { result: 'error', reason, bound: null };
  }
  const reference = baseline.metrics.get(rule.metric)?.value ?? null;
  if (reference === null) {
    const why = whyMissing(rule.metric, baseline.metrics);
    return missing(rule, `The baseline, ${baseline.what}, has no value of ${rule.metric}: ${why}.`);
  }
  if (bound.limit.relative && Math.abs(reference) < ZERO) {
    return {
      result: 'error',
      reason: `${rule.metric} of ${baseline.what} is ${formatNumber(reference)}, of which ${bound.limit.text} is no limit; write an absolute one.`,
      bound: null,
    };
  }
  return compare(rule, bound, value, { value: reference, what: baseline.what });
}

function compare(
  { metric, direction }: GateRule,
  { limit }: Bound,
  value: number,
  baseline: { readonly value: number; readonly what: string },
): Judgement {
  const margin = limit.relative ? limit.value * Math.abs(baseline.value) : limit.value;
  const improvement = direction === 'higher' ? value - baseline.value : baseline.value - value;
  const bound = direction === 'higher' ? baseline.value - margin : baseline.value + margin;
  const share = limit.relative ? ` (${limit.text})` : '';
  const reference = `${baseline.what} (${formatApart(baseline.value, value)})`;
  const side = value < baseline.value ? 'below' : 'above';
  const subject = `${metric} ${formatApart(value, baseline.value)}`;
  const distance = formatApart(Math.abs(value - baseline.value), margin);
  return {
    result: improvement >= -margin - ROUNDING ? 'pass' : 'fail',
    bound,
    reason:
      value === baseline.value
        ? `${subject} equals ${reference}.`
        : improvement > 0
          ? `${subject} is ${distance} ${side} ${reference}, which is better.`
          : `${subject} is ${distance} ${side} ${reference}; at most ${formatNumber(margin)}${share} is allowed.`,
  };
}
