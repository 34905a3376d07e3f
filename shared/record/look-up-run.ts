import type { Logger } from '../action/logger.ts';
import type { RunOrigin } from './other-run.ts';

interface LookUpOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly token: string | undefined;
}

/** Asks GitHub where a run's code came from; undefined where the repository has no such run. */
export async function lookUpRun(
  runId: string,
  repository: string,
  { environment, logger, token }: LookUpOptions,
  signal: AbortSignal,
): Promise<RunOrigin | undefined> {
  const { createClient } = await import('../github/client.ts');
  const client = await createClient({ token, environment, logger });
  const [owner = '', repo = ''] = repository.split('/');
  try {
    const { data } = await client.rest.actions.getWorkflowRun({
      owner,
      repo,
      run_id: Number(runId),
      request: { signal },
    });
    return { repository: data.repository.full_name, headRepository: data.head_repository?.full_name ?? null };
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
    throw error;
  }
}
