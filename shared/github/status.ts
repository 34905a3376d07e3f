import type { GitHubClient } from './client.ts';
import type { CommitStatus, HostOutcome } from './code-host.ts';
import { statusDescription } from './decide/status-description.ts';
import { outcomeOf } from './permission.ts';
import { repositoryName } from './repository.ts';

/** Sets a commit status. A missing permission is an outcome. */
export async function setCommitStatus(
  client: GitHubClient,
  repository: string,
  status: CommitStatus,
  signal: AbortSignal,
): Promise<HostOutcome> {
  return await outcomeOf(async () => {
    await client.rest.repos.createCommitStatus({
      ...repositoryName(repository),
      sha: status.sha,
      state: status.state,
      context: status.context,
      description: statusDescription(status.description),
      // An address of another kind is refused by GitHub, and no reader can follow it.
      ...(status.targetUrl !== null && /^https?:/.test(status.targetUrl)
        ? { target_url: status.targetUrl }
        : {}),
      request: { signal },
    });
    return { done: true };
  });
}
