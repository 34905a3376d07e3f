import { InfrastructureError, messageOf, UsageError } from '../../../../shared/errors.ts';
import { ConditionalRequests } from '../../../../shared/github/conditional-requests.ts';
import { listDispatchedRuns, type WorkflowRun } from '../../../../shared/github/workflow-runs.ts';
import type { Dispatch } from '../../../../shared/record/training-section.ts';
import { type Generation, generationsOf } from '../decide/generation.ts';
import { RequestBudget } from '../decide/request-budget.ts';
import { type Finding, hasEnded, type Submission, type TrainingEngine } from './engine.ts';
import { checkWorker } from './github/check-worker.ts';
import { countAnswers } from './github/count-answers.ts';
import type { GitHubEngineOptions } from './github/engine-options.ts';
import { type Followed, FollowedTraining } from './github/followed-training.ts';
import { LOOK_REQUESTS } from './github/progress-reader.ts';
import { submitJob } from './github/submit-job.ts';
import { filesFromWorker, readWorkerSection } from './github/worker-record.ts';

/** Soon enough to see an end within 15 s, and spread, so that many followers do not ask at once. */
const POLL_MS = 10_000;
const POLL_JITTER_MS = 2_000;
/** Where the token's limit runs low. */
const SLOW_POLL_MS = 30_000;
/** In the first attempt of a step only a step before could have dispatched; later ones look further back. */
const FIRST_PAGES = 2;
const LATER_PAGES = 10;
/** An edit of the comment reads it and writes it. */
const COMMENT_REQUESTS = 2;
const MAX_GENERATIONS = 100;

/** Trains in a run of the worker workflow of this repository. */
export interface GitHubEngine extends TrainingEngine {
  /** When this engine was made, by its clock. */
  readonly begunAt: number;
  /** What is known of the dispatch now. */
  dispatchOf(submission: Submission): Dispatch;
  /** True where an edit of the comment (two requests) may be afforded now; it is then counted. */
  mayReport(): boolean;
  /** Counted answers of GitHub that were not 304: the most in any hour, and all. */
  requests(): { readonly largestHour: number; readonly total: number };
}

export function createGitHubEngine(options: GitHubEngineOptions): GitHubEngine {
  const { client, repository, clock, dispatch, ref, job, origin, logger } = options;
  const begunAt = clock.now();
  const budget = new RequestBudget(begunAt);
  countAnswers(client, budget, clock);
  const requests = new ConditionalRequests(client);
  let known: readonly Generation<WorkflowRun>[] = [];
  let followed: { readonly id: string; readonly training: FollowedTraining } | undefined;

  const follow = (submission: Submission, generation: number): FollowedTraining => {
    const training = new FollowedTraining(
      { ...options, budget, requests },
      {
        submission,
        generation,
        timeoutMinutes: job(generation, [])['timeout-minutes'],
        earlier: known.filter((one) => one.generation < generation).map(({ run }) => run.id),
      },
    );
    followed = { id: submission.id, training };
    return training;
  };
  const trainingOf = (submission: Submission): FollowedTraining =>
    followed?.id === submission.id ? followed.training : follow(submission, 1);

  return {
    begunAt,
    get pollMs() {
      return budget.low ? SLOW_POLL_MS : POLL_MS + options.random() * POLL_JITTER_MS;
    },

    async check(_job, signal): Promise<Finding[]> {
      if (origin.fork) {
        return [
          {
            message:
              'A pull request from a fork is not dispatched: its code would run with the rights of this repository.',
            remedy:
              'Train it with "engine: local" on a GitHub-hosted runner, or push the branch to this repository after review.',
          },
        ];
      }
      const { workflow, workerInputs } = dispatch;
      return await checkWorker({ client, repository, workflow, ref, workerInputs, job: job(1, []) }, signal);
    },

    async find(submissionKey, signal) {
      const pages = origin.runAttempt === 1 ? FIRST_PAGES : LATER_PAGES;
      const list = { repository, workflow: dispatch.workflow, pages };
      const enough = (runs: readonly WorkflowRun[]): boolean =>
        generationsOf(runs, submissionKey)[0]?.generation === 1;
      known = generationsOf(await listDispatchedRuns(client, list, enough, signal), submissionKey);
      const newest = known.at(-1);
      if (newest === undefined) return undefined;
      const { run, generation } = newest;
      if (run.status === 'completed' && run.conclusion !== 'success' && !(await hasTrained(run.id, signal)))
        return undefined;
      const submission = { id: run.id, key: submissionKey, url: run.url };
      follow(submission, generation);
      return submission;
    },

    async submit(_job, submissionKey, signal) {
      const generation = (known.at(-1)?.generation ?? 0) + 1;
      if (generation > MAX_GENERATIONS) {
        throw new UsageError(`This training was dispatched ${MAX_GENERATIONS} times already.`, {
          remedy: 'See why its runs failed, and start a new run instead of running this one again.',
        });
      }
      const dispatched = job(
        generation,
        known.map(({ run }) => run.id),
      );
      const { workflow, workerInputs } = dispatch;
      const run = await submitJob(
        { client, repository, workflow, ref, workerInputs, clock, logger },
        dispatched,
        signal,
      );
      const submission = { id: run.id, key: submissionKey, url: run.url };
      follow(submission, generation);
      return submission;
    },

    status: (submission, signal) => trainingOf(submission).status(signal),
    logs: (submission, signal) => trainingOf(submission).lines.read(signal),
    metrics: (submission, signal) => trainingOf(submission).points.read(signal),
    // The worker's record tells what its runner cost.
    cost: () => Promise.resolve([]),
    stop: (submission, graceMs) => trainingOf(submission).stop(graceMs),

    async outputs(submission, signal) {
      const { section, runs } = await endOf(trainingOf(submission), signal);
      return { files: filesFromWorker(section?.body?.files ?? [], runs), missing: [], stale: [] };
    },

    async recorded(submission, signal) {
      const training = trainingOf(submission);
      const { section, runs } = await endOf(training, signal);
      const body = section?.body ?? undefined;
      return {
        body: body === undefined ? undefined : { ...body, files: filesFromWorker(body.files, runs) },
        dispatch: dispatchOf(training),
      };
    },

    dispatchOf: (submission) => dispatchOf(trainingOf(submission)),
    mayReport() {
      // Edits came first and took what a look at the progress needs: the comment had nothing to show.
      if (budget.affordable(clock.now()) < COMMENT_REQUESTS + LOOK_REQUESTS) return false;
      budget.spend(clock.now(), COMMENT_REQUESTS);
      return true;
    },
    requests: () => budget.counts,
  };

  /** A run fails by its gate or its closing job too: what was trained there is not trained again. */
  async function hasTrained(runId: string, signal: AbortSignal): Promise<boolean> {
    const source = { client, requests, logger };
    return (await readWorkerSection(source, runId, options.expected, signal))?.passed === true;
  }

  function dispatchOf(training: FollowedTraining): Dispatch {
    const { runId, url, generation, queuedMs, waits } = training.place;
    return {
      workflow: dispatch.workflow,
      ref,
      runId,
      url,
      runsOn: [...dispatch.runsOn],
      mode: dispatch.mode,
      generation,
      queuedMs,
      waits: waits.map(({ reason, ms }) => ({ reason, ms })),
    };
  }
}

/** What the worker recorded; a step that was cancelled may ask before the run has ended. */
async function endOf(training: FollowedTraining, signal: AbortSignal): Promise<Followed> {
  if (training.last === undefined || !hasEnded(training.last.phase)) {
    try {
      await training.readRecord(signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new InfrastructureError(`What the worker recorded could not be read: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
  return training.result;
}
