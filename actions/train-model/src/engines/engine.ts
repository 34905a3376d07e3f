import type { FileReference, FileRole } from '../../../../shared/record/common.ts';
import type {
  CostItem,
  Dispatch,
  FailureClass,
  TrainingBody,
} from '../../../../shared/record/training-section.ts';

/** Files that a training promises to write, below its working directory. */
export interface DeclaredOutput {
  readonly role: FileRole;
  /** Relative to the working directory; a folder stands for all files below it. */
  readonly glob: string;
  /** How the user knows it, for errors: the input and its line. */
  readonly label: string;
}

/** What is to be trained, the same for every engine. */
export interface TrainingJob {
  readonly command: readonly [string, ...string[]];
  /** Absolute; where the command starts and what outputs are relative to. */
  readonly directory: string;
  /** All that the command sees: what it must not see is already left out. */
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: readonly DeclaredOutput[];
  /** Files that grow while it trains and are read besides the outputs, absolute: they may be there before. */
  readonly seriesFiles: readonly string[];
}

/** Something wrong with a job, found before anything is spent. */
export interface Finding {
  /** `no-worker`: the worker workflow is not on the default branch yet; another place may be taken. */
  readonly code?: 'no-worker';
  readonly message: string;
  readonly remedy: string;
}

/** A training that was handed to an engine. It can be saved, and found again by another process. */
export interface Submission {
  readonly id: string;
  readonly key: string;
  readonly url: string | null;
}

export const PHASES = [
  'queued',
  'starting',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'cancelled',
  'lost',
] as const;
export type Phase = (typeof PHASES)[number];

const ENDED: readonly Phase[] = ['succeeded', 'failed', 'cancelled', 'lost'];

export function hasEnded(phase: Phase): boolean {
  return ENDED.includes(phase);
}

/** The truth about a training, as its engine tells it. */
export interface TrainingStatus {
  readonly phase: Phase;
  /** In plain words. */
  readonly reason: string | null;
  /** Null while it runs and where it succeeded. */
  readonly failureClass: FailureClass | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakMemoryBytes: number | null;
  /** What it waits for while it is queued, in plain words; null where it waits for nothing. */
  readonly waiting: string | null;
}

/** A status of which only the phase is known. */
export const QUIET: Omit<TrainingStatus, 'phase'> = {
  reason: null,
  failureClass: null,
  exitCode: null,
  signal: null,
  peakMemoryBytes: null,
  waiting: null,
};

/** One row of metrics at one step. */
export interface Point {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
  /** Steps in all, where the training tells. */
  readonly total: number | undefined;
  /** Metrics that are no finite number in this row, such as `loss is NaN`; they are not among `values`. */
  readonly bad?: readonly string[];
}

export interface CollectedOutputs {
  readonly files: readonly FileReference[];
  /** What was promised and is not there, in full sentences. */
  readonly missing: readonly string[];
  /** Files that were there before and that this training did not write; they are not among `files`. */
  readonly stale: readonly string[];
}

/** What is known of a training beside its end, where another process recorded it. */
export interface Recorded {
  /** The training section's body as the place wrote it where it ran; undefined where it wrote none. */
  readonly body: TrainingBody | undefined;
  readonly dispatch: Dispatch;
}

/** Where a training runs (port). */
export interface TrainingEngine {
  /** How long a follower waits between two looks at the status. */
  readonly pollMs: number;
  /** Before anything is spent; a dry run where the engine has one. */
  check(job: TrainingJob, signal: AbortSignal): Promise<Finding[]>;
  /** What lives or succeeded under this key: a step that is run again attaches to it. */
  find(submissionKey: string, signal: AbortSignal): Promise<Submission | undefined>;
  submit(job: TrainingJob, submissionKey: string, signal: AbortSignal): Promise<Submission>;
  status(submission: Submission, signal: AbortSignal): Promise<TrainingStatus>;
  /** Best effort; ends when the training has ended. */
  logs(submission: Submission, signal: AbortSignal): AsyncIterable<string>;
  metrics(submission: Submission, signal: AbortSignal): AsyncIterable<Point>;
  /** What it has cost; empty where nothing is known or spent. */
  cost(submission: Submission, signal: AbortSignal): Promise<CostItem[]>;
  /**
   * Asks it to end, waits for `graceMs`, then kills. Nothing of it lives afterwards. `cancelled` asks as the runner
   * does (SIGINT, then SIGTERM), `limit` with SIGTERM at once.
   */
  stop(submission: Submission, graceMs: number, why: 'cancelled' | 'limit'): Promise<void>;
  /** References; bytes move when somebody needs them. */
  outputs(submission: Submission, signal: AbortSignal): Promise<CollectedOutputs>;
  /** What the place where it ran recorded; undefined where the following process itself records. */
  recorded(submission: Submission, signal: AbortSignal): Promise<Recorded | undefined>;
}
