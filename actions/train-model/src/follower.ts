import type { FailureClass } from '../../../shared/record/training-section.ts';
import {
  hasEnded,
  type Point,
  type Submission,
  type TrainingEngine,
  type TrainingStatus,
} from './engines/engine.ts';

/** Time, as a parameter: tests do not wait. */
export interface Clock {
  now(): number;
  /** Resolves early where `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface FollowOptions {
  readonly engine: TrainingEngine;
  readonly submission: Submission;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Undefined: as long as it takes. */
  readonly limitMs: number | undefined;
  readonly graceMs: number;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly onPoint: (point: Point) => void;
}

/**
 * Follows a training to its end, on any engine. Polls of the status are the truth; logs and metrics are best effort
 * and never decide anything. Cancellation and the time limit stop the training through the engine.
 */
export async function followTraining(options: FollowOptions): Promise<TrainingStatus> {
  const { engine, submission, clock, pollMs, limitMs, graceMs, signal } = options;
  const startedAt = clock.now();
  const streams = new AbortController();
  const pumped = Promise.allSettled([
    pump(engine.logs(submission, streams.signal), options.onLine),
    pump(engine.metrics(submission, streams.signal), options.onPoint),
  ]);
  try {
    for (;;) {
      const status = await engine.status(submission, new AbortController().signal);
      if (hasEnded(status.phase)) return await drained(status, pumped);
      if (signal.aborted) {
        await engine.stop(submission, graceMs);
        return await drained(await stopped(options, 'cancelled', 'The step was cancelled'), pumped);
      }
      if (limitMs !== undefined && clock.now() - startedAt >= limitMs) {
        await engine.stop(submission, graceMs);
        const minutes = limitMs / 60_000;
        return await drained(
          await stopped(options, 'time-limit', `It ran for longer than "max-minutes" allows (${minutes})`),
          pumped,
        );
      }
      const left = limitMs === undefined ? Infinity : limitMs - (clock.now() - startedAt);
      await clock.sleep(Math.min(pollMs, Math.max(left, 0)), signal);
    }
  } finally {
    streams.abort();
  }
}

async function pump<T>(source: AsyncIterable<T>, take: (item: T) => void): Promise<void> {
  for await (const item of source) take(item);
}

async function drained(status: TrainingStatus, pumped: Promise<unknown>): Promise<TrainingStatus> {
  await pumped;
  return status;
}

/** What the engine says after it was asked to stop, with why it was asked. */
async function stopped(
  { engine, submission }: FollowOptions,
  failureClass: FailureClass,
  why: string,
): Promise<TrainingStatus> {
  const status = await engine.status(submission, new AbortController().signal);
  const how = status.exitCode === null ? (status.signal ?? 'stopped') : `exit code ${status.exitCode}`;
  return { ...status, phase: 'cancelled', failureClass, reason: `${why}, and was ended (${how}).` };
}
