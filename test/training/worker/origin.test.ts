import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Origin } from '../../../shared/github/code-host.ts';
import { createGitHubHost } from '../../../shared/github/github-host.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { type JobOverrides, openYard, type WorkerOptions, workerEnvironment, type Yard } from './yard.ts';

const signal = AbortSignal.timeout(60_000);
const WORKER = 99_001;

let directory: string;
let fake: FakeGitHub;
let yard: Yard;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ty-worker-origin-'));
  fake = await startFakeGitHub();
  yard = openYard(fake);
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function originOf(job: unknown, options: Partial<WorkerOptions> = {}): Promise<Origin> {
  const environment = await workerEnvironment(fake, directory, job, { runId: WORKER, ...options });
  const logger = quietLogger();
  return await createGitHubHost({ environment, token: environment['GITHUB_TOKEN'], logger }).origin(signal);
}

describe('the origin of a worker', () => {
  it('is that of its dispatcher, with its own run beside it', async () => {
    fake.world.run({ id: yard.runId, attempt: 2 });
    const { pullRequest, ref } = yard.jobOf().dispatcher;
    expect(await originOf(yard.jobOf())).toEqual({
      repository: 'acme/digits',
      serverUrl: 'https://github.com',
      event: 'pull_request',
      ref,
      headSha: yard.head,
      baseSha: yard.base,
      pullRequest: {
        number: pullRequest,
        headSha: yard.head,
        baseSha: yard.base,
        baseRef: 'main',
        fork: false,
      },
      fork: false,
      runId: String(yard.runId),
      runNumber: 5,
      runAttempt: 1,
      runUrl: `https://github.com/acme/digits/actions/runs/${yard.runId}`,
      workflow: 'ci',
      job: 'model',
      actor: 'octocat',
      runnerEnvironment: 'self-hosted',
      worker: {
        runId: String(WORKER),
        runAttempt: 1,
        runUrl: `https://github.com/acme/digits/actions/runs/${WORKER}`,
        latestAttempt: 2,
        key: 'model',
        sha: yard.merge,
        model: 'digits',
        workflowPath: 'acme/digits/.github/workflows/ci.yml',
      },
    });
  });

  it('needs no more than to read', async () => {
    const token = fake.token({
      permissions: { actions: 'read', contents: 'read', 'pull-requests': 'read' },
    });
    expect((await originOf(yard.jobOf(), { token })).worker?.sha).toBe(yard.merge);
  });

  it('of a push is verified by its run alone', async () => {
    const pushed = fake.commit({ 'train.py': '2' }, { ref: 'refs/heads/main', parents: [yard.base] }).sha;
    fake.world.run({
      id: 7,
      number: 3,
      event: 'push',
      headSha: pushed,
      headBranch: 'main',
      path: '.github/workflows/ci.yml',
    });
    const before = fake.exchanges.length;
    const dispatcher = {
      runId: '7',
      runNumber: 3,
      event: 'push',
      ref: 'refs/heads/main',
      headSha: pushed,
      baseSha: null,
      pullRequest: null,
    };
    const origin = await originOf(yard.jobOf({ sha: pushed, dispatcher }));
    expect(origin).toMatchObject({ event: 'push', headSha: pushed, baseSha: null, pullRequest: null });
    expect(fake.exchanges.slice(before).map(({ url }) => url)).toEqual(['/repos/acme/digits/actions/runs/7']);
  });

  it('of a merge queue takes the base that its branch names', async () => {
    const queued = fake.commit({ q: '1' }, { parents: [yard.base] }).sha;
    const number = yard.jobOf().dispatcher.pullRequest ?? 0;
    const branch = `gh-readonly-queue/main/pr-${number}-${yard.base}`;
    fake.world.run({
      id: 8,
      number: 4,
      event: 'merge_group',
      headSha: queued,
      headBranch: branch,
      path: '.github/workflows/ci.yml',
    });
    const dispatcher = {
      runId: '8',
      runNumber: 4,
      event: 'merge_group',
      ref: `refs/heads/${branch}`,
      headSha: queued,
    };
    const origin = await originOf(yard.jobOf({ sha: queued, dispatcher }));
    expect(origin).toMatchObject({
      headSha: queued,
      baseSha: yard.base,
      pullRequest: { number, headSha: yard.head },
    });
  });

  it.each(['workflow_run', 'pull_request_target', 'issue_comment'])(
    'of %s, whose run is of the default branch, is verified by the pull request',
    async (event) => {
      fake.world.run({
        id: 9,
        number: 6,
        event,
        headSha: yard.base,
        headBranch: 'main',
        path: '.github/workflows/ci.yml',
      });
      const dispatcher = { runId: '9', runNumber: 6, event, ref: 'refs/heads/main' };
      expect(await originOf(yard.jobOf({ dispatcher }))).toMatchObject({ event, headSha: yard.head });
    },
  );

  it('of workflow_run without a pull request has to lie on the default branch', async () => {
    const later = fake.commit({ a: '3' }, { ref: 'refs/heads/main', parents: [yard.base] }).sha;
    fake.world.run({
      id: 10,
      number: 6,
      event: 'workflow_run',
      headSha: later,
      headBranch: 'main',
      path: '.github/workflows/ci.yml',
    });
    const dispatcher = {
      runId: '10',
      runNumber: 6,
      event: 'workflow_run',
      ref: 'refs/heads/main',
      headSha: yard.base,
      baseSha: null,
      pullRequest: null,
    };
    expect(await originOf(yard.jobOf({ sha: yard.base, dispatcher }))).toMatchObject({ headSha: yard.base });
    const strange = yard.jobOf({ sha: yard.head, dispatcher: { ...dispatcher, headSha: yard.head } });
    await expect(originOf(strange)).rejects.toThrow(/its commit is/);
  });

  it.each<[string, (yard: Yard) => JobOverrides, RegExp]>([
    [
      'another event',
      () => ({ dispatcher: { event: 'push' } }),
      /the event of its run is "push", but GitHub says "pull_request"/,
    ],
    [
      'another number',
      () => ({ dispatcher: { runNumber: 9 } }),
      /the number of its run is "9", but GitHub says "5"/,
    ],
    [
      'a later attempt',
      () => ({ dispatcher: { runAttempt: 3 } }),
      /the attempt of its run is 3, but GitHub says there are 1/,
    ],
    [
      'another workflow',
      () => ({ dispatcher: { workflowPath: 'acme/digits/.github/workflows/release.yml' } }),
      /the workflow of its run is "acme\/digits\/.github\/workflows\/release.yml"/,
    ],
    [
      'another commit',
      ({ base }) => ({ dispatcher: { headSha: base } }),
      /its commit is .*, but GitHub says/,
    ],
    [
      'another ref',
      () => ({ dispatcher: { ref: 'refs/heads/main-2' } }),
      /its ref is "refs\/heads\/main-2", but GitHub says "refs\/pull/,
    ],
    [
      'a base of its own making',
      ({ head }) => ({ dispatcher: { baseSha: head } }),
      /its base commit is .*, but GitHub says that is not on the branch "main"/,
    ],
    [
      'a commit to train that GitHub does not know',
      () => ({ sha: 'e'.repeat(40) }),
      /the commit to train is e+, but GitHub says it is neither/,
    ],
    [
      'a run that there is not',
      () => ({ dispatcher: { runId: '12345' } }),
      /the run 12345 dispatched it, but GitHub says that "acme\/digits" has no such run/,
    ],
  ])('is refused where the job names %s', async (_what, overrides, message) => {
    await expect(originOf(yard.jobOf(overrides(yard)))).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is refused where the pull request is of another branch, of a fork, or the run is of one', async () => {
    const fork = fake.pullRequests.add({ head: { sha: yard.head, ref: 'x', repository: 'evil/digits' } });
    const other = fake.pullRequests.add({ head: { sha: yard.base, ref: 'y' } });
    const named = (number: number): Promise<Origin> =>
      originOf(yard.jobOf({ dispatcher: { pullRequest: number, ref: null } }));
    await expect(named(fork.number)).rejects.toThrow(
      `The pull request #${fork.number} comes from evil/digits.`,
    );
    await expect(named(other.number)).rejects.toThrow(
      /its pull request is #\d+, but GitHub says that is of the branch "y"/,
    );
    fake.world.run({
      id: 11,
      number: 5,
      event: 'pull_request',
      headSha: yard.head,
      headRepository: 'evil/digits',
    });
    await expect(originOf(yard.jobOf({ dispatcher: { runId: '11' } }))).rejects.toThrow(
      'The run 11, which dispatched this one, ran code of evil/digits.',
    );
  });

  it('is told as such where the token may not read runs', async () => {
    const token = fake.token({ permissions: { contents: 'read' } });
    await expect(originOf(yard.jobOf(), { token })).rejects.toThrow(/`actions: read` is missing/);
  });
});

describe("a workflow of the user's own", () => {
  it.each<[string, unknown]>([
    ['text', 'nightly'],
    ['a number', '7'],
    ['other JSON', '{"submissionKey": "x"}'],
    ['a list', '[]'],
  ])('with an input "job" that is %s, is untouched', async (_what, job) => {
    expect(await originOf(job)).toMatchObject({
      event: 'workflow_dispatch',
      runId: String(WORKER),
      worker: null,
    });
  });

  it('is refused where it is a job of another version', async () => {
    const job = { ...yard.jobOf(), version: 2 };
    await expect(originOf(job)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(
        /^The input "job" of this run is no job of a worker: "version": /,
      ) as string,
    });
  });

  it('on another event has no job, whatever its payload says', async () => {
    expect((await originOf(yard.jobOf(), { event: 'push' })).worker).toBeNull();
  });
});
