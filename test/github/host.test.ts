import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFacts } from '../../shared/github/run-facts.ts';
import { createClient } from '../../shared/github/client.ts';
import type { CodeHost, Origin } from '../../shared/github/code-host.ts';
import { createGitHubHost } from '../../shared/github/github-host.ts';
import type { EnvironmentOptions } from './environment.ts';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';
import { containing, matching } from './matching.ts';
import { commentPayload, mergeGroupPayload, pullRequestPayload, workflowRunPayload } from './payloads.ts';
import { quietLogger } from './quiet-logger.ts';

const signal = AbortSignal.timeout(60_000);
const MERGE = 'c'.repeat(40);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'host-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function hostOf(
  fake: FakeGitHub,
  options: Partial<EnvironmentOptions> & {
    said?: string[];
    change?: Record<string, string | undefined>;
  } = {},
): Promise<CodeHost> {
  const { said, change, ...rest } = options;
  const environment = {
    ...(await fake.environment({ directory, workspace: directory, ...rest })),
    ...change,
  };
  return createGitHubHost({ environment, token: environment['GITHUB_TOKEN'], logger: quietLogger(said) });
}

async function originOf(...words: Parameters<typeof hostOf>): Promise<Origin> {
  return await (await hostOf(...words)).origin(signal);
}

describe('the origin', () => {
  it('of a pull request comes from the event, with no request', async () => {
    await using fake = await startFakeGitHub();
    const base = fake.commit({ a: '1' });
    const head = fake.commit({ a: '2' }, { parents: [base.sha] });
    const pull = fake.pullRequests.add({ number: 7, head, base: { sha: base.sha } });
    const origin = await originOf(fake, {
      event: 'pull_request',
      payload: pullRequestPayload(fake, pull),
      sha: MERGE,
      ref: 'refs/pull/7/merge',
      runId: 42,
      runNumber: 5,
      runAttempt: 2,
      job: 'gate',
    });
    expect(origin).toEqual({
      repository: 'acme/digits',
      serverUrl: 'https://github.com',
      event: 'pull_request',
      ref: 'refs/pull/7/merge',
      headSha: head.sha,
      baseSha: base.sha,
      pullRequest: { number: 7, headSha: head.sha, baseSha: base.sha, baseRef: 'main', fork: false },
      fork: false,
      runId: '42',
      runNumber: 5,
      runAttempt: 2,
      runUrl: 'https://github.com/acme/digits/actions/runs/42',
      workflow: 'ci',
      job: 'gate',
      actor: 'octocat',
      runnerEnvironment: 'github-hosted',
      worker: null,
    });
    expect(fake.exchanges).toEqual([]);
  });

  it.each(['push', 'schedule', 'workflow_dispatch'])("of %s is the runner's commit", async (event) => {
    await using fake = await startFakeGitHub();
    const origin = await originOf(fake, { event, sha: MERGE, payload: { inputs: {} } });
    expect(origin).toMatchObject({ event, headSha: MERGE, baseSha: null, pullRequest: null });
  });

  it("of a merge queue has the queue's commits and the pull request's number", async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: '1' });
    fake.pullRequests.add({ number: 12, head: { sha, repository: 'eve/digits' } });
    const payload = mergeGroupPayload({ number: 12, head: MERGE, base: sha });
    const options = { event: 'merge_group', payload, sha: MERGE };
    expect(await originOf(fake, options)).toMatchObject({
      headSha: MERGE,
      baseSha: sha,
      pullRequest: { number: 12, fork: true },
    });
    const said: string[] = [];
    const token = fake.token({ permissions: { contents: 'read' } });
    expect(await originOf(fake, { ...options, token, said })).toMatchObject({
      headSha: MERGE,
      pullRequest: { number: 12, baseSha: sha, fork: false },
    });
    expect(said).toEqual([matching(/#12 of the merge queue .*`pull-requests: read`/)]);
  });

  it('of workflow_run finds the pull request by head and repository, never by what the run claims', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: '1' });
    for (let number = 100; number < 240; number++) fake.pullRequests.add({ number, head: { sha: MERGE } });
    fake.pullRequests.add({ number: 3, head: { sha } });
    fake.pullRequests.add({ number: 4, head: { sha, repository: 'eve/digits' } });
    fake.pullRequests.add({ number: 5, head: { sha, repository: 'eve/digits' }, state: 'closed' });
    const payload = workflowRunPayload({ head: sha, repository: 'eve/digits' });
    const options = { event: 'workflow_run', payload, sha: MERGE };
    expect(await originOf(fake, options)).toMatchObject({
      headSha: sha,
      pullRequest: { number: 4, fork: true },
    });
    const own = workflowRunPayload({ head: sha, repository: 'acme/digits' });
    expect(await originOf(fake, { ...options, payload: own })).toMatchObject({
      pullRequest: { number: 3 },
      fork: false,
    });
    const none = workflowRunPayload({ head: 'd'.repeat(40), repository: 'acme/digits' });
    expect(await originOf(fake, { ...options, payload: none })).toMatchObject({
      pullRequest: null,
      fork: false,
    });
    const said: string[] = [];
    const blind = fake.token({ permissions: {} });
    expect(await originOf(fake, { ...options, token: blind, said })).toMatchObject({
      pullRequest: null,
      fork: true,
    });
    expect(said).toEqual([containing('could not be asked for')]);
  });

  it('of a comment asks for the pull request, and cannot go on without', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: '1' });
    fake.pullRequests.add({ number: 9, head: { sha }, base: { sha: MERGE } });
    const options = { event: 'issue_comment', payload: commentPayload(9), sha: MERGE };
    expect(await originOf(fake, options)).toMatchObject({
      headSha: sha,
      baseSha: MERGE,
      pullRequest: { number: 9 },
    });
    const blind = fake.token({ permissions: {} });
    await expect(originOf(fake, { ...options, token: blind })).rejects.toThrow('`pull-requests: read`');
    await expect(originOf(fake, { ...options, change: { GITHUB_TOKEN: undefined } })).rejects.toThrow(
      'No token',
    );
  });

  it('is not made of an event that is none, nor of a runner that says nothing', async () => {
    await using fake = await startFakeGitHub();
    const spoiled = { pull_request: { number: '7' } };
    await expect(originOf(fake, { event: 'pull_request', payload: spoiled })).rejects.toThrow(
      /^The event in GITHUB_EVENT_PATH \(.*event\.json\) has not the documented form at "pull_request\.number"/,
    );
    await expect(originOf(fake, { event: 'push', payload: [] })).rejects.toThrow(
      /GITHUB_EVENT_PATH .* at its top/,
    );
    // Else a fork's code would pass for this repository's own.
    for (const event of ['pull_request', 'pull_request_target', 'pull_request_review']) {
      await expect(originOf(fake, { event, payload: {} })).rejects.toThrow(
        /^The event "pull_request.*" in GITHUB_EVENT_PATH \(.*\) names no pull request/,
      );
      await expect(originOf(fake, { event, change: { GITHUB_EVENT_PATH: '' } })).rejects.toThrow(
        /names no pull request, as GITHUB_EVENT_PATH is not set/,
      );
    }
    const broken = join(directory, 'broken.json');
    await writeFile(broken, '{ secret');
    for (const path of [broken, join(directory, 'missing.json')]) {
      await expect(originOf(fake, { change: { GITHUB_EVENT_PATH: path } })).rejects.toThrow(
        /^(?!.*secret).*GITHUB_EVENT_PATH/,
      );
    }
    await expect(originOf(fake, { change: { GITHUB_REPOSITORY: '' } })).rejects.toThrow('GITHUB_REPOSITORY');
    await expect(originOf(fake, { change: { GITHUB_REPOSITORY: 'x' } })).rejects.toThrow('owner/name');
    await expect(originOf(fake, { change: { GITHUB_RUN_ATTEMPT: '0' } })).rejects.toThrow(
      'GITHUB_RUN_ATTEMPT is "0"',
    );
    const bare = await originOf(fake, {
      change: {
        GITHUB_EVENT_PATH: '',
        GITHUB_SHA: '',
        GITHUB_SERVER_URL: '',
        GITHUB_REF: '',
        GITHUB_RUN_NUMBER: '',
      },
    });
    expect(bare).toMatchObject({ headSha: null, ref: null, serverUrl: 'https://github.com', runNumber: 1 });
  });
});

describe('files and trees', () => {
  it('come from a commit, above 1 MB too', async () => {
    await using fake = await startFakeGitHub();
    const big = Buffer.alloc(1_500_000, 'gate');
    const { sha, tree } = fake.commit({
      'ml/gate.yaml': 'rules: []\n',
      'big.csv': big,
      'Ümlaut ä.yaml': 'x',
    });
    const host = await hostOf(fake);
    expect(await host.treeOf(sha, signal)).toBe(tree);
    expect((await host.fileAt(sha, 'ml/gate.yaml', signal))?.toString()).toBe('rules: []\n');
    expect((await host.fileAt(sha, 'big.csv', signal))?.equals(big)).toBe(true);
    expect((await host.fileAt(sha, 'Ümlaut ä.yaml', signal))?.toString()).toBe('x');
    expect(await host.fileAt(sha, 'ml/none.yaml', signal)).toBeUndefined();
    expect(await host.fileAt(sha, 'ml', signal)).toBeUndefined();
  });

  it('that the token may not see are not taken for missing', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: 'a' });
    const blind = await hostOf(fake, { token: fake.token({ permissions: { statuses: 'write' } }) });
    await expect(blind.fileAt(sha, 'a', signal)).rejects.toThrow('`contents: read` is missing');
    const host = await hostOf(fake);
    await expect(host.fileAt('e'.repeat(40), 'a', signal)).rejects.toThrow('it needs `contents: read`');
    await expect((await hostOf(fake, { change: { GITHUB_TOKEN: '' } })).treeOf(sha, signal)).rejects.toThrow(
      'No token',
    );
  });
});

describe('the status', () => {
  const status = {
    state: 'success',
    context: 'trainyard/digits',
    targetUrl: 'https://example.org/run',
  } as const;

  it('lies on the commit, cut to 140 characters', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: 'a' });
    const host = await hostOf(fake);
    expect(await host.setStatus({ ...status, sha, description: 'word '.repeat(60) }, signal)).toEqual({
      done: true,
    });
    const local = { ...status, sha, description: 'd', targetUrl: 'file:///tmp/report.html' };
    expect(await host.setStatus(local, signal)).toEqual({ done: true });
    expect(fake.world.statuses).toMatchObject([
      { sha, state: 'success', context: 'trainyard/digits', targetUrl: 'https://example.org/run' },
      { targetUrl: null },
    ]);
    expect(fake.world.statuses[0]?.description?.length).toBeLessThanOrEqual(140);
  });

  it('is an outcome where the permission, the token or the right to comment is missing', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: 'a' });
    fake.pullRequests.add({ number: 1, head: { sha } });
    const fork = await hostOf(fake, { token: fake.token({ permissions: { contents: 'read' } }) });
    expect(await fork.setStatus({ ...status, sha, description: 'd' }, signal)).toEqual({
      done: false,
      reason: containing('`statuses: write`'),
    });
    const without = await hostOf(fake, { change: { GITHUB_TOKEN: undefined } });
    const stamp = { marker: 'm', headSha: sha, runNumber: 1, runAttempt: 1 };
    for (const outcome of [
      await without.setStatus({ ...status, sha, description: 'd' }, signal),
      await without.comment(1, stamp, () => Promise.resolve('x'), signal),
    ]) {
      expect(outcome).toEqual({
        done: false,
        reason: matching(/^No token was given.*input "token"/),
      });
    }
    const host = await hostOf(fake);
    expect(await host.comment(1, stamp, () => Promise.resolve('x'), signal)).toMatchObject({ done: true });
  });
});

describe('runs and artifacts', () => {
  it('tell whose code a run was', async () => {
    await using fake = await startFakeGitHub();
    const run = fake.world.run({
      headRepository: 'eve/digits',
      headSha: MERGE,
      conclusion: 'success',
      attempt: 3,
    });
    const client = await createClient({
      token: fake.defaultToken,
      environment: { GITHUB_API_URL: fake.url },
      logger: quietLogger(),
    });
    expect(await runFacts(client, fake.repository, String(run.id), signal)).toEqual({
      repository: 'acme/digits',
      headRepository: 'eve/digits',
      headSha: MERGE,
      event: 'pull_request',
      attempt: 3,
      status: 'in_progress',
      conclusion: 'success',
    });
    expect(await runFacts(client, fake.repository, '99', signal)).toBeUndefined();
    expect(await runFacts(client, fake.repository, '../1', signal)).toBeUndefined();
    const blind = await createClient({
      token: fake.token({ permissions: {} }),
      environment: { GITHUB_API_URL: fake.url },
      logger: quietLogger(),
    });
    await expect(runFacts(blind, fake.repository, String(run.id), signal)).rejects.toThrow('`actions: read`');
  });

  it('are there on github.com and not on a server, nor where the runner gives no service', async () => {
    await using fake = await startFakeGitHub();
    expect((await hostOf(fake)).hasArtifacts).toBe(true);
    const server = { GITHUB_SERVER_URL: 'https://ghe.example.org' };
    expect((await hostOf(fake, { change: server })).hasArtifacts).toBe(false);
    expect((await hostOf(fake, { change: { ACTIONS_RUNTIME_TOKEN: undefined } })).hasArtifacts).toBe(false);
    expect((await hostOf(fake)).kind).toBe('github');
  });
});
