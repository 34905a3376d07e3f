import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import type { Origin, PullRequest } from './code-host.ts';
import {
  type CommitFacts,
  type DispatcherFacts,
  isIndirect,
  type PullRequestFacts,
  queuedBase,
  refuseFalseCommits,
  refuseFalseRun,
} from './decide/dispatched-claims.ts';
import { isOwn } from './decide/event-facts.ts';
import { pullRequestSchema } from './decide/payload.ts';
import type { DispatchedJob } from './dispatched-job.ts';
import { isAbsent } from './permission.ts';
import { repositoryName } from './repository.ts';

const repositorySchema = z.object({ full_name: z.string() });
const runSchema = z.object({
  name: z.string().nullish(),
  repository: repositorySchema,
  head_repository: repositorySchema.nullish(),
  event: z.string(),
  run_number: z.int(),
  run_attempt: z.int().optional().default(1),
  path: z.string(),
  head_sha: z.string(),
  head_branch: z.string().nullish(),
  actor: z.object({ login: z.string() }).nullish(),
});
const headSchema = z.object({ head: z.object({ ref: z.string() }) });
const commitSchema = z.object({ parents: z.array(z.object({ sha: z.string() })) });
const comparisonSchema = z.object({ status: z.string() });

export interface DispatchedOriginOptions {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly serverUrl: string;
  /** This run, as its runner tells it. */
  readonly runId: string;
  readonly runAttempt: number;
  readonly runUrl: string;
  readonly runnerEnvironment: string | null;
  readonly signal: AbortSignal;
}

/**
 * The origin of a worker: that of the step which dispatched it, after GitHub has said the same of it. What the job
 * says and GitHub does not is a UsageError that names it.
 */
export async function dispatchedOrigin(
  job: DispatchedJob,
  options: DispatchedOriginOptions,
): Promise<Origin> {
  const { repository, serverUrl } = options;
  const { dispatcher } = job;
  const { run, workflow, actor } = await askForRun(dispatcher.runId, options);
  refuseFalseRun(job, run, repository);
  const pull =
    dispatcher.pullRequest === null ? undefined : await askForPull(dispatcher.pullRequest, options);
  refuseFalseCommits(job, run, pull, await askForCommits(job, run, pull, options), repository);
  return {
    repository,
    serverUrl,
    event: dispatcher.event,
    ref: dispatcher.ref,
    headSha: dispatcher.headSha,
    baseSha: dispatcher.baseSha,
    pullRequest: pull === undefined ? null : pullRequestOfJob(job, pull),
    fork: false,
    runId: dispatcher.runId,
    runNumber: run.runNumber,
    runAttempt: dispatcher.runAttempt,
    runUrl: `${serverUrl}/${repository}/actions/runs/${dispatcher.runId}`,
    workflow: dispatcher.workflow ?? workflow ?? null,
    job: dispatcher.job,
    actor: actor ?? dispatcher.actor,
    runnerEnvironment: options.runnerEnvironment,
    worker: {
      runId: options.runId,
      runAttempt: options.runAttempt,
      runUrl: options.runUrl,
      latestAttempt: run.runAttempt,
      key: dispatcher.key,
      sha: job.sha,
      model: job.model,
      workflowPath: dispatcher.workflowPath,
    },
  };
}

function pullRequestOfJob({ dispatcher }: DispatchedJob, pull: PullRequestFacts): PullRequest {
  // In a merge queue the tested commit is the queue's, and the pull request has its own.
  const headSha = dispatcher.event === 'merge_group' ? pull.headSha : dispatcher.headSha;
  return {
    number: pull.number,
    headSha,
    baseSha: dispatcher.baseSha ?? headSha,
    baseRef: pull.baseRef,
    fork: false,
  };
}

async function askForRun(
  runId: string,
  { client, repository, signal }: DispatchedOriginOptions,
): Promise<{ run: DispatcherFacts; workflow: string | undefined; actor: string | undefined }> {
  let answer: unknown;
  try {
    const { data } = await client.rest.actions.getWorkflowRun({
      ...repositoryName(repository),
      run_id: Number(runId),
      request: { signal },
    });
    answer = data;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new UsageError(
      `The job says that the run ${runId} dispatched it, but GitHub says that "${repository}" has no such run, or the token may not see it.`,
      { remedy: 'Give the job of the worker workflow the permission `actions: read`.', cause: error },
    );
  }
  const run = readAnswer(runSchema, answer, `run ${runId}`);
  return {
    run: {
      repository: run.repository.full_name,
      headRepository: run.head_repository?.full_name ?? null,
      event: run.event,
      runNumber: run.run_number,
      runAttempt: run.run_attempt,
      // GitHub may add the ref: `.github/workflows/ci.yml@main`.
      path: run.path.split('@')[0] ?? '',
      headSha: run.head_sha,
      headBranch: run.head_branch ?? null,
    },
    workflow: run.name ?? undefined,
    actor: run.actor?.login,
  };
}

async function askForPull(
  number: number,
  { client, repository, signal }: DispatchedOriginOptions,
): Promise<PullRequestFacts> {
  const { data } = await client.rest.pulls.get({
    ...repositoryName(repository),
    pull_number: number,
    request: { signal },
  });
  const what = `pull request #${number}`;
  const { head, base } = readAnswer(pullRequestSchema, data, what);
  return {
    number,
    headSha: head.sha,
    headRef: readAnswer(headSchema, data, what).head.ref,
    headRepository: head.repo?.full_name ?? null,
    baseRef: base.ref,
  };
}

/** Asks only what nothing else has told: most workers need one question on the base and one on the merge commit. */
async function askForCommits(
  { sha, dispatcher }: DispatchedJob,
  run: DispatcherFacts,
  pull: PullRequestFacts | undefined,
  options: DispatchedOriginOptions,
): Promise<CommitFacts> {
  const { headSha, baseSha, event } = dispatcher;
  // A pull request of a stranger is refused by itself: nothing more is asked about it.
  if (pull !== undefined && !isOwn(pull.headRepository ?? undefined, options.repository)) return NOTHING;
  const ancestor = (older: string, newer: string): Promise<boolean> => isAncestor(older, newer, options);
  return {
    baseIsOnBranch:
      baseSha === null ||
      queuedBase(run.headBranch) === baseSha ||
      (await ancestor(baseSha, pull?.baseRef ?? headSha)),
    headIsOnBranch:
      headSha === run.headSha ||
      (isIndirect(event) && pull?.headSha !== headSha && (await ancestor(headSha, run.headSha))),
    trainedIsOfHead:
      sha === headSha || (await parentsOf(sha, options)).includes(headSha) || (await ancestor(sha, headSha)),
  };
}

const NOTHING: CommitFacts = { baseIsOnBranch: false, headIsOnBranch: false, trainedIsOfHead: false };

async function isAncestor(
  older: string,
  newer: string,
  { client, repository, signal }: DispatchedOriginOptions,
): Promise<boolean> {
  try {
    const { data } = await client.rest.repos.compareCommitsWithBasehead({
      ...repositoryName(repository),
      basehead: `${older}...${newer}`,
      per_page: 1,
      request: { signal },
    });
    const { status } = readAnswer(comparisonSchema, data, `the commits ${older} and ${newer}`);
    return status === 'ahead' || status === 'identical';
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

async function parentsOf(
  sha: string,
  { client, repository, signal }: DispatchedOriginOptions,
): Promise<string[]> {
  try {
    const { data } = await client.rest.git.getCommit({
      ...repositoryName(repository),
      commit_sha: sha,
      request: { signal },
    });
    return readAnswer(commitSchema, data, `commit ${sha}`).parents.map((parent) => parent.sha);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
