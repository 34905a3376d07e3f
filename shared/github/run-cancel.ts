import type { GitHubClient } from './client.ts';
import { GitHubError } from './permission.ts';
import { repositoryName } from './repository.ts';

/** Asks GitHub to cancel a run. False where it had ended already. */
export async function cancelRun(
  client: GitHubClient,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const run = { ...repositoryName(repository), run_id: Number(runId) };
  return await unlessEnded((request) =>
    client.rest.actions.cancelWorkflowRun({ ...run, request: { signal, ...request } }),
  );
}

/** Ends a run that does not respond to being cancelled; jobs with `if: always()` are not run. */
export async function forceCancelRun(
  client: GitHubClient,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const run = { ...repositoryName(repository), run_id: Number(runId) };
  return await unlessEnded((request) =>
    client.rest.actions.forceCancelWorkflowRun({ ...run, request: { signal, ...request } }),
  );
}

/** The client repeats after 409 too, but a cancelled step has no seconds to spare, and what has ended stays ended. */
const AT_ONCE = { retries: 0 };

async function unlessEnded(call: (request: { retries?: number }) => Promise<unknown>): Promise<boolean> {
  for (const request of [AT_ONCE, {}]) {
    try {
      await call(request);
      return true;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (error.status === 409) return false;
      if (request !== AT_ONCE) throw error;
    }
  }
  return false;
}
