import type { Logger } from '../action/logger.ts';
import { createClient, type GitHubClient } from './client.ts';
import type { CodeHost } from './code-host.ts';
import { writeComment } from './comment.ts';
import { fileAt, treeAt } from './contents.ts';
import { serverHasArtifacts } from './decide/artifact-service.ts';
import { readOrigin } from './event.ts';
import { outcomeOf } from './permission.ts';
import { setCommitStatus } from './status.ts';

export interface GitHubHostOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly token: string | undefined;
  readonly logger: Logger;
}

/** The code host of a runner: github.com, GHES, and servers that speak their API. */
export function createGitHubHost({ environment, token, logger }: GitHubHostOptions): CodeHost {
  let created: Promise<GitHubClient> | undefined;
  const client = (): Promise<GitHubClient> => (created ??= createClient({ environment, token, logger }));
  const repository = environment['GITHUB_REPOSITORY'] ?? '';
  const service = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'].every((name) => environment[name]);

  return {
    kind: 'github',
    hasArtifacts: service && serverHasArtifacts(environment['GITHUB_SERVER_URL']),
    origin: (signal) => readOrigin({ environment, logger, client, signal }),
    fileAt: async (sha, path, signal) => await fileAt(await client(), repository, sha, path, signal),
    treeOf: async (sha, signal) => await treeAt(await client(), repository, sha, signal),
    setStatus: (status, signal) =>
      outcomeOf(async () => await setCommitStatus(await client(), repository, status, signal)),
    comment: (pullRequest, stamp, render, signal) =>
      outcomeOf(async () => {
        const opened = await client();
        return await writeComment({ client: opened, repository, pullRequest, stamp, render, logger, signal });
      }),
  };
}
