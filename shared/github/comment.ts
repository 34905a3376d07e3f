import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Logger } from '../action/logger.ts';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import type { CommentStamp, HostOutcome } from './code-host.ts';
import { anyMarked, commentStep, type ListedComment, stampedBody } from './decide/comment-plan.ts';
import { isAbsent, outcomeOf, RefusedError } from './permission.ts';
import { repositoryName } from './repository.ts';

const commentSchema = z.object({
  id: z.int(),
  body: z.string().optional().default(''),
  html_url: z.string(),
  user: z.object({ login: z.string() }).nullable(),
});
const viewerSchema = z.object({ data: z.object({ viewer: z.object({ login: z.string() }) }) });

/** Whom GITHUB_TOKEN acts as; the answer where a token may not even ask. */
const ACTIONS_BOT = 'github-actions[bot]';
/** Fifty jobs that end at once settle in fewer; what has not settled by then is told, and the next job writes it. */
const MAX_ROUNDS = 60;
/** Writers that met once shall not meet again: the wait is random, and grows up to this. */
const MAX_PAUSE_MS = 2_000;

export interface WriteCommentOptions {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly pullRequest: number;
  readonly stamp: CommentStamp;
  /** Renders the whole comment from what all jobs have uploaded so far. */
  readonly render: () => Promise<string>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Writes the one comment of a workflow on a pull request. There is no atomic upsert, so everyone lists, renders the
 * whole and writes until what lies there is what it would write: the last of several writers has then seen the
 * sections of all. Two first writers: the lowest id stays.
 */
export async function writeComment(options: WriteCommentOptions): Promise<HostOutcome> {
  const { client, stamp, render, logger, signal } = options;
  const issue = { ...repositoryName(options.repository), issue_number: options.pullRequest };
  const call = { ...repositoryName(options.repository), request: { signal } };
  let author: string | undefined;

  return await outcomeOf(async () => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const comments = await listComments(client, issue, signal);
      if (author === undefined && anyMarked(comments, stamp.marker))
        author = await whoAmI(client, logger, signal);
      // Rendered after the list was read: what lies there and equals this is complete as of now.
      const body = stampedBody(stamp, await render());
      const step = commentStep(comments, author ?? '', stamp, body);
      logger.debug(`Comment, round ${round + 1}: ${step.kind}.`);
      switch (step.kind) {
        case 'create': {
          const { data } = await client.rest.issues.createComment({ ...issue, body, request: { signal } });
          author = readAnswer(commentSchema, data, 'the comment').user?.login ?? author;
          break;
        }
        case 'update':
          await unlessAbsent(() => client.rest.issues.updateComment({ ...call, comment_id: step.id, body }));
          if (stamp.provisional === true) return { done: true };
          break;
        case 'settled':
          for (const id of step.surplus) {
            await unlessAbsent(() => client.rest.issues.deleteComment({ ...call, comment_id: id }));
          }
          return { done: true, url: step.url };
        case 'outdated':
          return {
            done: false,
            reason: `run ${step.runNumber}, attempt ${step.runAttempt}, has commented already; this is run ${stamp.runNumber}, attempt ${stamp.runAttempt}.`,
          };
      }
      await sleep(Math.random() * Math.min(MAX_PAUSE_MS, 50 * 2 ** Math.min(round, 10)), undefined, {
        signal,
      });
    }
    return {
      done: false,
      reason: `the comment changed after each of ${MAX_ROUNDS} writes; the next job writes it again.`,
    };
  });
}

async function listComments(
  client: GitHubClient,
  issue: { readonly owner: string; readonly repo: string; readonly issue_number: number },
  signal: AbortSignal,
): Promise<ListedComment[]> {
  const data = await client.paginate(client.rest.issues.listComments, {
    ...issue,
    per_page: 100,
    request: { signal },
  });
  return readAnswer(z.array(commentSchema), data, 'the comments').map((comment) => ({
    id: comment.id,
    body: comment.body,
    author: comment.user?.login ?? '',
    url: comment.html_url,
  }));
}

/** Somebody deleted it meanwhile: the next round sees what is left. */
async function unlessAbsent(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** The login under which this token comments. Only GraphQL answers it for every kind of token. */
async function whoAmI(client: GitHubClient, logger: Logger, signal: AbortSignal): Promise<string> {
  try {
    const answer: { readonly data: unknown } = await client.request('POST /graphql', {
      query: '{viewer{login}}',
      request: { signal },
      ...(client.request.endpoint.DEFAULTS.baseUrl.endsWith('/api/v3')
        ? { baseUrl: client.request.endpoint.DEFAULTS.baseUrl.replace(/\/v3$/, '') }
        : {}),
    });
    return readAnswer(viewerSchema, answer.data, "the token's owner").data.viewer.login;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    logger.debug(`The token's owner is unknown (${error.message}); taken for ${ACTIONS_BOT}.`);
    return ACTIONS_BOT;
  }
}
