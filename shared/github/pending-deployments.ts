import { z } from 'zod';
import type { ConditionalRequests } from './conditional-requests.ts';
import { repositoryName } from './repository.ts';

const schema = z.array(z.object({ environment: z.object({ name: z.string().nullish() }) }));

/** The names of the environments whose approval a run waits for. */
export async function readPendingDeployments(
  requests: ConditionalRequests,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { data } = await requests.get(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments',
    { ...repositoryName(repository), run_id: Number(runId) },
    { schema, what: `the pending deployments of run ${runId}` },
    signal,
  );
  return data.flatMap(({ environment }) => environment.name ?? []);
}
