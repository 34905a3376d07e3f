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
  return await unlessEnded(() =>
    client.rest.actions.cancelWorkflowRun({
      ...repositoryName(repository),
      run_id: Number(runId),
      request: { signal },
    }),
  );
}

/** Ends a run that does not respond to being cancelled; jobs with `if: always()` are not run. */
export async function forceCancelRun(
  client: GitHubClient,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<boolean> {
  return await unlessEnded(() =>
    client.rest.actions.forceCancelWorkflowRun({
      ...repositoryName(repository),
      run_id: Number(runId),
      request: { signal },
    }),
  );
}

async function unlessEnded(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof GitHubError && error.status === 409) return false;
    throw error;
  }
}
