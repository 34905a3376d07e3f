import { z } from 'zod';
import type { ConditionalRequests } from './conditional-requests.ts';
import { repositoryName } from './repository.ts';

const schema = z.object({
  runners: z.array(
    z.object({ status: z.string(), busy: z.boolean(), labels: z.array(z.object({ name: z.string() })) }),
  ),
});

export interface Runner {
  readonly online: boolean;
  readonly busy: boolean;
  readonly labels: readonly string[];
}

/** The repository's own runners. Only a token with `administration: read` may know them, never GITHUB_TOKEN. */
export async function readRunners(
  requests: ConditionalRequests,
  repository: string,
  signal: AbortSignal,
): Promise<Runner[]> {
  const { data } = await requests.get(
    'GET /repos/{owner}/{repo}/actions/runners',
    { ...repositoryName(repository), per_page: 100 },
    { schema, what: 'the runners of the repository' },
    signal,
  );
  return data.runners.map(({ status, busy, labels }) => ({
    online: status === 'online',
    busy,
    labels: labels.map(({ name }) => name),
  }));
}
