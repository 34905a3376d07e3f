import { isExpected, InfrastructureError, messageOf } from '../../../../../shared/errors.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import { readLogTail } from '../../../../../shared/github/job-logs.ts';
import { GitHubError, isAbsent, RefusedError } from '../../../../../shared/github/permission.ts';
import { cancelRun, forceCancelRun } from '../../../../../shared/github/run-cancel.ts';
import type { WorkflowJob } from '../../../../../shared/github/workflow-jobs.ts';
import { listDispatchedRuns } from '../../../../../shared/github/workflow-runs.ts';
import type { SectionOf } from '../../../../../shared/record/section.ts';
import type { FailureClass } from '../../../../../shared/record/training-section.ts';
import { generationsOf, mayGoOn } from '../../decide/generation.ts';
import { lookGapMs, type RequestBudget } from '../../decide/request-budget.ts';
import { endWithoutRecord, phaseOfFailure } from '../../decide/run-phase.ts';
import { hasEnded, type Point, type Submission, type TrainingStatus } from '../engine.ts';
import type { GitHubEngineOptions } from '../github.ts';
import { Feed } from './feed.ts';
import { ProgressReader } from './progress-reader.ts';
import { type RunView, RunWatch } from './run-watch.ts';
import { readWorkerSection } from './worker-record.ts';

/** GitHub has been away for hours before; a training is not given up for a shorter time than this. */
const PATIENCE_MS = 1_800_000;
/** A run that was just dispatched may not be known everywhere yet. */
const ABSENT_MS = 120_000;
/** Looks for the next generation, which the closing job dispatches before the run ends. */
const NEXT_LOOKS = 3;
const STOP_POLL_MS = 2_000;
/** Beyond the grace: until GitHub has told the runner, and the runner GitHub. */
const STOP_MARGIN_MS = 30_000;
const FORCED_MS = 60_000;
/** By then a worker has told its first rows; a minute later the comment has spent what there is for showing it. */
const FIRST_LOOK_MS = 40_000;
/** A look at the progress: the list in two pages at most, and one artifact. */
const LIST_REQUESTS = 2;
const LAST_PROGRESS = 3;
const TAIL_LINES = 100;

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
  readonly reader: ProgressReader;
  readonly beganAt: number;
  runningAt: number | undefined;
  nextLookAt: number;
  /** The progress that was there when the training ended has been read. */
  hasLast: boolean;
}

const QUIET: Omit<TrainingStatus, 'phase'> = {
  reason: null,
  failureClass: null,
  exitCode: null,
  signal: null,
  peakMemoryBytes: null,
  waiting: null,
};

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
    const { client, repository, logger } = this.#options;
    const { runId, url } = this.#place;
    const { signal } = new AbortController();
    this.#stopping = true;
    try {
      if (!(await cancelRun(client, repository, runId, signal))) return;
      if (await this.#endsWithin(graceMs + STOP_MARGIN_MS, signal)) return;
      logger.warning(`The run does not respond to being cancelled, and is ended by force: ${url}`);
      await forceCancelRun(client, repository, runId, signal);
      await this.#endsWithin(FORCED_MS, signal);
    } finally {
      this.#close();
    }
  }

  async #endsWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const until = clock.now() + ms;
    for (;;) {
      try {
        const { completed, train } = await this.#place.watch.look(clock.now(), signal);
        if (completed || train?.status === 'completed') return true;
      } catch (error) {
        // GitHub stumbling is no sign of how the run does.
        if (!(error instanceof GitHubError)) throw error;
      }
      if (clock.now() >= until) return false;
      await clock.sleep(STOP_POLL_MS, signal);
    }
  }

  #close(): void {
    this.lines.close();
    this.points.close();
  }

  #placeAt(runId: string, url: string, generation: number): Place {
    const { client, requests, repository, logger, clock, dispatch } = this.#options;
    const { key: submissionKey } = this.#start.submission;
    this.#runs.push(runId);
    return {
      runId,
      url,
      generation,
      watch: new RunWatch({ requests, repository, labels: dispatch.runsOn, logger }, runId),
      reader: new ProgressReader(
        { client, requests, repository, logger },
        { runId, url, submissionKey, generation },
      ),
      beganAt: clock.now(),
      runningAt: undefined,
      nextLookAt: 0,
      hasLast: false,
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
    if (view.phase === 'running') await this.#lookAtProgress(now, signal);
    // The closing job, which runs now, deletes the progress of a training that succeeded.
    if (view.phase === 'stopping') await this.#lastProgress(signal);
    return { ...QUIET, phase: view.phase, waiting: view.waiting };
  }

  async #lookAtProgress(now: number, signal: AbortSignal): Promise<void> {
    const { budget, logger } = this.#options;
    const place = this.#place;
    if (place.runningAt === undefined) {
      place.runningAt = now;
      place.nextLookAt = now + FIRST_LOOK_MS;
    }
    const affordable = budget.affordable(now) - LIST_REQUESTS;
    if (now < place.nextLookAt || affordable < 1) return;
    place.nextLookAt = now + lookGapMs(now - place.runningAt);
    try {
      await this.#readProgress(affordable, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isExpected(error) || isDead(error)) throw error;
      // Only shown: the next look brings what this one could not.
      logger.debug(`The progress could not be read: ${error.message}`);
    }
  }

  async #readProgress(most: number, signal: AbortSignal): Promise<void> {
    const { lines, points } = await this.#place.reader.look(most, signal);
    this.lines.push(lines);
    this.points.push(points);
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
      await this.#lastProgress(signal);
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
    await this.#lastProgress(signal);
    await this.#showTail(train, signal);
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

  async #lastProgress(signal: AbortSignal): Promise<void> {
    if (this.#place.hasLast) return;
    this.#place.hasLast = true;
    try {
      await this.#readProgress(LAST_PROGRESS, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.logger.debug(`The last progress could not be read: ${messageOf(error)}`);
    }
  }

  async #showTail(train: WorkflowJob | undefined, signal: AbortSignal): Promise<void> {
    const { client, repository, logger } = this.#options;
    if (train?.status !== 'completed') return;
    const failed = train.steps.find(({ conclusion }) => conclusion === 'failure');
    try {
      const tail = await readLogTail(client, { repository, jobId: train.id, lines: TAIL_LINES }, signal);
      const title = failed === undefined ? `job "${train.name}"` : `step "${failed.name}"`;
      this.lines.push([`The end of the log of the ${title}, ${this.#place.url}:`, ...tail]);
    } catch (error) {
      signal.throwIfAborted();
      logger.info(`The log of the run could not be read: ${messageOf(error)}`);
    }
  }

  /** What a failed look means: GitHub may be away for a while, but a dead token stays dead. */
  #bear(error: unknown): TrainingStatus {
    const { clock, logger } = this.#options;
    const { url, beganAt } = this.#place;
    if (isDead(error)) throw this.#leftAlone('GitHub no longer takes the token', error);
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

function isDead(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 401;
}
