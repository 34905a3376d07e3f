import type { Logger } from '../../../../../shared/action/logger.ts';
import { InfrastructureError, UsageError } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import { dispatchWorkflow } from '../../../../../shared/github/dispatch.ts';
import { type DispatchedJob, JOB_INPUT } from '../../../../../shared/github/dispatched-job.ts';
import { GitHubError } from '../../../../../shared/github/permission.ts';
import { cancelRun } from '../../../../../shared/github/run-cancel.ts';
import { listDispatchedRuns, type WorkflowRun } from '../../../../../shared/github/workflow-runs.ts';
import { generationsOf } from '../../decide/generation.ts';
import type { Clock } from '../../clock.ts';

/** How often a dispatch is tried whose answer was lost and whose run does not appear. */
const MAX_TRIES = 3;
/** A dispatched run appears in the list within seconds; GitHub promises no time. */
const APPEARS_MS = 60_000;
const LOOK_GAPS_MS = [1_000, 2_000, 4_000, 8_000];
/** A few hundred dispatches of other trainings may be newer. */
const PAGES = 5;
const ABANDON_MS = 5_000;

export interface Submitting {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly workflow: string;
  readonly ref: string;
  readonly workerInputs: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Dispatches a job and says which run it is. However often an answer is lost, one run trains. */
export async function submitJob(
  options: Submitting,
  job: DispatchedJob,
  signal: AbortSignal,
): Promise<{ id: string; url: string }> {
  const { client, repository, workflow, ref, workerInputs, logger } = options;
  const inputs = { ...workerInputs, [JOB_INPUT]: JSON.stringify(job) };
  let lost: unknown;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    try {
      const { run } = await dispatchWorkflow(client, { repository, workflow, ref, inputs }, signal);
      if (run !== undefined && tries === 1) return run;
      // An earlier try may have been obeyed after all: of one title the lowest id trains.
      const found = (await findRun(options, job, signal)) ?? run;
      if (found !== undefined) return { id: found.id, url: found.url };
      throw new InfrastructureError(
        `GitHub took the dispatch of ${workflow}, but no run with the title "${job.title}" appeared.`,
        {
          remedy:
            'See the page "Actions" of the repository; its run-name must be ${{ fromJSON(inputs.job).title }}. Running this job again attaches to the run.',
        },
      );
    } catch (error) {
      if (signal.aborted) {
        await abandon(options, job);
        throw error;
      }
      if (!isOpen(error)) throw explained(error, options);
      lost = error;
      logger.info(`It is not known whether GitHub took the dispatch (${error.message}) Looking for its run.`);
      const found = await findRun(options, job, signal);
      if (found !== undefined) return { id: found.id, url: found.url };
    }
  }
  throw lost;
}

/** True where the request may have been obeyed: no answer came, or one of a server that stumbled. */
function isOpen(error: unknown): error is GitHubError {
  return error instanceof GitHubError && (error.status === undefined || error.status >= 500);
}

function explained(error: unknown, { workflow, ref }: Submitting): unknown {
  if (!(error instanceof GitHubError) || error.status !== 422) return error;
  return new UsageError(
    `GitHub does not dispatch .github/workflows/${workflow} on "${ref}": ${error.message}`,
    {
      remedy:
        'Compare the file with the one in docs/guides/gpu-runners.md, and the inputs "worker-ref" and "worker-inputs" with it.',
      cause: error,
    },
  );
}

/** Looks for the run of a job by its title until it has had time to appear. */
async function findRun(
  options: Submitting,
  job: DispatchedJob,
  signal: AbortSignal,
): Promise<WorkflowRun | undefined> {
  const { clock } = options;
  const until = clock.now() + APPEARS_MS;
  for (let look = 0; ; look += 1) {
    try {
      const found = await titled(options, job, signal);
      if (found !== undefined) return found;
    } catch (error) {
      // Whatever befell the dispatch may befall the look for it.
      if (!isOpen(error)) throw error;
    }
    if (clock.now() >= until) return undefined;
    await clock.sleep(LOOK_GAPS_MS[Math.min(look, LOOK_GAPS_MS.length - 1)] ?? 0, signal);
    signal.throwIfAborted();
  }
}

async function titled(
  { client, repository, workflow }: Submitting,
  { submissionKey, generation }: DispatchedJob,
  signal: AbortSignal,
): Promise<WorkflowRun | undefined> {
  const ofJob = (runs: readonly WorkflowRun[]): WorkflowRun | undefined =>
    generationsOf(runs, submissionKey).find((one) => one.generation === generation)?.run;
  const list = { repository, workflow, pages: PAGES };
  return ofJob(await listDispatchedRuns(client, list, (runs) => ofJob(runs) !== undefined, signal));
}

/** A step that was cancelled while it dispatched leaves no run behind that nobody knows of. */
async function abandon(options: Submitting, job: DispatchedJob): Promise<void> {
  const { client, repository, logger } = options;
  const signal = AbortSignal.timeout(ABANDON_MS);
  try {
    const run = await titled(options, job, signal);
    if (run === undefined) return;
    await cancelRun(client, repository, run.id, signal);
    logger.warning(`Cancelled the run that had just been dispatched: ${run.url}`);
  } catch {
    logger.warning(`A run with the title "${job.title}" may have been dispatched, and is not followed.`);
  }
}
