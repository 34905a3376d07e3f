import type { Severity } from '../../../../shared/verdict.ts';

/** A limit as the gate file has it: absolute in the metric's unit, or relative to the baseline's absolute value. */
export interface Limit {
  readonly text: string;
  /** For `5%`: 0.05. */
  readonly value: number;
  readonly relative: boolean;
}

export const ON_MISSING = ['error', 'warn', 'not-run'] as const;
export type OnMissing = (typeof ON_MISSING)[number];

/** One bound with its line in the file. */
export interface Bound {
  readonly mode: 'minimum' | 'maximum' | 'max-regression';
  readonly limit: Limit;
  readonly line: number;
}

export interface GateRule {
  readonly metric: string;
  readonly direction: 'higher' | 'lower';
  readonly bounds: readonly Bound[];
  readonly severity: Severity;
  readonly onMissing: OnMissing;
}

/** Where the predictions lie and what their columns are called. */
export interface EvaluationColumns {
  /** The file among those that training declared, where it declared several. */
  readonly predictions: string | undefined;
  readonly id: string;
  readonly label: string;
  readonly prediction: string;
  readonly scores: readonly string[];
  /** The class that precision, recall, F1 and a single score speak of. */
  readonly positive: string | undefined;
  /** All classes, in the order of `scores`; only declared classes are ever shown. */
  readonly labels: readonly string[] | undefined;
  readonly weight: string | undefined;
  readonly lines: Readonly<Record<string, number>>;
}

export type BaselineSource =
  | { readonly kind: 'alias'; readonly alias: 'production' | 'candidate'; readonly text: string }
  | { readonly kind: 'version'; readonly version: string; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string };

export interface GateFile {
  readonly minCellSize: number;
  readonly evaluation: EvaluationColumns | undefined;
  readonly baseline: {
    readonly from: BaselineSource;
    readonly onNoBaseline: 'allow' | 'fail';
    readonly line: number;
  };
  readonly rules: readonly GateRule[];
}

/** True where a rule compares with the baseline, so that one has to be had. */
export function comparesWithBaseline(gate: GateFile): boolean {
  return gate.rules.some((rule) => rule.bounds.some((bound) => bound.mode === 'max-regression'));
}
