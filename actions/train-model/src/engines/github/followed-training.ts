import { InfrastructureError, messageOf } from '../../../../../shared/errors.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import { isAbsent, isUnauthorized } from '../../../../../shared/github/permission.ts';
import { cancelRun } from '../../../../../shared/github/run-cancel.ts';
import type { WorkflowJob } from '../../../../../shared/github/workflow-jobs.ts';
import { listDispatchedRuns } from '../../../../../shared/github/workflow-runs.ts';
import type { SectionOf } from '../../../../../shared/record/section.ts';
import type { FailureClass } from '../../../../../shared/record/training-section.ts';
import { generationsOf, mayGoOn } from '../../decide/generation.ts';
import type { RequestBudget } from '../../decide/request-budget.ts';
import { endWithoutRecord, phaseOfFailure } from '../../decide/run-phase.ts';
import { hasEnded, type Point, QUIET, type Submission, type TrainingStatus } from '../engine.ts';
import type { GitHubEngineOptions } from './engine-options.ts';
import { Feed } from './feed.ts';
import { readTail } from './log-tail.ts';
import { ProgressReader } from './progress-reader.ts';
import { type RunView, RunWatch } from './run-watch.ts';
import { ShownProgress } from './shown-progress.ts';
import { stopRun } from './stop-run.ts';
import { readWorkerSection } from './worker-record.ts';

/** GitHub has been away for hours before; a training is not given up for a shorter time than this. */
const PATIENCE_MS = 1_800_000;
/** A run that was just dispatched may not be known everywhere yet. */
const ABSENT_MS = 120_000;
/** Looks for the next generation, which the closing job dispatches before the run ends. */
const NEXT_LOOKS = 3;

export interface TrainingOptions extends GitHubEngineOptions {
  readonly budget: RequestBudget;
  readonly requests: ConditionalRequests;
}

export interface TrainingStart {
  readonly submission: Submission;
  readonly generation: number;
  readonly timeoutMinutes: number;
  /** The runs of earlier generations. */
  readonly earlier: readonly string[];
}

/** What came of a training. */
export interface Followed {
  readonly section: SectionOf<'training'> | undefined;
  /** The runs of all its generations. */
  readonly runs: readonly string[];
}

interface Place {
  readonly runId: string;
  readonly url: string;
  readonly generation: number;
  readonly watch: RunWatch;
  readonly progress: ShownProgress;
  readonly beganAt: number;
}

/**
 * One training that was dispatched, over all its generations. Everything that GitHub is asked happens within
 * `status`: lines and points are found there and wait to be read.
 */
export class FollowedTraining {
  readonly lines = new Feed<string>();
  readonly points = new Feed<Point>();
  last: TrainingStatus | undefined;
  readonly #options: TrainingOptions;
  readonly #start: TrainingStart;
  readonly #runs: string[];
  #place: Place;
  #section: SectionOf<'training'> | undefined;
  #failingSince: number | undefined;
  #stopping = false;
  #nextLooks = 0;

  constructor(options: TrainingOptions, start: TrainingStart) {
    this.#options = options;
    this.#start = start;
    const { submission, generation } = start;
    this.#runs = [...start.earlier];
    this.#place = this.#placeAt(submission.id, submission.url ?? '', generation);
  }

  get place(): {
    runId: string;
    url: string;
    generation: number;
    queuedMs: number | null;
    waits: readonly { reason: string; ms: number }[];
  } {
    const { runId, url, generation, watch } = this.#place;
    return { runId, url, generation, queuedMs: watch.queuedMs, waits: watch.waits };
  }

  get result(): Followed {
    return { section: this.#section, runs: this.#runs };
  }

  async readRecord(signal: AbortSignal): Promise<void> {
    const { client, requests, logger, expected } = this.#options;
    this.#section ??= await readWorkerSection(
      { client, requests, logger },
      this.#place.runId,
      expected,
      signal,
    );
  }

  async status(signal: AbortSignal): Promise<TrainingStatus> {
    if (this.last !== undefined && hasEnded(this.last.phase)) return this.last;
    try {
      this.last = await this.#look(signal);
      this.#failingSince = undefined;
    } catch (error) {
      signal.throwIfAborted();
      this.last = this.#bear(error);
    }
    if (hasEnded(this.last.phase)) this.#close();
    return this.last;
  }

  /** Cancels the run, waits until its training has ended, and ends it by force where it does not respond. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    try {
      await stopRun(this.#options, this.#place, graceMs);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.lines.close();
    this.points.close();
  }

  #placeAt(runId: string, url: string, generation: number): Place {
    const { client, requests, repository, logger, clock, dispatch, budget } = this.#options;
    const { key: submissionKey } = this.#start.submission;
    this.#runs.push(runId);
    return {
      runId,
      url,
      generation,
      watch: new RunWatch({ requests, repository, labels: dispatch.runsOn, logger }, runId),
      progress: new ShownProgress({
        reader: new ProgressReader(
          { client, requests, repository, logger },
          { runId, url, submissionKey, generation },
        ),
        budget,
        logger,
        lines: this.lines,
        points: this.points,
      }),
      beganAt: clock.now(),
    };
  }

  async #look(signal: AbortSignal): Promise<TrainingStatus> {
    const { clock, dispatch } = this.#options;
    const now = clock.now();
    const place = this.#place;
    const view = await place.watch.look(now, signal);
    if (view.completed) return await this.#ended(view, signal);
    if (this.#stopping) return { ...QUIET, phase: 'stopping' };
    if (view.phase === 'queued' && now - place.beganAt >= dispatch.queueMs)
      return await this.#giveUp(view, signal);
    if (view.phase === 'running') await place.progress.look(now, signal);
    // The closing job, which runs now, deletes the progress of a training that succeeded.
    if (view.phase === 'stopping') await place.progress.last(signal);
    return { ...QUIET, phase: view.phase, waiting: view.waiting };
  }

  /** No runner has taken it in time. */
  async #giveUp({ waiting }: RunView, signal: AbortSignal): Promise<TrainingStatus> {
    const { client, repository, dispatch } = this.#options;
    const cancelled = await cancelRun(client, repository, this.#place.runId, signal);
    // It ended at this very moment: the next look tells how.
    if (!cancelled) return { ...QUIET, phase: 'stopping' };
    const minutes = Number((dispatch.queueMs / 60_000).toFixed(2));
    return {
      ...QUIET,
      phase: 'failed',
      failureClass: 'queue-limit',
      reason: `The training had not begun after ${minutes} minutes (queue-minutes): ${waiting ?? 'no runner took it'}.`,
    };
  }

  async #ended({ run, train }: RunView, signal: AbortSignal): Promise<TrainingStatus> {
    const { maxAttempts, logger } = this.#options;
    const { generation } = this.#place;
    await this.readRecord(signal);
    const attempt = this.#section?.body?.attempts.at(-1);
    if (this.#section?.passed === true) {
      await this.#place.progress.last(signal);
      if (run.conclusion !== 'success') {
        logger.warning(
          `The training succeeded, but its run ended as ${run.conclusion ?? 'unknown'}: ${run.url}`,
        );
      }
      return {
        ...QUIET,
        phase: 'succeeded',
        exitCode: attempt?.exitCode ?? 0,
        signal: attempt?.signal ?? null,
      };
    }
    const { failureClass, reason } = this.#failureOf(run, train);
    if (!this.#stopping && mayGoOn(failureClass, generation, maxAttempts)) {
      if (await this.#goOn(signal)) {
        this.lines.push([`${reason} It goes on in ${this.#place.url}`]);
        return { ...QUIET, phase: 'queued', reason };
      }
      this.#nextLooks += 1;
      if (this.#nextLooks < NEXT_LOOKS) return { ...QUIET, phase: 'stopping', reason };
    }
    await this.#place.progress.last(signal);
    this.lines.push(await readTail(this.#options, this.#place.url, train, signal));
    return {
      ...QUIET,
      phase: phaseOfFailure(failureClass),
      failureClass,
      reason,
      exitCode: attempt?.exitCode ?? null,
      signal: attempt?.signal ?? null,
      peakMemoryBytes: attempt?.peakMemoryBytes ?? null,
    };
  }

  #failureOf(
    run: RunView['run'],
    train: WorkflowJob | undefined,
  ): { failureClass: FailureClass; reason: string } {
    const section = this.#section;
    if (section === undefined) return endWithoutRecord(run, train, this.#start.timeoutMinutes);
    const attempt = section.body?.attempts.at(-1);
    return {
      failureClass: attempt?.failureClass ?? 'infrastructure',
      reason: attempt?.reason ?? section.blame?.message ?? section.summary,
    };
  }

  /** Follows the next generation, where the closing job of this one has dispatched it. */
  async #goOn(signal: AbortSignal): Promise<boolean> {
    const { client, repository, dispatch } = this.#options;
    const { key } = this.#start.submission;
    const wanted = this.#place.generation + 1;
    const list = { repository, workflow: dispatch.workflow, pages: 2 };
    const runs = await listDispatchedRuns(
      client,
      list,
      (some) => generationsOf(some, key).some(({ generation }) => generation === wanted),
      signal,
    );
    const next = generationsOf(runs, key).find(({ generation }) => generation === wanted);
    if (next === undefined) return false;
    this.#section = undefined;
    this.#nextLooks = 0;
    this.#place = this.#placeAt(next.run.id, next.run.url, wanted);
    return true;
  }

  /** What a failed look means: GitHub may be away for a while, but a dead token stays dead. */
  #bear(error: unknown): TrainingStatus {
    const { clock, logger } = this.#options;
    const { url, beganAt } = this.#place;
    if (isUnauthorized(error)) throw this.#leftAlone('GitHub no longer takes the token', error);
    const now = clock.now();
    if (isAbsent(error) && now - beganAt >= ABSENT_MS) {
      return {
        ...QUIET,
        phase: 'lost',
        failureClass: 'lost',
        reason: `GitHub knows nothing more of the run ${url}: was it deleted?`,
      };
    }
    if (!isAbsent(error) && !(error instanceof InfrastructureError)) throw error;
    if (this.#failingSince === undefined) logger.warning(`Following goes on although: ${messageOf(error)}`);
    this.#failingSince ??= now;
    if (now - this.#failingSince >= PATIENCE_MS) {
      throw this.#leftAlone(`GitHub could not be asked for ${PATIENCE_MS / 60_000} minutes`, error);
    }
    return this.last ?? { ...QUIET, phase: 'queued' };
  }

  #leftAlone(why: string, cause: unknown): InfrastructureError {
    return new InfrastructureError(
      `${why}, so that the training cannot be followed; it goes on: ${this.#place.url}`,
      {
        remedy: 'Run this job again: it attaches to the training. Nothing was cancelled.',
        cause,
      },
    );
  }
}
