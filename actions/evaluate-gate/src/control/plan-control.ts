import type { Baseline } from '../decide/baseline.ts';
import { type Evidence, keyOf } from '../evidence.ts';
import { type Bound, type GateFile, type GateRule, isComparison } from '../gate-file/gate-file.ts';

export type ControlPlan =
  | { readonly kind: 'not-run'; readonly reason: string }
  /** The gate file as the copy is judged by it, on one row in `oneIn`. */
  | { readonly kind: 'run'; readonly gate: GateFile; readonly oneIn: number };

/** So many rows show a copy that is wrong in nine rows of ten, and are measured in a second. */
const MAX_ROWS = 100_000;

interface Planned {
  readonly gate: GateFile;
  /** What the candidate's own predictions gave; undefined where there are none. */
  readonly evidence: Evidence | undefined;
  readonly baseline: Baseline;
  /** Rows of the predictions. */
  readonly n: number;
}

/**
 * Which rules a degraded copy is tried on: all that block and that its predictions decide, over all rows. A gap between
 * groups may close as a model gets worse, so those rules are left out.
 */
export function planControl({ gate, evidence, baseline, n }: Planned): ControlPlan {
  const notRun = (reason: string): ControlPlan => ({ kind: 'not-run', reason });
  if (!gate.negativeControl) return notRun('the gate file leaves it out ("negative-control: false")');
  if (evidence === undefined)
    return notRun('only finished metrics were given, and no predictions to degrade');
  const fromRows = gate.rules.filter((rule) => {
    const { value = null, n = null } = evidence.overall.get(keyOf(rule)) ?? {};
    return rule.severity === 'error' && value !== null && n !== null;
  });
  const judged = fromRows.flatMap((rule): GateRule[] => {
    const bounds = rule.bounds.filter((bound) => isTried(bound, baseline));
    return bounds.length === 0
      ? []
      : [{ ...rule, bounds, slices: [], by: undefined, onInconclusive: undefined }];
  });
  if (judged.length === 0) {
    return notRun('no blocking rule judges the predictions over all rows, alone or against a baseline');
  }
  const bySql = gate.metrics.filter(({ kind }) => kind === 'sql').map(({ name }) => name);
  const degradable = judged.filter(({ metric }) => !bySql.includes(metric));
  if (degradable.length === 0) {
    return notRun("the rules judge metrics in the gate file's own SQL, which no copy is known to make worse");
  }
  return {
    kind: 'run',
    gate: { ...gate, rules: degradable },
    oneIn: Math.max(1, Math.floor(n / MAX_ROWS)),
  };
}

function isTried({ mode }: Bound, baseline: Baseline): boolean {
  if (mode === 'max-difference' || mode === 'min-ratio') return false;
  return !isComparison(mode) || baseline.kind === 'present';
}
