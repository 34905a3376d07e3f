import type { PullRequest } from '../code-host.ts';
import type { Payload, PullRequestPayload } from './payload.ts';

/** Which pull request an event is about: known, to be asked for, or none. */
export type PullRequestOf =
  | { readonly kind: 'known'; readonly pullRequest: PullRequest }
  | { readonly kind: 'numbered'; readonly number: number }
  | { readonly kind: 'by-head'; readonly headSha: string; readonly headRepository: string }
  | { readonly kind: 'none' };

export interface EventFacts {
  /** Null where only the pull request tells it. */
  readonly headSha: string | null;
  readonly baseSha: string | null;
  readonly pullRequest: PullRequestOf;
  /** The code lies in another repository, or in one that is gone. */
  readonly fork: boolean;
}

const NONE = { kind: 'none' } as const;
/** `gh-readonly-queue/<base>/pr-<n>-<sha>` (facts: merge queue); the base may hold slashes. */
const QUEUE_REF = /(?:^|\/)gh-readonly-queue\/.+\/pr-(\d+)-[0-9a-f]{40,64}$/;

/** The number of the pull request that a merge queue's branch was made for. */
export function queuedPullRequest(ref: string): number | undefined {
  const number = QUEUE_REF.exec(ref)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** GitHub takes names of repositories without regard to case. */
export function isOwn(name: string | undefined, repository: string): boolean {
  return name?.toLowerCase() === repository.toLowerCase();
}

/** Our view of a pull request. A head whose repository is gone is one of a fork. */
export function pullRequestOf(payload: PullRequestPayload, repository: string): PullRequest {
  const { head, base } = payload;
  const own = base.repo?.full_name ?? repository;
  return {
    number: payload.number,
    headSha: head.sha,
    baseSha: base.sha,
    baseRef: base.ref,
    fork: !isOwn(head.repo?.full_name, own),
  };
}

/**
 * What an event says about commits and pull request. `sha` is GITHUB_SHA: under `pull_request` the merge commit,
 * under `workflow_run`, `pull_request_target` and `issue_comment` the default branch's tip, so it is the last resort.
 */
export function eventFactsOf(
  event: string,
  payload: Payload,
  { sha, repository }: { readonly sha: string | null; readonly repository: string },
): EventFacts {
  if (payload.pull_request !== undefined) {
    const pullRequest = pullRequestOf(payload.pull_request, repository);
    return {
      headSha: pullRequest.headSha,
      baseSha: pullRequest.baseSha,
      pullRequest: { kind: 'known', pullRequest },
      fork: pullRequest.fork,
    };
  }
  if (event === 'merge_group' && payload.merge_group !== undefined) {
    const { head_sha: headSha, base_sha: baseSha, head_ref: ref } = payload.merge_group;
    const number = queuedPullRequest(ref);
    // The queue's commit lies in this repository: somebody who may write to it put it there.
    const pullRequest = number === undefined ? NONE : ({ kind: 'numbered', number } as const);
    return { headSha, baseSha, pullRequest, fork: false };
  }
  if (event === 'workflow_run' && payload.workflow_run !== undefined) {
    const { head_sha: headSha, head_repository: head } = payload.workflow_run;
    // `workflow_run.pull_requests` is empty for forks (actions/runner#3444): the head decides.
    const pullRequest =
      head?.full_name === undefined
        ? NONE
        : ({ kind: 'by-head', headSha, headRepository: head.full_name } as const);
    // A fork's pull request may be closed by now, or not be shown to this token: its code is a stranger's all the same.
    return { headSha, baseSha: null, pullRequest, fork: !isOwn(head?.full_name, repository) };
  }
  if (payload.issue?.pull_request !== undefined) {
    const pullRequest = { kind: 'numbered', number: payload.issue.number } as const;
    return { headSha: null, baseSha: null, pullRequest, fork: false };
  }
  return { headSha: sha, baseSha: null, pullRequest: NONE, fork: false };
}

/** The open pull request whose head is this commit of this repository; the newest where several are. */
export function pullRequestByHead(
  open: readonly PullRequestPayload[],
  head: { readonly headSha: string; readonly headRepository: string },
): PullRequestPayload | undefined {
  return open
    .filter(
      (pull) =>
        pull.head.sha === head.headSha &&
        pull.head.repo?.full_name.toLowerCase() === head.headRepository.toLowerCase(),
    )
    .toSorted((a, b) => b.number - a.number)[0];
}
