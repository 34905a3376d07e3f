import type { EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import { type Evidence, type FairnessEvidence, keyOf } from '../evidence.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import { countsSmallGroup } from './ask-groups.ts';

type Rules = Pick<GateFile, 'rules' | 'minCellSize'>;
type SliceRow = NonNullable<EvaluationBody['slices']>[number];
type FairnessRow = NonNullable<EvaluationBody['fairness']>[number];

/** What the rules' metrics are on each slice, without those too small to be shown. */
export function sliceRows({ rules, minCellSize }: Rules, { slices }: Evidence): SliceRow[] {
  const rows = new Map<string, SliceRow>();
  for (const rule of rules) {
    for (const { family, name, n, metrics } of slices) {
      const found = metrics.get(keyOf(rule));
      const key = JSON.stringify([rule.metric, family, name]);
      if (!rule.slices.includes(family) || n < minCellSize || found === undefined || rows.has(key)) continue;
      rows.set(key, {
        metric: rule.metric,
        family,
        slice: name,
        n,
        value: found.value,
        baseline: found.baselineValue,
        interval: finiteInterval((found.difference ?? found.own)?.interval(1 - 2 * rule.alpha)),
      });
    }
  }
  return [...rows.values()];
}

const NO_GAP: Pick<FairnessEvidence, 'difference' | 'ratio'> = {};

/** The comparisons between groups that rules ask for. */
export function fairnessRows({ rules, minCellSize }: Rules, { fairness }: Evidence): FairnessRow[] {
  const rows = new Map<string, FairnessRow>();
  for (const { metric, by, alpha } of rules) {
    const found = by === undefined ? undefined : fairness.get(`${metric} ${by}`);
    if (found === undefined || rows.has(`${metric} ${found.by}`)) continue;
    const level = 1 - 2 * alpha;
    const { difference, ratio } = countsSmallGroup(found, minCellSize) ? NO_GAP : found;
    rows.set(`${metric} ${found.by}`, {
      metric,
      by: found.by,
      difference: difference?.estimate ?? null,
      differenceInterval: finiteInterval(difference?.interval(level)),
      ratio: ratio?.estimate ?? null,
      ratioInterval: finiteInterval(ratio?.interval(level)),
      groups: found.groups.map(({ name, n, value }) =>
        n < minCellSize ? { name, n: null, value: null } : { name, n, value },
      ),
    });
  }
  return [...rows.values()];
}

/** An interval as the record holds one: none where an end is not finite. */
export function finiteInterval(interval: readonly [number, number] | undefined): [number, number] | null {
  const [low, high] = interval ?? [NaN, NaN];
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
}
