import { z } from 'zod';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { isExpected, messageOf } from '../../../../shared/errors.ts';
import { readAnswer } from '../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { isAbsent } from '../../../../shared/github/permission.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { type Comment, type ParsedWaivers, parseWaivers } from '../decide/parse-waivers.ts';
import type { WaiverCircumstances } from '../decide/waive.ts';

/** Comments that a waiver is looked for in; a pull request with more has other troubles. */
const MAX_COMMENTS = 1_000;
/** Of different people: each costs a request. */
const MAX_PEOPLE = 20;

const userSchema = z.object({ login: z.string(), type: z.string().optional() });
const commentsSchema = z.array(
  z.object({ body: z.string().nullish(), html_url: z.string(), user: userSchema.nullable() }),
);
const pullSchema = z.object({
  number: z.int().positive(),
  head: z.object({ sha: z.string() }),
  user: userSchema.nullable(),
  merged_at: z.string().nullish(),
});
const permissionSchema = z.object({ permission: z.string() });

export type CollectedWaivers = ParsedWaivers & { readonly circumstances: WaiverCircumstances };

interface Options {
  readonly token: string | undefined;
  readonly selfWaiver: boolean;
  readonly context: Pick<ActionContext, 'host' | 'origin' | 'commit' | 'environment' | 'logger' | 'signal'>;
}

/**
 * Waivers in the comments of the pull request under test, or on a push in those of the merged pull requests that
 * brought the commit, with what GitHub says of who wrote them. Undefined where there can be none. What cannot be read
 * waives nothing, and is told. GitHub's REST API: "List issue comments", "List pull requests associated with a commit",
 * "Get repository permissions for a user".
 */
export async function collectWaivers({
  token,
  selfWaiver,
  context,
}: Options): Promise<CollectedWaivers | undefined> {
  const { host, origin, commit, environment, logger, signal } = context;
  const { repository } = commit;
  if (host.kind !== 'github' || repository === null || token === undefined || origin.headSha === null) {
    return undefined;
  }
  try {
    const { createClient } = await import('../../../../shared/github/client.ts');
    const client = await createClient({ token, environment, logger });
    const asking: Asking = { client, repository, signal };
    const pulls = await pullsOf(asking, origin.pullRequest?.number, origin.headSha, origin.event);
    if (pulls.length === 0) return undefined;
    const comments = (await Promise.all(pulls.map(({ number }) => commentsOf(asking, number)))).flat();
    const parsed = parseWaivers(comments);
    const people = [...new Set(parsed.requests.map(({ by }) => by))].slice(0, MAX_PEOPLE);
    const permissions = new Map<string, string>();
    for (const login of people) permissions.set(login.toLowerCase(), await permissionOf(asking, login));
    return {
      ...parsed,
      circumstances: {
        heads: [...new Set([origin.headSha, ...pulls.map(({ head }) => head.sha)])],
        authors: pulls.flatMap(({ user }) => (user === null ? [] : [user.login])),
        selfWaiver,
        now: new Date().toISOString(),
        permissions,
      },
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    logger.warning(`Waivers could not be read, so none counts: ${messageOf(error)}`);
    return undefined;
  }
}

interface Asking {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly signal: AbortSignal;
}

type Pull = z.infer<typeof pullSchema>;

async function pullsOf(
  { client, repository, signal }: Asking,
  number: number | undefined,
  sha: string,
  event: string,
): Promise<Pull[]> {
  const owned = repositoryName(repository);
  const request = { signal };
  if (number !== undefined) {
    const { data } = await client.rest.pulls.get({ ...owned, pull_number: number, request });
    return [readAnswer(pullSchema, data, `pull request ${number}`)];
  }
  if (event !== 'push') return [];
  const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit({
    ...owned,
    commit_sha: sha,
    request,
  });
  const merged = readAnswer(z.array(pullSchema), data, `the pull requests of ${sha.slice(0, 12)}`);
  return merged.filter(({ merged_at: at }) => typeof at === 'string');
}

async function commentsOf({ client, repository, signal }: Asking, number: number): Promise<Comment[]> {
  const found: Comment[] = [];
  for (let page = 1; found.length < MAX_COMMENTS; page += 1) {
    const { data } = await client.rest.issues.listComments({
      ...repositoryName(repository),
      issue_number: number,
      per_page: 100,
      page,
      request: { signal },
    });
    const comments = readAnswer(commentsSchema, data, `the comments of pull request ${number}`);
    for (const { body, html_url: url, user } of comments) {
      if (user === null) continue;
      const isBot = user.type === 'Bot' || user.login.endsWith('[bot]');
      // GitHub does not tell which commit was the newest when a comment was written: the waiver has to name it.
      found.push({ body: body ?? '', author: user.login, isBot, headSha: null, url });
    }
    if (comments.length < 100) break;
  }
  return found;
}

async function permissionOf({ client, repository, signal }: Asking, login: string): Promise<string> {
  try {
    const { data } = await client.rest.repos.getCollaboratorPermissionLevel({
      ...repositoryName(repository),
      username: login,
      request: { signal },
    });
    return readAnswer(permissionSchema, data, `the permission of ${login}`).permission;
  } catch (error) {
    if (isAbsent(error)) return 'none';
    throw error;
  }
}
