import { z } from 'zod';
import { readAnswer } from '../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { type QueueBranch, queueChain } from './decide/queue-chain.ts';

/** A group with more commits is not looked through to its end: the waivers of what is not seen do not count. */
const MAX_COMMITS = 2_000;
const PAGE = 100;

const refsSchema = z.array(z.object({ ref: z.string(), object: z.object({ sha: z.string() }) }));
const comparisonSchema = z.object({ commits: z.array(z.object({ sha: z.string() })) });

export interface QueueAsking {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly signal: AbortSignal;
}

export interface MergeGroup {
  readonly numbers: readonly number[];
  /** Of all of them, so also the heads of pull requests that were merged into it by a merge commit. */
  readonly commits: ReadonlySet<string>;
}

/**
 * The pull requests whose changes a merge group holds, and its commits. GitHub's REST API: "List matching references",
 * "Compare two commits".
 */
export async function mergeGroupOf(
  newest: QueueBranch,
  headSha: string,
  { client, repository, signal }: QueueAsking,
): Promise<MergeGroup> {
  const owned = repositoryName(repository);
  const request = { signal };
  const found = await client.paginate(client.rest.git.listMatchingRefs, {
    ...owned,
    ref: newest.prefix,
    request,
  });
  const refs = readAnswer(refsSchema, found, 'the branches of the merge queue');
  const { numbers, base } = queueChain(
    newest,
    refs.map(({ ref, object }) => ({ ref, sha: object.sha })),
  );
  const commits = new Set<string>();
  for (let page = 1; (page - 1) * PAGE < MAX_COMMITS; page += 1) {
    const { data } = await client.rest.repos.compareCommitsWithBasehead({
      ...owned,
      basehead: `${base}...${headSha}`,
      per_page: PAGE,
      page,
      request,
    });
    const part = readAnswer(comparisonSchema, data, 'the commits of the merge group').commits;
    for (const { sha } of part) commits.add(sha);
    if (part.length < PAGE) break;
  }
  return { numbers, commits };
}
