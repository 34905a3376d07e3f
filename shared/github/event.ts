import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Logger } from '../action/logger.ts';
import { InfrastructureError, messageOf, UsageError } from '../errors.ts';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import type { Origin, PullRequest } from './code-host.ts';
import { dispatchedJobOf } from './decide/dispatched-input.ts';
import { type EventFacts, eventFactsOf, pullRequestByHead, pullRequestOf } from './decide/event-facts.ts';
import { type Payload, payloadSchema, pullRequestSchema } from './decide/payload.ts';
import { repositoryName } from './repository.ts';

export interface OriginOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** Asked for only where the event itself does not say which pull request it is about. */
  readonly client: () => Promise<GitHubClient>;
  readonly signal: AbortSignal;
}

/** Events whose payload always holds the pull request: `pull_request`, `_target`, `_review`, `_review_comment`. */
const PULL_REQUEST_EVENT = /^pull_request(_target|_review|_review_comment)?$/;

/** Reads where and for what this step runs, from the runner's variables, the event and, where need be, the API. */
export async function readOrigin(options: OriginOptions): Promise<Origin> {
  const { environment } = options;
  const repository = required(environment, 'GITHUB_REPOSITORY');
  repositoryName(repository);
  const event = required(environment, 'GITHUB_EVENT_NAME');
  const payload = await readPayload(environment, event);
  const serverUrl = text(environment, 'GITHUB_SERVER_URL')?.replace(/\/+$/, '') ?? 'https://github.com';
  const runId = required(environment, 'GITHUB_RUN_ID');
  const runUrl = `${serverUrl}/${repository}/actions/runs/${runId}`;
  const runAttempt = count(environment, 'GITHUB_RUN_ATTEMPT');
  const runnerEnvironment = text(environment, 'RUNNER_ENVIRONMENT') ?? null;
  const job = dispatchedJobOf(event, payload);
  if (job !== undefined) {
    const { dispatchedOrigin } = await import('./dispatched-origin.ts');
    const client = await options.client();
    const { signal } = options;
    const worker = { client, repository, serverUrl, runId, runAttempt, runUrl, runnerEnvironment, signal };
    return await dispatchedOrigin(job, worker);
  }
  const facts = eventFactsOf(event, payload, { sha: text(environment, 'GITHUB_SHA') ?? null, repository });
  const pullRequest = await findPullRequest(facts, repository, options);
  return {
    repository,
    serverUrl,
    event,
    ref: text(environment, 'GITHUB_REF') ?? null,
    headSha: facts.headSha ?? pullRequest?.headSha ?? null,
    baseSha: facts.baseSha ?? pullRequest?.baseSha ?? null,
    pullRequest: pullRequest ?? null,
    fork: pullRequest?.fork ?? facts.fork,
    runId,
    runNumber: count(environment, 'GITHUB_RUN_NUMBER'),
    runAttempt,
    runUrl,
    workflow: text(environment, 'GITHUB_WORKFLOW') ?? null,
    job: text(environment, 'GITHUB_JOB') ?? null,
    actor: text(environment, 'GITHUB_ACTOR') ?? null,
    runnerEnvironment,
    worker: null,
  };
}

function text(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = text(environment, name);
  if (value !== undefined) return value;
  throw new UsageError(`The variable ${name}, which a runner sets, is missing.`, {
    remedy: 'Run the action as a step of a workflow, or use the command `trainyard` in a terminal.',
  });
}

/** Runs and attempts are counted from 1; a runner that tells none is on its first. */
function count(environment: NodeJS.ProcessEnv, name: string): number {
  const value = text(environment, name) ?? '1';
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new UsageError(`The variable ${name} is "${value}"; a whole number from 1 is accepted.`);
}

/** Reads the event's payload from where the runner has put it. */
export async function readPayload(environment: NodeJS.ProcessEnv, event: string): Promise<Payload> {
  const path = text(environment, 'GITHUB_EVENT_PATH');
  const payload = path === undefined ? {} : await readPayloadFile(path);
  // Taken for one of no pull request, it would pass for code of this repository, judged at the merge commit.
  if (PULL_REQUEST_EVENT.test(event) && payload.pull_request === undefined) {
    throw eventError(
      path === undefined
        ? `The event "${event}" names no pull request, as GITHUB_EVENT_PATH is not set.`
        : `The event "${event}" in GITHUB_EVENT_PATH (${path}) names no pull request.`,
    );
  }
  return payload;
}

async function readPayloadFile(path: string): Promise<Payload> {
  const where = `The event in GITHUB_EVENT_PATH (${path})`;
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw eventError(`${where} cannot be read: ${messageOf(cause)}.`, cause);
  }
  let document: unknown;
  try {
    document = JSON.parse(content);
  } catch (cause) {
    // The parser's message would quote the file.
    throw eventError(`${where} is no JSON.`, cause);
  }
  const read = payloadSchema.safeParse(document);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'its top' : `"${issue.path.join('.')}"`;
  throw eventError(`${where} has not the documented form at ${place}: ${issue?.message ?? 'is wrong'}.`);
}

function eventError(reason: string, cause?: unknown): InfrastructureError {
  return new InfrastructureError(reason, {
    remedy:
      'The runner writes this file and sets the variable: leave both as they are, or give the runner program a whole event.',
    cause,
  });
}

async function findPullRequest(
  { pullRequest, headSha, baseSha }: EventFacts,
  repository: string,
  { client, logger, signal }: OriginOptions,
): Promise<PullRequest | undefined> {
  switch (pullRequest.kind) {
    case 'none':
      return undefined;
    case 'known':
      return pullRequest.pullRequest;
    case 'numbered': {
      const { number } = pullRequest;
      try {
        return await getPullRequest(await client(), repository, number, signal);
      } catch (error) {
        signal.throwIfAborted();
        // A comment's event says no more than the number; what is unknown cannot be judged.
        if (headSha === null) throw error;
        logger.warning(
          `The pull request #${number} of the merge queue could not be asked for: ${messageOf(error)}`,
        );
        // The queue's commit lies in this repository: somebody who may write to it put it there.
        return { number, headSha, baseSha: baseSha ?? headSha, baseRef: '', fork: false };
      }
    }
    case 'by-head':
      try {
        const open = await listOpenPullRequests(await client(), repository, signal);
        const found = pullRequestByHead(open, pullRequest);
        return found === undefined ? undefined : pullRequestOf(found, repository);
      } catch (error) {
        signal.throwIfAborted();
        logger.warning(
          `The pull request of commit ${pullRequest.headSha} could not be asked for: ${messageOf(error)}`,
        );
        return undefined;
      }
  }
}

/** One pull request by its number. */
export async function getPullRequest(
  client: GitHubClient,
  repository: string,
  number: number,
  signal: AbortSignal,
): Promise<PullRequest> {
  const { data } = await client.rest.pulls.get({
    ...repositoryName(repository),
    pull_number: number,
    request: { signal },
  });
  return pullRequestOf(readAnswer(pullRequestSchema, data, `pull request #${number}`), repository);
}

async function listOpenPullRequests(
  client: GitHubClient,
  repository: string,
  signal: AbortSignal,
): Promise<z.infer<typeof pullRequestSchema>[]> {
  const data = await client.paginate(client.rest.pulls.list, {
    ...repositoryName(repository),
    state: 'open',
    per_page: 100,
    request: { signal },
  });
  return readAnswer(z.array(pullRequestSchema), data, 'the open pull requests');
}
