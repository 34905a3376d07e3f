import { describe, expect, it } from 'vitest';
import { eventFactsOf, pullRequestByHead, pullRequestOf, queuedPullRequest } from './event-facts.ts';
import { type PullRequestPayload, payloadSchema } from './payload.ts';

const HEAD = 'a'.repeat(40);
const BASE = 'b'.repeat(40);
const MERGE = 'c'.repeat(40);
const RUNNER = { sha: MERGE, repository: 'acme/digits' };

function pull(overrides: { number?: number; repository?: string | null } = {}): PullRequestPayload {
  const { number = 7, repository = 'acme/digits' } = overrides;
  return {
    number,
    head: { sha: HEAD, repo: repository === null ? null : { full_name: repository } },
    base: { sha: BASE, ref: 'main', repo: { full_name: 'acme/digits' } },
  };
}

describe('the facts of an event', () => {
  it.each(['pull_request', 'pull_request_target', 'pull_request_review'])(
    'of %s are those of its pull request, never of the merge commit',
    (event) => {
      expect(eventFactsOf(event, { pull_request: pull() }, RUNNER)).toEqual({
        headSha: HEAD,
        baseSha: BASE,
        pullRequest: {
          kind: 'known',
          pullRequest: { number: 7, headSha: HEAD, baseSha: BASE, baseRef: 'main', fork: false },
        },
        fork: false,
      });
    },
  );

  it.each(['push', 'schedule', 'workflow_dispatch', 'merge_group', 'workflow_run'])(
    "of %s without a payload are the runner's commit",
    (event) => {
      expect(eventFactsOf(event, {}, RUNNER)).toEqual({
        headSha: MERGE,
        baseSha: null,
        pullRequest: { kind: 'none' },
        fork: false,
      });
    },
  );

  it('of merge_group have the number in the ref', () => {
    const merge_group = {
      head_sha: HEAD,
      base_sha: BASE,
      base_ref: 'refs/heads/main',
      head_ref: `refs/heads/gh-readonly-queue/release/1/pr-12-${BASE}`,
    };
    expect(eventFactsOf('merge_group', { merge_group }, RUNNER)).toEqual({
      headSha: HEAD,
      baseSha: BASE,
      pullRequest: { kind: 'numbered', number: 12 },
      fork: false,
    });
    const other = { ...merge_group, head_ref: 'refs/heads/mine' };
    expect(eventFactsOf('merge_group', { merge_group: other }, RUNNER).pullRequest).toEqual({ kind: 'none' });
  });

  it('of workflow_run are those of the head that ran, by head and repository', () => {
    const workflow_run = { head_sha: HEAD, head_repository: { full_name: 'eve/digits' } };
    expect(eventFactsOf('workflow_run', { workflow_run }, RUNNER)).toEqual({
      headSha: HEAD,
      baseSha: null,
      pullRequest: { kind: 'by-head', headSha: HEAD, headRepository: 'eve/digits' },
      fork: true,
    });
    const gone = { head_sha: HEAD, head_repository: null };
    expect(eventFactsOf('workflow_run', { workflow_run: gone }, RUNNER)).toMatchObject({
      pullRequest: { kind: 'none' },
      fork: true,
    });
  });

  it('of issue_comment must be asked for on a pull request, and only there', () => {
    expect(eventFactsOf('issue_comment', { issue: { number: 9, pull_request: {} } }, RUNNER)).toEqual({
      headSha: null,
      baseSha: null,
      pullRequest: { kind: 'numbered', number: 9 },
      fork: false,
    });
    expect(eventFactsOf('issue_comment', { issue: { number: 9 } }, RUNNER)).toMatchObject({ headSha: MERGE });
  });
});

describe('a pull request', () => {
  it.each([
    ['acme/digits', false],
    ['Acme/Digits', false],
    ['eve/digits', true],
    [null, true],
  ])('from %s: fork is %s', (repository, fork) => {
    expect(pullRequestOf(pull({ repository }), 'acme/digits').fork).toBe(fork);
  });

  it('is measured against its own base, or the repository where the base tells none', () => {
    const payload = { ...pull(), base: { sha: BASE, ref: 'main' } };
    expect(pullRequestOf(payload, 'acme/digits').fork).toBe(false);
    expect(pullRequestOf(payload, 'acme/other').fork).toBe(true);
  });

  it('is found by the head and its repository; the newest of several', () => {
    const open = [pull({ number: 1 }), pull({ number: 3 }), pull({ number: 5, repository: 'eve/digits' })];
    expect(pullRequestByHead(open, { headSha: HEAD, headRepository: 'acme/digits' })?.number).toBe(3);
    expect(pullRequestByHead(open, { headSha: HEAD, headRepository: 'EVE/digits' })?.number).toBe(5);
    expect(pullRequestByHead(open, { headSha: BASE, headRepository: 'acme/digits' })).toBeUndefined();
  });

  it('has its number in the branch of a merge queue', () => {
    expect(queuedPullRequest(`gh-readonly-queue/main/pr-3-${HEAD}`)).toBe(3);
    expect(queuedPullRequest(`refs/heads/xgh-readonly-queue/main/pr-3-${HEAD}`)).toBeUndefined();
    expect(queuedPullRequest('refs/heads/gh-readonly-queue/main/pr-3-short')).toBeUndefined();
  });

  it('with a head that is no commit is refused', () => {
    const spoiled = { ...pull(), head: { sha: '--upload-pack=x', repo: null } };
    expect(payloadSchema.safeParse({ pull_request: spoiled }).success).toBe(false);
    expect(payloadSchema.safeParse({ pull_request: pull() }).success).toBe(true);
  });
});
