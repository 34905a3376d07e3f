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

export const KEEP_EVIDENCE = ['artifacts', 'none'] as const;
export type KeepEvidence = (typeof KEEP_EVIDENCE)[number];

export const ON_INCONCLUSIVE = ['warn', 'fail'] as const;
export type OnInconclusive = (typeof ON_INCONCLUSIVE)[number];

/**
 * What a bound is on: the value itself, or its change against the baseline. A regression is a change for the worse, an
 * improvement one for the better, so that no limit has a sign to be misread. Fairness bounds the greatest gap between
 * groups, or the least ratio of two of them.
 */
export const MODES = [
  'minimum',
  'maximum',
  'max-regression',
  'min-improvement',
  'max-improvement',
  'max-difference',
  'min-ratio',
] as const;
export type Mode = (typeof MODES)[number];

/** How uncertainty is had; `none` compares points, and the report says so. */
export const TESTS = [
  'auto',
  'none',
  'score',
  'mcnemar',
  'delong',
  't',
  'wilcoxon',
  'permutation',
  'bootstrap',
  'bca',
  'jackknife',
] as const;
export type TestName = (typeof TESTS)[number];

/** One bound with its line in the file. */
export interface Bound {
  readonly mode: Mode;
  readonly limit: Limit;
  readonly line: number;
}

export interface GateRule {
  readonly metric: string;
  readonly direction: 'higher' | 'lower';
  readonly bounds: readonly Bound[];
  readonly severity: Severity;
  readonly onMissing: OnMissing;
  /** Undefined: what the step's input says of the whole verdict. */
  readonly onInconclusive: OnInconclusive | undefined;
  readonly test: TestName;
  /** The error rate of one claim, one-sided: intervals have the level 1 - 2 alpha. */
  readonly alpha: number;
  /** A change smaller than this is no change worth a rule's failing, in the metric's unit; 0 where not given. */
  readonly minEffect: number;
  /** Names of slice families that the rule is judged on too, each slice for itself. */
  readonly slices: readonly string[];
  readonly minSliceSize: number;
  /** The slice family whose groups a rule with `max-difference` or `min-ratio` compares. */
  readonly by: string | undefined;
  readonly line: number;
}

/** A way of cutting the rows. Only what the gate file names is ever shown. */
export type SliceFamily = {
  readonly name: string;
  readonly line: number;
} & (
  | {
      readonly kind: 'column';
      readonly column: string;
      /** The values that are shown by name; undefined: all that occur, numbered and not named. */
      readonly values: readonly string[] | undefined;
    }
  /** Half-open ranges [edge, next edge); the first from minus infinity and the last to infinity are added. */
  | { readonly kind: 'bins'; readonly column: string; readonly edges: readonly number[] }
  /** One slice: the rows for which a SQL predicate over the file's columns is true. */
  | { readonly kind: 'where'; readonly predicate: string }
  /** Intersections: every combination of the slices of these families. */
  | { readonly kind: 'all'; readonly of: readonly string[] }
);

/** A metric that the gate file itself defines. */
export type DefinedMetric = {
  readonly name: string;
  readonly direction: 'higher' | 'lower';
  readonly line: number;
} &
  /** The mean of a score that each row has. */
  (
    | { readonly kind: 'column'; readonly column: string }
    /** The share of rows whose column says `candidate`, those that say `tie` counting half (pairwise preference). */
    | { readonly kind: 'preference'; readonly column: string }
    /** An aggregate expression in SQL over the columns of the predictions. */
    | { readonly kind: 'sql'; readonly sql: string }
  );

/** What errors cost: the mean over the rows is the metric `cost`. */
export interface Utility {
  readonly currency: string;
  readonly costs: readonly {
    readonly label: string;
    readonly prediction: string;
    /** Of one such row, in the currency; pairs that are not listed cost nothing. */
    readonly cost: number;
  }[];
}

/** Where the predictions lie and what their columns are called. */
export interface EvaluationColumns {
  /** The file among those that training declared, where it declared several. */
  readonly predictions: string | undefined;
  readonly id: string;
  /** With `prediction`; undefined where rows have scores of their own only, such as those of generated texts. */
  readonly label: string | undefined;
  readonly prediction: string | undefined;
  readonly scores: readonly string[];
  /** The class that precision, recall, F1 and a single score speak of. */
  readonly positive: string | undefined;
  /** All classes, in the order of `scores`; only declared classes are ever shown. */
  readonly labels: readonly string[] | undefined;
  readonly weight: string | undefined;
  /** The column that tells which rows belong together, such as a patient's: they are drawn together. */
  readonly group: string | undefined;
  readonly lines: Readonly<Record<string, number>>;
}

/** The rows on which the gate examines the model itself. */
export interface Examination {
  /** The file of evaluation rows with their labels, relative to the working directory. */
  readonly rows: string;
  /** SHA-256 that the file must have; undefined: that which the base's last evaluation had. */
  readonly sha256: string | undefined;
  /** Columns that the model is given, in order; a name may end in `*`. Undefined: all that have no other role. */
  readonly features: readonly string[] | undefined;
  /** Names of the model's outputs; undefined where the model has only one that can be meant. */
  readonly outputs: { readonly prediction: string | undefined; readonly scores: string | undefined };
  readonly line: number;
}

export type BaselineSource =
  /** Nothing was said: what is deployed, else what is published, else the record of the base branch. */
  | { readonly kind: 'default'; readonly text: string }
  | { readonly kind: 'alias'; readonly alias: 'production' | 'candidate'; readonly text: string }
  | { readonly kind: 'version'; readonly version: string; readonly text: string }
  | { readonly kind: 'branch'; readonly branch: string; readonly text: string }
  | { readonly kind: 'run'; readonly runId: string; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string };

export interface Defaults {
  readonly alpha: number;
  /** Of the effect that an inconclusive rule says it could have detected. */
  readonly power: number;
  readonly seed: number;
  readonly replicates: number;
}

export interface GateFile {
  readonly minCellSize: number;
  readonly defaults: Defaults;
  readonly evaluation: EvaluationColumns | undefined;
  readonly examination: Examination | undefined;
  readonly baseline: {
    readonly from: BaselineSource;
    readonly onNoBaseline: 'allow' | 'fail';
    readonly line: number;
  };
  readonly slices: readonly SliceFamily[];
  readonly metrics: readonly DefinedMetric[];
  readonly utility: Utility | undefined;
  readonly rules: readonly GateRule[];
  /** Where the predictions that the gate computed are kept, without labels. */
  readonly evidence: KeepEvidence;
  /** Whether a degraded copy of the candidate must be blocked by the same rules. */
  readonly negativeControl: boolean;
  /** Whether the author of a pull request may waive its rules. */
  readonly selfWaiver: boolean;
  /**
   * Whether predictions that the training wrote itself are judged by, where the gate could not compute them. By default
   * only where the gate file names no rows to compute them on.
   */
  readonly acceptSelfReported: boolean;
}

const COMPARING: readonly Mode[] = ['max-regression', 'min-improvement', 'max-improvement'];

/** True for bounds on a change against the baseline. */
export function isComparison(mode: Mode): boolean {
  return COMPARING.includes(mode);
}

/** True where a rule compares with the baseline, so that one has to be had. */
export function comparesWithBaseline(gate: GateFile): boolean {
  return gate.rules.some((rule) => rule.bounds.some((bound) => isComparison(bound.mode)));
}
