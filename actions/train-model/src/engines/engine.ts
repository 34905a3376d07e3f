import type { FileReference, FileRole } from '../../../../shared/record/common.ts';
import type { FailureClass } from '../../../../shared/record/training-section.ts';

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
  /** JSON Lines file of metrics, absolute; followed while it grows. */
  readonly metricsSeries: string | undefined;
}

/** Something wrong with a job, found before anything is spent. */
export interface Finding {
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
}

/** One row of metrics at one step. */
export interface Point {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
  /** Steps in all, where the training tells. */
  readonly total: number | undefined;
}

export interface CollectedOutputs {
  readonly files: readonly FileReference[];
  /** What was promised and is not there, in full sentences. */
  readonly missing: readonly string[];
  /** Files that were there before and that this training did not write; they are not among `files`. */
  readonly stale: readonly string[];
}

/** Where a training runs (port). */
export interface TrainingEngine {
  /** Before anything is spent; a dry run where the engine has one. */
  check(job: TrainingJob, signal: AbortSignal): Promise<Finding[]>;
  /** What lives or succeeded under this key: a step that is run again attaches to it. */
  find(submissionKey: string, signal: AbortSignal): Promise<Submission | undefined>;
  submit(job: TrainingJob, submissionKey: string, signal: AbortSignal): Promise<Submission>;
  status(submission: Submission, signal: AbortSignal): Promise<TrainingStatus>;
  /** Best effort; ends when the training has ended. */
  logs(submission: Submission, signal: AbortSignal): AsyncIterable<string>;
  metrics(submission: Submission, signal: AbortSignal): AsyncIterable<Point>;
  cost(
    submission: Submission,
    signal: AbortSignal,
  ): Promise<{ readonly usd: number; readonly basis: string } | undefined>;
  /** Asks it to end, waits for `graceMs`, then kills. Nothing of it lives afterwards. */
  stop(submission: Submission, graceMs: number): Promise<void>;
  /** References; bytes move when somebody needs them. */
  outputs(submission: Submission, signal: AbortSignal): Promise<CollectedOutputs>;
}
