import type { FailureClass } from '../../../shared/record/training-section.ts';
import type { Clock } from './clock.ts';
import {
  hasEnded,
  type Point,
  type Submission,
  type TrainingEngine,
  type TrainingStatus,
} from './engines/engine.ts';

/** Why a training is ended before it ends by itself. */
export interface EarlyEnd {
  /** Null where that is no failure, as with a plateau. */
  readonly failureClass: FailureClass | null;
  /** Begins a sentence that "and was ended" closes: `It ran for longer than …`. */
  readonly why: string;
}

export interface FollowOptions {
  readonly engine: TrainingEngine;
  readonly submission: Submission;
  readonly clock: Clock;
  /** Asked at each look: what ends the training now. */
  readonly endsEarly: () => EarlyEnd | undefined;
  readonly graceMs: number;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly onPoint: (point: Point) => void;
  readonly onStatus?: (status: TrainingStatus) => void;
}

export interface Followed {
  readonly status: TrainingStatus;
  /** A rule that ended it without its being a failure, as a sentence. */
  readonly stoppedEarly: string | null;
}

/**
 * Follows a training to its end, on any engine. Polls of the status are the truth; logs and metrics are best effort
 * and never decide by themselves. Cancellation, limits and stop rules end the training through the engine.
 */
export async function followTraining(options: FollowOptions): Promise<Followed> {
  const { engine, submission, clock, graceMs, signal } = options;
  const streams = new AbortController();
  const pumped = Promise.allSettled([
    pump(engine.logs(submission, streams.signal), options.onLine),
    pump(engine.metrics(submission, streams.signal), options.onPoint),
  ]);
  try {
    for (;;) {
      const status = await engine.status(submission, new AbortController().signal);
      options.onStatus?.(status);
      if (hasEnded(status.phase)) {
        await pumped;
        return { status, stoppedEarly: null };
      }
      if (signal.aborted) {
        await engine.stop(submission, graceMs, 'cancelled');
        const ended = await stopped(options, { failureClass: 'cancelled', why: 'The step was cancelled' });
        await pumped;
        return ended;
      }
      const early = options.endsEarly();
      if (early !== undefined) {
        await engine.stop(submission, graceMs, 'limit');
        const ended = await stopped(options, early);
        await pumped;
        return ended;
      }
      await clock.sleep(engine.pollMs, signal);
    }
  } finally {
    streams.abort();
  }
}

async function pump<T>(source: AsyncIterable<T>, take: (item: T) => void): Promise<void> {
  for await (const item of source) take(item);
}

/** What the engine says after it was asked to stop, with why it was asked. */
async function stopped(
  { engine, submission }: FollowOptions,
  { failureClass, why }: EarlyEnd,
): Promise<Followed> {
  const status = await engine.status(submission, new AbortController().signal);
  const how = status.exitCode === null ? (status.signal ?? 'stopped') : `exit code ${status.exitCode}`;
  const reason = `${why}, and was ended (${how}).`;
  // What ends in order when it is asked to has done all that was wanted of it.
  return failureClass === null
    ? {
        status: { ...status, phase: 'succeeded', failureClass: null, reason: null },
        stoppedEarly: reason,
      }
    : { status: { ...status, phase: 'cancelled', failureClass, reason }, stoppedEarly: null };
}
