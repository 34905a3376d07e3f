import type { Inference } from '../../../shared/statistics/inference.ts';
import type { GateFile, TestName } from './gate-file/gate-file.ts';

/** What one metric was found to be on one set of rows: the measuring side writes it, the deciding side reads it. */
export interface MetricEvidence {
  /** The candidate's; null where it was looked for and is not defined, for which `reason` gives the cause. */
  readonly value: number | null;
  readonly reason?: string;
  /** Null where there is no baseline, or the metric is not defined for it (`baselineReason`). */
  readonly baselineValue: number | null;
  readonly baselineReason?: string;
  /** Rows; null where the metric was only reported. */
  readonly n: number | null;
  /** Of the candidate's value. */
  readonly own?: Inference;
  /** Of candidate - baseline, paired by row. */
  readonly difference?: Inference;
  /** Why `own` or `difference` is not there although a test was asked for, in half a sentence. */
  readonly noInference?: string;
  /** The rows are too few, or too much alike, for the method: nothing may be concluded from the point instead. */
  readonly tooFew?: boolean;
}

/** One metric, with the test by which a rule wants it judged. */
export interface Asked {
  readonly metric: string;
  readonly test: TestName;
  /** Slice families that rules with this metric and test name. */
  readonly slices: readonly string[];
}

/** The key of evidence: rules that ask one metric by two tests have two. */
export function keyOf({ metric, test }: Pick<Asked, 'metric' | 'test'>): string {
  return `${metric} ${test}`;
}

export interface SliceEvidence {
  /** As the gate file names the family. */
  readonly family: string;
  /** By its family: `country=NO`, `age<18`, `country=NO & age<18`; `country #3` where values are not declared. */
  readonly name: string;
  readonly n: number;
  readonly metrics: ReadonlyMap<string, MetricEvidence>;
}

/** A metric compared between the groups of one slice family, for the candidate. */
export interface FairnessEvidence {
  readonly metric: string;
  readonly by: string;
  /** A value is null where the group is below min-slice-size, or the metric is not defined on it. */
  readonly groups: readonly { readonly name: string; readonly n: number; readonly value: number | null }[];
  /** Greatest - least over the groups that count; undefined where fewer than two do. */
  readonly difference?: Inference;
  /** Least / greatest. */
  readonly ratio?: Inference;
  readonly reason?: string;
}

export interface Evidence {
  /** By `keyOf`, over all rows. */
  readonly overall: ReadonlyMap<string, MetricEvidence>;
  readonly slices: readonly SliceEvidence[];
  /** By `<metric> <family>`. */
  readonly fairness: ReadonlyMap<string, FairnessEvidence>;
}

/** What the rules of a gate file ask, each metric and test once. */
export function askedBy(gate: Pick<GateFile, 'rules'>): Asked[] {
  const asked = new Map<string, { metric: string; test: TestName; slices: Set<string> }>();
  for (const { metric, test, slices } of gate.rules) {
    const known = asked.get(keyOf({ metric, test })) ?? { metric, test, slices: new Set<string>() };
    for (const slice of slices) known.slices.add(slice);
    asked.set(keyOf({ metric, test }), known);
  }
  return [...asked.values()].map(({ slices, ...rest }) => ({ ...rest, slices: [...slices] }));
}
