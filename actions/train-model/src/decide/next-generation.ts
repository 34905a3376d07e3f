import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import type { FailureClass } from '../../../../shared/record/training-section.ts';
import type { Verdict } from '../../../../shared/verdict.ts';

/** How a job of a run ended, as `needs.<job>.result` tells it. */
export const JOB_RESULTS = ['success', 'failure', 'cancelled', 'skipped'] as const;
export type JobResult = (typeof JOB_RESULTS)[number];

/** What the worker's own training section says, as far as it decides. */
export interface WorkerSection {
  readonly verdict: Verdict;
  readonly summary: string;
  /** Of its last attempt. */
  readonly failureClass: FailureClass | null;
  /** Over all attempts. */
  readonly trainedMs: number;
}

/** What the closing job of a worker finds. */
export interface WorkerEnd {
  readonly job: DispatchedJob;
  /** The worker's run. */
  readonly runId: string;
  readonly maxAttempts: number;
  /** `max-minutes` of the dispatching step; undefined: only the job's own limit. */
  readonly limitMs: number | undefined;
  readonly train: JobResult;
  /** Undefined where the worker wrote none. */
  readonly section: WorkerSection | undefined;
  /** This run has saved a checkpoint. */
  readonly checkpoint: boolean;
  /** The command was started, and told of it. */
  readonly began: boolean;
  /** The step by which the job that trains failed; null where none did, undefined where that is not known. */
  readonly failedStep: string | null | undefined;
}

export type AfterWorker =
  | { readonly kind: 'continue'; readonly job: DispatchedJob; readonly reason: string }
  /** The worker has recorded its end itself. */
  | { readonly kind: 'ended'; readonly section: WorkerSection }
  /** The worker ended without a word, and it stays at that. */
  | { readonly kind: 'unrecorded'; readonly failureClass: FailureClass; readonly message: string }
  /** Another run does the same: everything about the end is its matter. */
  | { readonly kind: 'duplicate' };

/** Decides whether a worker's training is gone on with by another dispatch, and how it has ended where not. */
export function afterWorker(end: WorkerEnd): AfterWorker {
  const { section, train } = end;
  if (section?.verdict === 'skipped') return { kind: 'duplicate' };
  const unrecorded = section === undefined ? whyUnrecorded(end) : undefined;
  const reason = section === undefined ? unrecorded?.again : whyAgain(end, section);
  if (reason !== undefined && train !== 'cancelled') {
    if (attemptsOf(end.job) < end.maxAttempts && end.job.generation < MAX_GENERATION) {
      return { kind: 'continue', job: nextJob(end.job, end.runId), reason };
    }
  }
  if (section !== undefined) return { kind: 'ended', section };
  const { failureClass, message } = unrecorded ?? LOST;
  const tried =
    reason === undefined ? '' : ` It was begun ${times(attemptsOf(end.job))}, as "max-attempts" allows.`;
  return { kind: 'unrecorded', failureClass, message: `${message}${tried}` };
}

/** As the schema of a job has it. */
const MAX_GENERATION = 100;

/** The step's own limit is looked at now and then: it may end a moment before. */
const LIMIT_TOLERANCE_MS = 1_000;

function whyAgain({ checkpoint, limitMs }: WorkerEnd, section: WorkerSection): string | undefined {
  switch (section.failureClass) {
    case 'lost':
    case 'infrastructure':
      return section.summary;
    case 'time-limit': {
      // What the user allowed is used up; only the limit of the job is gone on over.
      const usedUp = limitMs !== undefined && section.trainedMs >= limitMs - LIMIT_TOLERANCE_MS;
      return checkpoint && !usedUp ? section.summary : undefined;
    }
    default:
      return undefined;
  }
}

interface Unrecorded {
  readonly failureClass: FailureClass;
  readonly message: string;
  /** Why it is worth another try; undefined where it is not. */
  readonly again?: string;
}

const LOST: Unrecorded = {
  failureClass: 'lost',
  message: 'The runner was lost before the training had ended.',
  again: 'The runner was lost.',
};

function whyUnrecorded({ train, began, failedStep }: WorkerEnd): Unrecorded {
  if (train === 'cancelled') {
    return {
      failureClass: 'cancelled',
      message: 'The worker was cancelled, or reached the limit of its job, before it could record anything.',
    };
  }
  if (train === 'skipped') {
    return { failureClass: 'infrastructure', message: 'The job that trains was skipped.' };
  }
  if (train === 'success') {
    return { failureClass: 'infrastructure', message: 'The job that trains left no section of the record.' };
  }
  if (began) return LOST;
  if (failedStep === undefined) {
    return {
      failureClass: 'infrastructure',
      message: 'The job that trains failed before the training began.',
    };
  }
  if (failedStep === null) return LOST;
  return {
    failureClass: 'infrastructure',
    message: `The step "${failedStep}" of the worker failed before the training began.`,
  };
}

/** How often this training has been begun: those that were dispatched before it failed in ways worth another try. */
function attemptsOf({ previous }: DispatchedJob): number {
  return previous.length + 1;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function nextJob(job: DispatchedJob, runId: string): DispatchedJob {
  const generation = job.generation + 1;
  const own = `${job.submissionKey}.${job.generation}`;
  return {
    ...job,
    // A function: a text to put in would be read for patterns such as `$&`.
    title: job.title.replace(own, () => `${job.submissionKey}.${generation}`),
    generation,
    previous: [...job.previous, runId],
  };
}
