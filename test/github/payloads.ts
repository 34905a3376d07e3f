import type { FakeGitHub } from './fake-github.ts';
import { pullRequestView, repositoryView } from './views.ts';
import type { PullRequest } from './world.ts';

// Payloads as GitHub's webhooks send them, as far as anything here reads them.

export function pullRequestPayload(fake: FakeGitHub, pull: PullRequest): Record<string, unknown> {
  return {
    action: 'synchronize',
    number: pull.number,
    pull_request: pullRequestView(fake.world, fake.url, pull),
    repository: repositoryView(fake.url, fake.world.repository),
  };
}

export function pushPayload(after: string, before = '0'.repeat(40)): Record<string, unknown> {
  return {
    ref: 'refs/heads/main',
    before,
    after,
    commits: [],
    repository: { default_branch: 'main' },
  };
}

export function mergeGroupPayload(queue: {
  readonly number: number;
  readonly head: string;
  readonly base: string;
}): Record<string, unknown> {
  return {
    action: 'checks_requested',
    merge_group: {
      head_sha: queue.head,
      head_ref: `refs/heads/gh-readonly-queue/main/pr-${queue.number}-${queue.base}`,
      base_sha: queue.base,
      base_ref: 'refs/heads/main',
    },
  };
}

/** Also from a fork, whose `pull_requests` GitHub leaves empty. */
export function workflowRunPayload(run: {
  readonly head: string;
  readonly repository: string;
}): Record<string, unknown> {
  return {
    action: 'completed',
    workflow_run: {
      id: 1,
      event: 'pull_request',
      head_sha: run.head,
      head_branch: 'topic',
      head_repository: { full_name: run.repository },
      pull_requests: [],
      conclusion: 'success',
    },
  };
}

export function commentPayload(number: number): Record<string, unknown> {
  return { action: 'created', issue: { number, pull_request: { url: '' } }, comment: { body: '/retrain' } };
}
