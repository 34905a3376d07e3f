import { z } from 'zod';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { isExpected, messageOf } from '../../../../shared/errors.ts';
import { readAnswer } from '../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import type { Origin } from '../../../../shared/github/code-host.ts';
import { isAbsent } from '../../../../shared/github/permission.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { type Comment, type ParsedWaivers, parseWaivers } from '../decide/parse-waivers.ts';
import type { WaiverCircumstances } from '../decide/waive.ts';
import { queueBranchOf } from './decide/queue-chain.ts';
import { mergeGroupOf } from './queued-pulls.ts';

/** Comments that a waiver is looked for in; a pull request with more has other troubles. */
const MAX_COMMENTS = 1_000;
/** Of different people: each costs a request. */
const MAX_PEOPLE = 20;

const userSchema = z.object({ login: z.string(), type: z.string().optional() });
const commentsSchema = z.array(
  z.object({
    body: z.string().nullish(),
    html_url: z.string(),
    user: userSchema.nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
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
 * Waivers in the comments of the pull request under test, in a merge group in those of all its pull requests, or on a
 * push in those of the merged pull requests that brought the commit, with what GitHub says of who wrote them. Undefined
 * where there can be none. What cannot be read waives nothing, and is told. GitHub's REST API: "List issue comments", "List pull requests associated with a commit",
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
    const { pulls, absent } = await pullsOf(asking, origin, origin.headSha);
    const notices = (await Promise.all(absent.map((pull) => whyAbsent(asking, pull)))).flat();
    if (pulls.length === 0 && notices.length === 0) return undefined;
    const comments = (await Promise.all(pulls.map(({ number }) => commentsOf(asking, number)))).flat();
    const parsed = parseWaivers(comments);
    const people = [...new Set(parsed.requests.map(({ by }) => by))].slice(0, MAX_PEOPLE);
    const permissions = new Map<string, string>();
    for (const login of people) permissions.set(login.toLowerCase(), await permissionOf(asking, login));
    return {
      ...parsed,
      notices: [...parsed.notices, ...notices],
      circumstances: {
        heads: [...new Set([origin.headSha, ...pulls.map(({ head }) => head.sha)])],
        authors: [...pulls, ...absent].flatMap(({ user }) => (user === null ? [] : [user.login])),
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

interface Pulls {
  readonly pulls: readonly Pull[];
  /** Of the merge group, as its branches say, while its commits do not show the pull request's newest one. */
  readonly absent: readonly Pull[];
}

async function pullsOf(asking: Asking, origin: Origin, sha: string): Promise<Pulls> {
  const { client, repository, signal } = asking;
  const owned = repositoryName(repository);
  const number = origin.pullRequest?.number;
  if (origin.event === 'merge_group') {
    const branch = queueBranchOf(origin.ref);
    // Which commit of which pull request lies in the group is the queue's to tell, and nobody else's.
    if (branch === undefined) return { pulls: [], absent: [] };
    const { numbers, commits } = await mergeGroupOf(branch, sha, asking);
    const queued = await Promise.all(numbers.map((each) => pullOf(asking, each)));
    return {
      pulls: queued.filter(({ head }) => commits.has(head.sha)),
      absent: queued.filter(({ head }) => !commits.has(head.sha)),
    };
  }
  if (number !== undefined) return { pulls: [await pullOf(asking, number)], absent: [] };
  if (origin.event !== 'push') return { pulls: [], absent: [] };
  const { data } = await client.rest.repos.listPullRequestsAssociatedWithCommit({
    ...owned,
    commit_sha: sha,
    request: { signal },
  });
  const merged = readAnswer(z.array(pullSchema), data, `the pull requests of ${sha.slice(0, 12)}`);
  return { pulls: merged.filter(({ merged_at: at }) => typeof at === 'string'), absent: [] };
}

async function pullOf({ client, repository, signal }: Asking, number: number): Promise<Pull> {
  const owned = repositoryName(repository);
  const { data } = await client.rest.pulls.get({ ...owned, pull_number: number, request: { signal } });
  return readAnswer(pullSchema, data, `pull request ${number}`);
}

/** Tells of waivers that do not reach the merge group; nothing where there are none. */
async function whyAbsent(asking: Asking, { number, head }: Pull): Promise<string[]> {
  const { requests } = parseWaivers(await commentsOf(asking, number));
  return requests.length === 0
    ? []
    : [
        `The waivers of pull request #${number} do not count in this merge group: its newest commit, ${head.sha.slice(0, 7)}, is not among the group's commits. A queue that squashes or rebases leaves it out; let the queue merge by merge commits, or mend the rule.`,
      ];
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
    for (const { body, html_url: url, user, created_at: created, updated_at: updated } of comments) {
      if (user === null) continue;
      const isBot = user.type === 'Bot' || user.login.endsWith('[bot]');
      // GitHub does not tell which commit was the newest when a comment was written: the waiver has to name it.
      found.push({
        body: body ?? '',
        author: user.login,
        isBot,
        edited: updated !== created,
        headSha: null,
        url,
      });
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
