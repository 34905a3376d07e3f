import { z } from 'zod';
import { readAnswer } from '../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';

const statusesSchema = z.array(z.object({ context: z.string(), state: z.string() }));
const PER_PAGE = 100;

export interface PendingQuestion {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly sha: string;
  readonly contexts: readonly string[];
}

/** Those of the contexts whose newest status on the commit is pending. */
export async function pendingContexts(
  { client, repository, sha, contexts }: PendingQuestion,
  signal: AbortSignal,
): Promise<string[]> {
  const { data } = await client.rest.repos.listCommitStatusesForRef({
    ...repositoryName(repository),
    ref: sha,
    per_page: PER_PAGE,
    request: { signal },
  });
  // Newest first (docs: "List commit statuses for a reference").
  const statuses = readAnswer(statusesSchema, data, `the statuses of ${sha}`);
  return contexts.filter(
    (context) => statuses.find((status) => status.context === context)?.state === 'pending',
  );
}
