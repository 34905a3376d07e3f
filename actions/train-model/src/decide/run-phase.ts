import type { FailureClass } from '../../../../shared/record/training-section.ts';
import type { Phase } from '../engines/engine.ts';

/** Words of GitHub that say that a run has not begun. `pending` waits for its turn, `waiting` for an approval. */
const QUEUED = ['queued', 'requested', 'waiting', 'pending'];
/** The runner gives a job a little less or more than its `timeout-minutes`. */
const LIMIT_TOLERANCE_MS = 30_000;

export interface RunFacts {
  readonly status: string | null;
  readonly conclusion: string | null;
}

export interface JobFacts {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly runner: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly status: string;
    readonly conclusion: string | null;
  }[];
}

/** The job that trains: of a called workflow it is shown as `<job that calls> / train`. */
export function trainJobOf<J extends { readonly name: string }>(jobs: readonly J[]): J | undefined {
  return (
    jobs.find(({ name }) => name === 'train' || name.endsWith(' / train')) ??
    jobs.find(({ name }) => !/(^|\/ )(close|gate)$/.test(name))
  );
}

/** True where a runner has taken the job: GitHub tells a time of start also for one that waits. */
export function jobStarted(job: { readonly status: string } | undefined): boolean {
  return job !== undefined && !QUEUED.includes(job.status);
}

/** The phase of a run that has not ended, and whether GitHub used a word that is not known. */
export function livePhase(run: RunFacts, train: JobFacts | undefined): { phase: Phase; unknown: boolean } {
  const { status } = run;
  if (status === 'in_progress') {
    if (train?.status === 'completed') return { phase: 'stopping', unknown: false };
    return { phase: jobStarted(train) ? 'running' : 'queued', unknown: false };
  }
  if (status !== null && QUEUED.includes(status)) return { phase: 'queued', unknown: false };
  return { phase: jobStarted(train) ? 'running' : 'queued', unknown: true };
}

/** How a run ended that left no record of its training. */
export interface UnrecordedEnd {
  readonly failureClass: FailureClass;
  readonly reason: string;
}

/** Why a training has no record, from what GitHub says of its run, its job and that job's steps. */
export function endWithoutRecord(
  run: RunFacts,
  train: JobFacts | undefined,
  timeoutMinutes: number,
): UnrecordedEnd {
  const limitMs = timeoutMinutes * 60_000;
  if (run.conclusion === 'startup_failure') {
    return {
      failureClass: 'infrastructure',
      reason:
        'GitHub could not start the worker workflow: its file is not valid, or may not call the workflow that it uses.',
    };
  }
  if (run.conclusion === 'stale') return { failureClass: 'lost', reason: 'GitHub gave the run up as stale.' };
  if (run.conclusion === 'action_required') {
    return {
      failureClass: 'infrastructure',
      reason: 'The run waits for an approval of its workflow, and did not train.',
    };
  }
  if (train === undefined || train.conclusion === 'skipped') {
    return run.conclusion === 'cancelled'
      ? { failureClass: 'cancelled', reason: 'The run was cancelled before it trained.' }
      : {
          failureClass: 'infrastructure',
          reason: `The run ended as ${run.conclusion ?? 'unknown'} and trained nothing.`,
        };
  }
  const ranMs = (train.completedAtMs ?? 0) - (train.startedAtMs ?? train.completedAtMs ?? 0);
  if (
    train.conclusion === 'timed_out' ||
    (train.conclusion === 'cancelled' && ranMs >= limitMs - LIMIT_TOLERANCE_MS)
  ) {
    return {
      failureClass: 'time-limit',
      reason: `The job was ended at its limit of ${timeoutMinutes} minutes.`,
    };
  }
  if (train.conclusion === 'cancelled')
    return { failureClass: 'cancelled', reason: 'The run was cancelled.' };
  const runner = train.runner === null || train.runner === '' ? 'the runner' : `the runner "${train.runner}"`;
  // A step that never ended in a job that has: the runner did not come back to say so.
  const cutOff = train.steps.find(({ status, conclusion }) => status !== 'completed' || conclusion === null);
  if (cutOff !== undefined) {
    return { failureClass: 'lost', reason: `GitHub lost ${runner} during the step "${cutOff.name}".` };
  }
  const failed = train.steps.find(({ conclusion }) => conclusion === 'failure');
  if (failed !== undefined) {
    return {
      failureClass: 'infrastructure',
      reason: `The step "${failed.name}" of the worker failed, and it left no record of the training.`,
    };
  }
  if (train.conclusion === 'success') {
    return {
      failureClass: 'lost',
      reason:
        'The worker succeeded but left no record of the training: does its workflow hand its job to train-model?',
    };
  }
  return {
    failureClass: 'infrastructure',
    reason: `No runner could begin the job (${train.conclusion ?? 'unknown'}).`,
  };
}

/** The phase that a failure shows as. */
export function phaseOfFailure(failureClass: FailureClass): Phase {
  if (failureClass === 'cancelled' || failureClass === 'superseded') return 'cancelled';
  return failureClass === 'lost' ? 'lost' : 'failed';
}
