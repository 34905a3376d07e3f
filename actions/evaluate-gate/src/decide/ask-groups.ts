import type { Evidence, FairnessEvidence } from '../evidence.ts';
import type { Bound, GateRule } from '../gate-file/gate-file.ts';
import { formatApart, formatNumber } from './metrics.ts';
import { type Claim, type Question, satisfies, type Settled } from './question.ts';

interface Group {
  readonly name: string;
  readonly n: number;
  readonly value: number;
}

/** A bound on the gap between the groups of a slice family, or on the ratio of the least to the greatest. */
export function askGroups(rule: GateRule, bound: Bound, evidence: Evidence | undefined): Question {
  const by = rule.by ?? '';
  const shown = { rule, bound, slice: null, baselineValue: null };
  const settle = (result: Settled['result'], reason: string): Question => ({
    ...shown,
    value: null,
    n: null,
    limit: null,
    state: { kind: 'settled', result, reason },
  });
  const subject = `${rule.metric} cannot be compared between the groups of ${by}`;
  if (evidence === undefined) {
    return settle('error', `${subject}: only finished metrics were given, and no predictions`);
  }
  const found = evidence.fairness.get(`${rule.metric} ${by}`);
  const groups = (found?.groups ?? []).filter((group): group is Group => group.value !== null);
  const least = groups.reduce<Group | undefined>(
    (a, b) => (a === undefined || b.value < a.value ? b : a),
    undefined,
  );
  const most = groups.reduce<Group | undefined>(
    (a, b) => (a === undefined || b.value > a.value ? b : a),
    undefined,
  );
  if (found === undefined || least === undefined || most === undefined || groups.length < 2) {
    return settle(
      rule.onMissing,
      `${subject}: ${found?.reason ?? `fewer than two of them have ${rule.minSliceSize} rows and a value`}`,
    );
  }
  const ratio = bound.mode === 'min-ratio';
  if (ratio && (least.value < 0 || most.value === 0)) {
    return settle(
      'error',
      `${subject} by a ratio: it is ${formatNumber(least.value)} on ${least.name} and ${formatNumber(most.value)} on ${most.name}`,
    );
  }
  const at = bound.limit.value;
  const claim: Claim = { side: ratio ? 'least' : 'most', at };
  const inference = ratio ? found.ratio : found.difference;
  const value = inference?.estimate ?? (ratio ? least.value / most.value : most.value - least.value);
  const statement = `${rule.metric} is ${formatNumber(least.value)} on ${least.name} and ${formatNumber(most.value)} on ${most.name}, ${
    ratio ? 'a ratio of' : 'a gap of'
  } ${formatApart(value, at)}`;
  const words = {
    statement,
    demand: `at ${claim.side} ${String(at)} is ${ratio ? 'required' : 'allowed'}`,
    distance: 'a distance' as const,
  };
  const judged = { ...shown, value, n: groups.reduce((sum, { n }) => sum + n, 0), limit: at };
  if (rule.test !== 'none' && inference !== undefined)
    return { ...judged, state: { kind: 'open', inference, claim, words } };
  return { ...judged, state: pointState(rule, claim, value, words, found) };
}

function pointState(
  rule: GateRule,
  claim: Claim,
  value: number,
  { statement, demand }: { readonly statement: string; readonly demand: string },
  { reason }: FairnessEvidence,
): Settled {
  const why = reason ?? 'no interval is known for this metric';
  if (rule.test !== 'none' && rule.test !== 'auto') {
    const message = `${rule.metric} cannot be judged by "test: ${rule.test}" between groups: ${why}`;
    return { kind: 'settled', result: 'error', reason: message };
  }
  const suffix = rule.test === 'auto' ? `; points were compared because ${why}` : '';
  return {
    kind: 'settled',
    result: satisfies(value, claim) ? 'pass' : 'fail',
    reason: `${statement}; ${demand}${suffix}`,
  };
}
