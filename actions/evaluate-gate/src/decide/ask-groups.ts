import type { Evidence, FairnessEvidence } from '../evidence.ts';
import type { Bound, GateFile, GateRule } from '../gate-file/gate-file.ts';
import { metricsOfFairness } from '../inference/fairness.ts';
import { formatApart, formatNumber } from './metrics.ts';
import { type Claim, type Question, satisfies, type Settled } from './question.ts';

interface Group {
  readonly name: string;
  readonly n: number;
  readonly value: number;
}

/** The groups between which one metric differs most. */
interface Gap {
  readonly metric: string;
  readonly least: Group;
  readonly most: Group;
  /** Rows of all groups that count. */
  readonly n: number;
}

/** A bound on the gap between the groups of a slice family, or on the ratio of the least to the greatest. */
export function askGroups(
  rule: GateRule,
  bound: Bound,
  { minCellSize }: Pick<GateFile, 'minCellSize'>,
  evidence: Evidence | undefined,
): Question {
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
  const ratio = bound.mode === 'min-ratio';
  const gap = found === undefined ? undefined : widestGap(found, ratio);
  if (found === undefined || gap === undefined) {
    const why = found?.reason ?? `fewer than two of them have ${rule.minSliceSize} rows and a value`;
    return settle(rule.onMissing, `${subject}: ${why}`);
  }
  if (countsSmallGroup(found, minCellSize)) {
    const reason = `${subject}: a group below the min-cell-size of ${minCellSize} rows would count, as min-slice-size is ${rule.minSliceSize}; raise the latter`;
    return settle('error', reason);
  }
  const { least, most } = gap;
  if (ratio && (least.value < 0 || most.value === 0)) {
    const reason = `${subject} by a ratio: it is ${formatNumber(least.value)} on ${least.name} and ${formatNumber(most.value)} on ${most.name}`;
    return settle('error', reason);
  }
  const at = bound.limit.value;
  const claim: Claim = { side: ratio ? 'least' : 'most', at };
  const inference = ratio ? found.ratio : found.difference;
  const value = inference?.estimate ?? sizeOf(gap, ratio);
  const statement = `${gap.metric} is ${formatNumber(least.value)} on ${least.name} and ${formatNumber(most.value)} on ${most.name}, ${
    ratio ? 'a ratio of' : 'a gap of'
  } ${formatApart(value, at)}`;
  const words = {
    statement,
    demand: `at ${claim.side} ${String(at)} is ${ratio ? 'required' : 'allowed'}`,
    distance: 'a distance' as const,
  };
  const judged = { ...shown, value, n: gap.n, limit: at };
  if (rule.test !== 'none' && inference !== undefined)
    return { ...judged, state: { kind: 'open', inference, claim, words } };
  return { ...judged, state: pointState(rule, claim, value, words, found) };
}

/** True where a gap would tell of a group that is too small to be shown. */
export function countsSmallGroup({ groups }: FairnessEvidence, minCellSize: number): boolean {
  return groups.some(({ n, value }) => value !== null && n < minCellSize);
}

/** The widest gap; of metrics that compare two rates, such as equalized odds, that of the worse rate. */
function widestGap({ metric, groups }: FairnessEvidence, ratio: boolean): Gap | undefined {
  const rates = metricsOfFairness(metric);
  const gaps = rates.flatMap((rate): Gap[] => {
    const suffix = rates.length === 1 ? '' : ` ${rate}`;
    const own = groups.flatMap(({ name, n, value }): Group[] =>
      value !== null && name.endsWith(suffix)
        ? [{ name: name.slice(0, name.length - suffix.length), n, value }]
        : [],
    );
    const [least, ...others] = own.toSorted((a, b) => a.value - b.value);
    const most = others.at(-1);
    if (least === undefined || most === undefined) return [];
    return [{ metric: rate, least, most, n: own.reduce((sum, { n }) => sum + n, 0) }];
  });
  return gaps.toSorted((a, b) => sizeOf(b, ratio) - sizeOf(a, ratio)).at(ratio ? -1 : 0);
}

/** The least ratio, or the greatest difference. */
function sizeOf({ least, most }: Gap, ratio: boolean): number {
  return ratio ? least.value / most.value : most.value - least.value;
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
