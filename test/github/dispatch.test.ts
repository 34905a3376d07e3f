import { describe, expect, it } from 'vitest';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';
import { containing } from './matching.ts';
import { DESCRIPTION } from './referee.ts';

const WORKER = `\
name: Trainyard worker
run-name: \${{ fromJSON(inputs.job).title }}
on:
  workflow_dispatch:
    inputs:
      job:
        required: true
        type: string
jobs:
  worker:
    uses: trainyard/trainyard/.github/workflows/train-worker.yml@v1
`;
const PATH = '.github/workflows/trainyard-worker.yml';
const DISPATCH = 'POST /actions/workflows/trainyard-worker.yml/dispatches';
const JOB = JSON.stringify({ title: 'Train digits abc.1', 'runs-on': ['self-hosted', 'gpu'] });

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

async function call(
  fake: FakeGitHub,
  line: string,
  body?: unknown,
  headers: Record<string, string> = {},
  token = fake.defaultToken,
): Promise<Reply> {
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(`${fake.url}/repos/${fake.repository}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

/** A fake with the worker's file on main, and one accepted dispatch. */
async function dispatched(fake: FakeGitHub): Promise<number> {
  fake.commit({ [PATH]: WORKER }, { ref: 'refs/heads/main' });
  const made = await call(fake, DISPATCH, { ref: 'main', inputs: { job: JOB }, return_run_details: true });
  expect(made.status).toBe(200);
  return Number(made.json['workflow_run_id']);
}

describe('a dispatch', () => {
  it('makes a run whose title is the run-name, and tells it only where it is asked to', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    const run = await call(fake, `GET /actions/runs/${id}`);
    expect(run.json).toMatchObject({
      display_title: 'Train digits abc.1',
      event: 'workflow_dispatch',
      status: 'queued',
      path: PATH,
      head_branch: 'main',
      head_sha: fake.world.refs.get('refs/heads/main'),
      name: 'Trainyard worker',
      run_attempt: 1,
    });
    const jobs = await call(fake, `GET /actions/runs/${id}/jobs`);
    expect(jobs.json).toMatchObject({
      total_count: 1,
      jobs: [{ name: 'worker / train', status: 'queued', labels: ['self-hosted', 'gpu'], runner_name: null }],
    });
    expect(await call(fake, DISPATCH, { ref: 'refs/heads/main', inputs: { job: JOB } })).toMatchObject({
      status: 204,
    });
    const newest = { 'x-github-api-version': '2026-03-10' };
    expect((await call(fake, DISPATCH, { ref: 'main', inputs: { job: JOB } }, newest)).status).toBe(200);
    expect(fake.world.dispatches).toHaveLength(3);
    const { json } = await call(fake, 'GET /actions/workflows/trainyard-worker.yml');
    const listed = await call(fake, `GET /actions/workflows/${String(json['id'])}/runs?per_page=2`);
    expect(listed.json).toMatchObject({ total_count: 3 });
    expect(listed.headers.get('link')).toContain('page=2');
  });

  it("is refused by an older server's rules, where it is one", async () => {
    await using fake = await startFakeGitHub({ dispatchDetails: false });
    fake.commit({ [PATH]: WORKER }, { ref: 'refs/heads/main' });
    const body = { ref: 'main', inputs: { job: JOB } };
    const newest = { 'x-github-api-version': '2026-03-10' };
    expect((await call(fake, DISPATCH, body, newest)).status).toBe(400);
    const keyed = await call(fake, DISPATCH, { ...body, return_run_details: true });
    expect(keyed).toMatchObject({
      status: 422,
      json: { message: containing('not a permitted key') },
    });
    expect((await call(fake, DISPATCH, body)).status).toBe(204);
  });

  it.each([
    ['no such file', { ref: 'main' }, { 'a.txt': 'a' }, 404, 'Not Found'],
    ['a commit for a branch', { ref: 'a'.repeat(40) }, { [PATH]: WORKER }, 422, 'No ref found for: aaaa'],
    ['no trigger', { ref: 'main' }, { [PATH]: 'on: push\njobs: {}\n' }, 422, "'workflow_dispatch' trigger"],
    ['no input', { ref: 'main' }, { [PATH]: WORKER }, 422, "Required input 'job' not provided"],
    [
      'an input too many',
      { ref: 'main', inputs: { job: JOB, size: 'L' } },
      { [PATH]: WORKER },
      422,
      'Unexpected inputs provided: ["size"]',
    ],
  ])('is refused for %s', async (_, body, files, status, message) => {
    await using fake = await startFakeGitHub();
    fake.commit(files, { ref: 'refs/heads/main' });
    const refused = await call(fake, DISPATCH, body);
    expect(refused).toMatchObject({ status, json: { message: containing(message) } });
    expect(fake.world.runs).toEqual([]);
  });

  it('takes 25 inputs, and holds the 26th against its client', async () => {
    await using fake = await startFakeGitHub();
    const names = Array.from({ length: 26 }, (_, n) => `i${n}`);
    const inputs = Object.fromEntries(names.map((name) => [name, 'x']));
    const file = `on:\n  workflow_dispatch:\n    inputs: { ${names.map((name) => `${name}: {}`).join(', ')} }\njobs: {}\n`;
    fake.commit({ [PATH]: file }, { ref: 'refs/heads/main' });
    expect((await call(fake, DISPATCH, { ref: 'main', inputs })).status).toBe(422);
    // Only GitHub's own description knows the limit.
    expect(fake.takeViolations()).toEqual(
      DESCRIPTION.missing === undefined ? [expect.stringContaining('25')] : [],
    );
    const { i25: last, ...fewer } = inputs;
    expect(last).toBe('x');
    expect((await call(fake, DISPATCH, { ref: 'main', inputs: fewer })).status).toBe(204);
  });

  it('needs `actions: write`', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    const reader = fake.token({ permissions: { actions: 'read' } });
    const refused = await call(fake, DISPATCH, { ref: 'main', inputs: { job: JOB } }, {}, reader);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('actions=write');
    expect((await call(fake, `GET /actions/runs/${id}`, undefined, {}, reader)).status).toBe(200);
    expect((await call(fake, `POST /actions/runs/${id}/cancel`, undefined, {}, reader)).status).toBe(403);
    expect((await call(fake, 'GET /actions/runners')).status).toBe(403);
    const owner = fake.token({ login: 'octocat' });
    expect((await call(fake, 'GET /actions/runners', undefined, {}, owner)).json).toEqual({
      total_count: 0,
      runners: [],
    });
  });
});

describe('a run', () => {
  it('answers 304 until something about it changes', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    const path = `GET /actions/runs/${id}`;
    const first = await call(fake, path);
    const known = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await call(fake, path, undefined, known)).status).toBe(304);
    fake.world.startRun(id, { runner: 'gpu-7' });
    const second = await call(fake, path, undefined, known);
    expect(second.json).toMatchObject({ status: 'in_progress' });
    expect(fake.exchanges.filter(({ status }) => status === 304)).toHaveLength(1);
    expect(second.headers.get('x-ratelimit-remaining')).toBe('998');
  });

  it('shows its jobs, their logs when they have ended, and its artifacts', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    fake.world.startRun(id, { runner: 'gpu-7' });
    const step = { name: 'Train', number: 2, status: 'in_progress', conclusion: null } as const;
    const job = fake.world.setJob(id, 'worker / train', { steps: [step], log: 'epoch 1\n' });
    expect((await call(fake, `GET /actions/jobs/${job.id}/logs`)).status).toBe(404);
    const artifact = fake.addArtifact(id, 'model', { 'a/b.txt': 'hello', 'c.bin': Buffer.alloc(10_000) });
    fake.world.finishRun(id, 'failure');
    expect((await call(fake, `GET /actions/jobs/${job.id}`)).json).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
      runner_name: 'gpu-7',
      steps: [{ name: 'Train', status: 'completed', conclusion: 'failure' }],
    });
    const log = await call(fake, `GET /actions/jobs/${job.id}/logs`);
    expect(log.status).toBe(302);
    expect(await (await fetch(log.headers.get('location') ?? '')).text()).toBe('epoch 1\n');
    const listed = await call(fake, 'GET /actions/artifacts?name=model');
    expect(listed.json).toMatchObject({
      total_count: 1,
      artifacts: [
        {
          id: artifact.id,
          digest: artifact.digest,
          workflow_run: { id, head_repository_id: fake.world.repository.id },
        },
      ],
    });
    expect((await call(fake, 'GET /actions/runs?status=failure&created=%3E2026-01-01')).json).toMatchObject({
      total_count: 1,
    });
    expect((await call(fake, 'GET /actions/runs?created=2020-01-01..2021-01-01')).json).toMatchObject({
      total_count: 0,
    });
    expect((await call(fake, `DELETE /actions/artifacts/${artifact.id}`)).status).toBe(204);
    expect((await call(fake, 'GET /actions/artifacts')).json).toMatchObject({ total_count: 0 });
  });

  it('is cancelled once, and run again with what failed', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    fake.world.setJob(id, 'before', { conclusion: 'success' });
    expect((await call(fake, `POST /actions/runs/${id}/cancel`)).status).toBe(202);
    expect((await call(fake, `POST /actions/runs/${id}/cancel`)).status).toBe(409);
    expect((await call(fake, `GET /actions/runs/${id}`)).json).toMatchObject({ conclusion: 'cancelled' });
    expect((await call(fake, `POST /actions/runs/${id}/rerun-failed-jobs`)).status).toBe(201);
    expect((await call(fake, `GET /actions/runs/${id}/jobs`)).json).toMatchObject({
      jobs: [
        { name: 'worker / train', status: 'queued', run_attempt: 2 },
        { name: 'before', conclusion: 'success', run_attempt: 2 },
      ],
    });
    expect((await call(fake, `GET /actions/runs/${id}/attempts/1/jobs`)).json).toMatchObject({
      jobs: [{ name: 'worker / train', conclusion: 'cancelled' }, { name: 'before' }],
    });
  });

  it('tells the environment whose approval it waits for, and its pull request', async () => {
    await using fake = await startFakeGitHub();
    const id = await dispatched(fake);
    const run = fake.world.run({ id, status: 'waiting' });
    run.waitingFor = 'gpu';
    expect((await call(fake, `GET /actions/runs/${id}/pending_deployments`)).json).toMatchObject([
      { environment: { name: 'gpu' } },
    ]);
    const pull = fake.pullRequests.add({ head: { sha: run.headSha, ref: 'main' } });
    expect((await call(fake, `GET /actions/runs/${id}`)).json).toMatchObject({
      pull_requests: [{ number: pull.number }],
    });
  });
});

describe('commits', () => {
  it('are compared by what they were made on', async () => {
    await using fake = await startFakeGitHub();
    const base = fake.commit({ a: '1' }, { ref: 'refs/heads/main' }).sha;
    const left = fake.commit({ a: '2' }, { parents: [base] }).sha;
    const right = fake.commit({ a: '3' }, { parents: [base] }).sha;
    const compare = async (basehead: string): Promise<unknown> =>
      (await call(fake, `GET /compare/${basehead}`)).json;
    expect(await compare(`main...${left}`)).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0 });
    expect(await compare(`${left}...main`)).toMatchObject({ status: 'behind', behind_by: 1 });
    expect(await compare(`${left}...${right}`)).toMatchObject({
      status: 'diverged',
      merge_base_commit: { sha: base },
    });
    expect(await compare('main...main')).toMatchObject({ status: 'identical', commits: [] });
    expect((await call(fake, `GET /compare/main...${'b'.repeat(40)}`)).status).toBe(404);
  });
});

describe('faults', () => {
  it.each(['reset-after-success', 'silence-after-success', 'reset', 'unauthorized'] as const)(
    '%s',
    async (kind) => {
      await using fake = await startFakeGitHub();
      fake.commit({ [PATH]: WORKER }, { ref: 'refs/heads/main' });
      fake.fail({ kind, on: 'POST .*/dispatches', times: 1 });
      const answer = fetch(
        `${fake.url}/repos/${fake.repository}/actions/workflows/trainyard-worker.yml/dispatches`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${fake.defaultToken}` },
          body: JSON.stringify({ ref: 'main', inputs: { job: JOB } }),
          signal: AbortSignal.timeout(500),
        },
      );
      if (kind === 'unauthorized') expect((await answer).status).toBe(401);
      else await expect(answer).rejects.toThrow();
      expect(fake.world.dispatches).toHaveLength(kind.endsWith('-after-success') ? 1 : 0);
    },
  );
});
