import type { Logger } from '../../../../../shared/action/logger.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import { readPendingDeployments } from '../../../../../shared/github/pending-deployments.ts';
import { RefusedError } from '../../../../../shared/github/permission.ts';
import { readRunners, type Runner } from '../../../../../shared/github/self-hosted-runners.ts';
import { readJobs, type WorkflowJob } from '../../../../../shared/github/workflow-jobs.ts';
import { readRun, type WorkflowRun } from '../../../../../shared/github/workflow-runs.ts';
import { jobStarted, livePhase, trainJobOf } from '../../decide/run-phase.ts';
import { waitingFor, waitingSince } from '../../decide/waiting.ts';
import type { Phase } from '../engine.ts';

/** Runners come and go within minutes. */
const RUNNERS_GAP_MS = 60_000;

/** GitHub does not promise that a run changes with its jobs. */
const JOBS_GAP_MS = 20_000;

export interface RunView {
  readonly run: WorkflowRun;
  readonly train: WorkflowJob | undefined;
  readonly completed: boolean;
  /** Of a run that has not completed. */
  readonly phase: Phase;
  /** In plain words, with the time since when; null where it waits for nothing. */
  readonly waiting: string | null;
}

interface Wait {
  readonly reason: string;
  ms: number;
}

/** Looks at one worker's run, by requests that are free as long as nothing has changed. */
export class RunWatch {
  readonly waits: Wait[] = [];
  queuedMs: number | null = null;
  readonly #options: {
    requests: ConditionalRequests;
    repository: string;
    labels: readonly string[];
    logger: Logger;
  };
  readonly #runId: string;
  readonly #warned = new Set<string>();
  #train: WorkflowJob | undefined;
  #mayListRunners = true;
  #runners: Runner[] | undefined;
  #runnersAt = -Infinity;
  #lookedAt = 0;
  #jobsAt = 0;
  #waited = false;

  constructor(
    options: { requests: ConditionalRequests; repository: string; labels: readonly string[]; logger: Logger },
    runId: string,
  ) {
    this.#options = options;
    this.#runId = runId;
  }

  async look(now: number, signal: AbortSignal): Promise<RunView> {
    const { requests, repository, logger } = this.#options;
    const { data: run, changed } = await readRun(requests, repository, this.#runId, signal);
    const completed = run.status === 'completed';
    if (changed || completed || !jobStarted(this.#train) || now - this.#jobsAt >= JOBS_GAP_MS) {
      this.#jobsAt = now;
      this.#train = trainJobOf((await readJobs(requests, repository, this.#runId, signal)).data);
    }
    const train = this.#train;
    if (jobStarted(train) && typeof train?.startedAtMs === 'number') {
      this.queuedMs ??= Math.max(0, train.startedAtMs - run.createdAtMs);
    }
    const { phase, unknown } = livePhase(run, train);
    const word = run.status ?? 'none';
    if (unknown && !completed && !this.#warned.has(word)) {
      this.#warned.add(word);
      logger.warning(`GitHub says that the run is "${word}", which is not known here: it is followed on.`);
    }
    const last = this.#waited ? this.waits.at(-1) : undefined;
    if (last !== undefined) last.ms += now - this.#lookedAt;
    const waiting = completed || phase !== 'queued' ? null : await this.#waiting(run, now, signal);
    this.#lookedAt = now;
    this.#waited = waiting !== null;
    return { run, train, completed, phase, waiting };
  }

  async #waiting(run: WorkflowRun, now: number, signal: AbortSignal): Promise<string> {
    const { requests, repository, labels } = this.#options;
    const environments =
      run.status === 'waiting'
        ? await readPendingDeployments(requests, repository, this.#runId, signal).catch(
            refusedAs<string[]>([]),
          )
        : [];
    if (run.status !== 'waiting' && run.status !== 'pending') await this.#lookAtRunners(now, signal);
    const facts = {
      status: run.status,
      labels,
      queuedSinceMs: run.createdAtMs,
      environments,
      runners: this.#runners,
    };
    const reason = waitingFor(facts);
    if (this.waits.at(-1)?.reason !== reason) this.waits.push({ reason, ms: 0 });
    return waitingSince(facts);
  }

  async #lookAtRunners(now: number, signal: AbortSignal): Promise<void> {
    if (!this.#mayListRunners || now - this.#runnersAt < RUNNERS_GAP_MS) return;
    this.#runnersAt = now;
    const { requests, repository } = this.#options;
    const runners = await readRunners(requests, repository, signal).catch(
      refusedAs<Runner[] | undefined>(undefined),
    );
    // GITHUB_TOKEN never may: it is asked once.
    if (runners === undefined) this.#mayListRunners = false;
    this.#runners = runners;
  }
}

/** What a call gives whose permission is missing; the token's own death is not that. */
function refusedAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof RefusedError && error.status !== 401) return value;
    throw error;
  };
}
