import type { ActionContext, Outcome } from '../../../../shared/action/action.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import { listDispatchedRuns, type WorkflowRun } from '../../../../shared/github/workflow-runs.ts';
import { clientOf, readOwnRun } from './worker-run.ts';

/** Two dispatches of one training are seconds apart; five hundred others in between are no yard but a flood. */
const MAX_PAGES = 5;

/** Ends after which the same training may be dispatched again under the same name. */
const FAILED: readonly (string | null)[] = [
  'failure',
  'startup_failure',
  'timed_out',
  'action_required',
  'stale',
];

export interface DuplicateOptions {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly workflow: string;
  readonly title: string;
  /** This run. */
  readonly runId: string;
}

/**
 * The run that does already what this one was dispatched for: of the same name, begun earlier, and not failed. GitHub
 * may have obeyed a dispatch whose answer was lost, and the dispatching step has asked again.
 */
export async function findDuplicate(
  { client, repository, workflow, title, runId }: DuplicateOptions,
  signal: AbortSignal,
): Promise<WorkflowRun | undefined> {
  const ofTitle = (runs: readonly WorkflowRun[]): WorkflowRun[] => runs.filter((run) => run.title === title);
  const isOwn = (run: WorkflowRun): boolean => run.id === runId;
  // Newest first: whoever has come before this one is found behind it.
  const runs = await listDispatchedRuns(
    client,
    { repository, workflow, pages: MAX_PAGES },
    (found) => found.some(isOwn) && ofTitle(found).some((run) => isEarlier(run, runId)),
    signal,
  );
  return ofTitle(runs).find((run) => isEarlier(run, runId) && !hasFailed(run));
}

function isEarlier(run: WorkflowRun, runId: string): boolean {
  return Number(run.id) < Number(runId);
}

function hasFailed({ status, conclusion }: WorkflowRun): boolean {
  return status === 'completed' && FAILED.includes(conclusion);
}

/** What a worker ends as at once where another run trains the same; undefined where it is the one that trains. */
export async function outcomeOfDuplicate(
  job: DispatchedJob,
  context: ActionContext,
): Promise<Outcome<'training'> | undefined> {
  const { worker, repository, workflow } = await readOwnRun(context);
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
