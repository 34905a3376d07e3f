import { UsageError } from '../../errors.ts';
import type { DispatchedJob } from '../dispatched-job.ts';
import { isOwn, queuedPullRequest } from './event-facts.ts';

/** What GitHub tells of the run that says it has dispatched this one. */
export interface DispatcherFacts {
  readonly repository: string;
  /** Where its code came from; null where that repository is gone. */
  readonly headRepository: string | null;
  readonly event: string;
  readonly runNumber: number;
  readonly runAttempt: number;
  /** `.github/workflows/<file>`. */
  readonly path: string;
  readonly headSha: string;
  readonly headBranch: string | null;
}

/** What GitHub tells of the pull request that the job names. */
export interface PullRequestFacts {
  readonly number: number;
  readonly headSha: string;
  readonly headRef: string;
  /** Null where that repository is gone. */
  readonly headRepository: string | null;
  readonly baseRef: string;
}

/** How commits of the job hang together, as far as it had to be asked. */
export interface CommitFacts {
  /** The job's base commit lies on the base branch. */
  readonly baseIsOnBranch: boolean;
  /** The commit that is trained is the head, a merge of it, or an ancestor of it. */
  readonly trainedIsOfHead: boolean;
  /** The head lies on the branch that the run was started from. */
  readonly headIsOnBranch: boolean;
}

/** Events whose run is of the default branch, while what it is about is another commit. */
const INDIRECT = ['workflow_run', 'issue_comment', 'pull_request_target'];

/** True where the commit that an event is about may be another than that of its run. */
export function isIndirect(event: string): boolean {
  return INDIRECT.includes(event);
}

/** The base commit that a merge queue's branch names: it need not be on the base branch yet. */
export function queuedBase(ref: string | null): string | undefined {
  return /(?:^|\/)gh-readonly-queue\/.+\/pr-\d+-([0-9a-f]{40,64})$/.exec(ref ?? '')?.[1];
}

const REMEDY =
  'Only a step train-model of this repository starts a worker: run that job again, and start the worker by nothing else.';

function differs(what: string, says: string, fact: string): UsageError {
  return new UsageError(`The job says that ${what} is ${says}, but GitHub says ${fact}.`, { remedy: REMEDY });
}

/** Refuses a job that says of its dispatching run what GitHub does not say (design, "Who may be believed"). */
export function refuseFalseRun(job: DispatchedJob, run: DispatcherFacts, repository: string): void {
  const { dispatcher } = job;
  if (!isOwn(run.repository, repository)) {
    throw differs(`the run ${dispatcher.runId}`, `of ${repository}`, `it is of ${run.repository}`);
  }
  if (!isOwn(run.headRepository ?? undefined, repository)) {
    throw new UsageError(
      `The run ${dispatcher.runId}, which dispatched this one, ran code of ${run.headRepository ?? 'a repository that is gone'}.`,
      {
        remedy:
          "A fork's code is never trained on a worker: push the branch to this repository after review.",
      },
    );
  }
  const path = `${repository}/${run.path}`;
  const claims: readonly (readonly [string, string, string])[] = [
    ['the event of its run', dispatcher.event, run.event],
    ['the number of its run', String(dispatcher.runNumber), String(run.runNumber)],
    ['the workflow of its run', dispatcher.workflowPath ?? path, path],
  ];
  for (const [what, says, fact] of claims) {
    if (says.toLowerCase() !== fact.toLowerCase()) throw differs(what, `"${says}"`, `"${fact}"`);
  }
  if (dispatcher.runAttempt > run.runAttempt) {
    throw differs('the attempt of its run', String(dispatcher.runAttempt), `there are ${run.runAttempt}`);
  }
}

/** Refuses a job whose commits, ref or pull request are not those of its dispatching run. */
export function refuseFalseCommits(
  { sha, dispatcher }: DispatchedJob,
  run: DispatcherFacts,
  pull: PullRequestFacts | undefined,
  commits: CommitFacts,
  repository: string,
): void {
  if (pull !== undefined) refuseFalsePullRequest(dispatcher, run, pull, repository);
  const { headSha, baseSha, ref, event } = dispatcher;
  const known =
    headSha === run.headSha || (isIndirect(event) && (pull?.headSha === headSha || commits.headIsOnBranch));
  if (!known) throw differs('its commit', headSha, run.headSha);
  const refs = refsOf(run, pull);
  if (ref !== null && !refs.includes(ref)) throw differs('its ref', `"${ref}"`, `"${refs[0] ?? ''}"`);
  if (baseSha !== null && queuedBase(run.headBranch) !== baseSha && !commits.baseIsOnBranch) {
    throw differs(
      'its base commit',
      baseSha,
      `that is not on ${pull === undefined ? 'the branch of its run' : `the branch "${pull.baseRef}"`}`,
    );
  }
  if (sha !== headSha && !commits.trainedIsOfHead) {
    throw differs('the commit to train', sha, `it is neither ${headSha} nor a merge of it`);
  }
}

function refuseFalsePullRequest(
  dispatcher: DispatchedJob['dispatcher'],
  run: DispatcherFacts,
  pull: PullRequestFacts,
  repository: string,
): void {
  if (!isOwn(pull.headRepository ?? undefined, repository)) {
    throw new UsageError(
      `The pull request #${pull.number} comes from ${pull.headRepository ?? 'a repository that is gone'}.`,
      {
        remedy:
          "A fork's code is never trained on a worker: push the branch to this repository after review.",
      },
    );
  }
  const branch = run.headBranch ?? '';
  const own = pull.headSha === dispatcher.headSha || branch === pull.headRef;
  if (!own && queuedPullRequest(branch) !== pull.number) {
    throw differs(
      'its pull request',
      `#${pull.number}`,
      `that is of the branch "${pull.headRef}", and the run of "${branch}"`,
    );
  }
}

function refsOf(run: DispatcherFacts, pull: PullRequestFacts | undefined): string[] {
  const branch = run.headBranch ?? '';
  return [
    ...(pull === undefined
      ? []
      : [`refs/pull/${pull.number}/merge`, `refs/pull/${pull.number}/head`, `refs/heads/${pull.baseRef}`]),
    `refs/heads/${branch}`,
    `refs/tags/${branch}`,
  ];
}
