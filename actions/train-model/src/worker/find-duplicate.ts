import type { ActionContext, Outcome } from '../../../../shared/action/action.ts';
import { UsageError } from '../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import type { WorkerRun } from '../../../../shared/github/code-host.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import { listDispatchedRuns, type WorkflowRun } from '../../../../shared/github/workflow-runs.ts';
import { sectionName } from '../../../../shared/record/artifact-name.ts';
import { createArtifacts } from '../../../../shared/record/artifacts.ts';
import { clientOf, readOwnRun } from './worker-run.ts';

/** Two dispatches of one training are seconds apart; five hundred others in between are no yard but a flood. */
const MAX_PAGES = 5;

export interface DuplicateOptions {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly workflow: string;
  readonly title: string;
  /** This run. */
  readonly runId: string;
}

/**
 * The run that was dispatched earlier for the same. GitHub may have obeyed a dispatch whose answer was lost, and the
 * dispatching step has asked again: of one name the lowest id trains, also where it has ended meanwhile. A training
 * that is dispatched anew after a failure has another name.
 */
export async function findDuplicate(
  { client, repository, workflow, title, runId }: DuplicateOptions,
  signal: AbortSignal,
): Promise<WorkflowRun | undefined> {
  const earlier = (runs: readonly WorkflowRun[]): WorkflowRun | undefined =>
    runs.find((run) => run.title === title && Number(run.id) < Number(runId));
  const list = { repository, workflow, pages: MAX_PAGES };
  return earlier(await listDispatchedRuns(client, list, (runs) => earlier(runs) !== undefined, signal));
}

/** What a worker ends as at once where another run trains the same; undefined where it is the one that trains. */
export async function outcomeOfDuplicate(
  job: DispatchedJob,
  context: ActionContext,
): Promise<Outcome<'training'> | undefined> {
  const { worker, repository, workflow } = await readOwnRun(context);
  await refuseRecorded(job, context, worker);
  const client = await clientOf(context);
  const { signal } = context;
  const other = await findDuplicate(
    { client, repository, workflow, title: job.title, runId: worker.runId },
    signal,
  );
  if (other === undefined) return undefined;
  return {
    subject: job.model,
    dataset: null,
    verdict: 'skipped',
    passed: false,
    summary: `The run ${other.id}, which was dispatched earlier, trains the same: ${other.url}`,
    blame: null,
    notices: [],
    body: null,
    outputs: { 'run-url': other.url },
    annotations: [],
  };
}

/**
 * A worker's run that is run again by hand keeps the artifacts of its first attempt, and has no second section: what it
 * trained could not be recorded. Told before hours are spent.
 */
async function refuseRecorded(
  { model }: DispatchedJob,
  { run, signal }: ActionContext,
  worker: WorkerRun,
): Promise<void> {
  if (worker.runAttempt === 1) return;
  const name = sectionName({ subject: model, kind: 'training', key: worker.key, attempt: run.attempt });
  const artifacts = await createArtifacts().list(undefined, signal);
  if (!artifacts.some((artifact) => artifact.name === name)) return;
  throw new UsageError(`This run has recorded the end of its training already, in "${name}".`, {
    remedy: 'Run the job again that dispatched it: a training that failed is dispatched anew.',
  });
}
