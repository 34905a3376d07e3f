import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../shared/github/client.ts';
import type { CommentStamp, HostOutcome } from '../../shared/github/code-host.ts';
import { writeComment } from '../../shared/github/comment.ts';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';
import { containing, matching } from './matching.ts';
import { quietLogger } from './quiet-logger.ts';

const STAMP: CommentStamp = { marker: 'trainyard:ci', headSha: 'a'.repeat(40), runNumber: 3, runAttempt: 1 };
const signal = AbortSignal.timeout(60_000);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'comment-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function startWithPullRequest(): Promise<FakeGitHub> {
  const fake = await startFakeGitHub();
  fake.pullRequests.add({ number: 1, head: { sha: STAMP.headSha } });
  return fake;
}

async function write(
  fake: FakeGitHub,
  text: string | (() => Promise<string>),
  {
    stamp = STAMP,
    token = fake.defaultToken,
    api = '',
  }: { stamp?: CommentStamp; token?: string; api?: string } = {},
): Promise<HostOutcome> {
  const client = await createClient({
    token,
    environment: { GITHUB_API_URL: fake.url + api },
    logger: quietLogger(),
    secondMs: 5,
  });
  return await writeComment({
    client,
    repository: fake.repository,
    pullRequest: 1,
    stamp,
    render: typeof text === 'string' ? () => Promise.resolve(text) : text,
    logger: quietLogger(),
    signal,
  });
}

function writesTo(fake: FakeGitHub): string[] {
  return fake.exchanges
    .filter(({ method, url }) => method !== 'GET' && url !== '/graphql')
    .map(({ method }) => method);
}

describe('the comment', () => {
  it('is created once, updated after, and not written when nothing changes', async () => {
    await using fake = await startWithPullRequest();
    expect(await write(fake, 'first')).toMatchObject({
      done: true,
      url: containing('#issuecomment-'),
    });
    expect(await write(fake, 'first')).toMatchObject({ done: true });
    expect(await write(fake, 'second')).toMatchObject({ done: true });
    expect(writesTo(fake)).toEqual(['POST', 'PATCH']);
    expect(fake.commentsOf(1)).toEqual([
      matching(/^<!-- trainyard:\w{24} head=a{40} run=3 attempt=1 -->\nsecond$/),
    ]);
  });

  it('is found behind a hundred others, and told from one that copies its marker', async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'ours');
    const [body = ''] = fake.commentsOf(1);
    const [own] = fake.world.comments.splice(0);
    const now = new Date();
    for (let n = 0; n < 120; n++) {
      fake.world.comments.push({ id: n + 1, issue: 1, login: 'mallory', body, created: now, updated: now });
    }
    if (own !== undefined) fake.world.comments.push(own);
    await write(fake, 'new');
    expect(
      fake.world.comments.filter((comment) => comment.login === 'mallory' && comment.body !== body),
    ).toEqual([]);
    expect(fake.commentsOf(1).at(-1)).toContain('new');
    expect(fake.commentsOf(1)).toHaveLength(121);
  });

  it.each([
    ['an App', { login: 'my-app[bot]' }],
    ['a person', { login: 'octocat' }],
  ])("is %s's where its token writes", async (_who, options) => {
    await using fake = await startWithPullRequest();
    const token = fake.token(options);
    await write(fake, 'one', { token });
    await write(fake, 'two', { token });
    expect(fake.world.comments.map(({ login, body }) => [login, body.split('\n')[1]])).toEqual([
      [options.login, 'two'],
    ]);
  });

  it('is found on a server of its own, whose GraphQL lies beside its REST', async () => {
    await using fake = await startWithPullRequest();
    const token = fake.token({ login: 'my-app[bot]' });
    await write(fake, 'one', { token, api: '/api/v3' });
    await write(fake, 'two', { token, api: '/api/v3' });
    expect(fake.commentsOf(1)).toEqual([matching(/two$/)]);
    expect(fake.exchanges.map(({ url }) => url)).toContain('/api/graphql');
  });

  it("is GITHUB_TOKEN's where the token may not ask whose it is, and waits where GitHub fails", async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'one');
    fake.fail({ kind: 'forbidden', on: 'graphql', times: 1 });
    await write(fake, 'two');
    expect(fake.commentsOf(1)).toEqual([matching(/two$/)]);
    fake.fail({ kind: 'bad-gateway', on: 'graphql' });
    await expect(write(fake, 'three')).rejects.toThrow('could not answer POST /graphql');
  });

  it('survives that somebody deletes it meanwhile', async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'one');
    await write(fake, () => {
      if (fake.commentsOf(1)[0]?.endsWith('one') === true) fake.world.comments.length = 0;
      return Promise.resolve('two');
    });
    expect(fake.commentsOf(1)).toEqual([matching(/two$/)]);
  });

  it('ends with a reason where it never comes to rest', async () => {
    await using fake = await startWithPullRequest();
    let renders = 0;
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const outcome = await write(fake, () => Promise.resolve(`render ${renders++}`));
    vi.restoreAllMocks();
    expect(outcome).toEqual({ done: false, reason: matching(/changed after each of 60 writes/) });
  });

  it('of a newer run or attempt is never overwritten by an older one', async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'run 4', { stamp: { ...STAMP, runNumber: 4 } });
    expect(await write(fake, 'run 3')).toEqual({
      done: false,
      reason: 'run 4, attempt 1, has commented already; this is run 3, attempt 1.',
    });
    await write(fake, 'again', { stamp: { ...STAMP, runNumber: 4, runAttempt: 2 } });
    expect(await write(fake, 'late', { stamp: { ...STAMP, runNumber: 4 } })).toMatchObject({ done: false });
    expect(fake.commentsOf(1)).toEqual([containing('again')]);
  });

  it('keeps the lowest id where two were created at once', async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'one');
    const [first] = fake.world.comments;
    if (first === undefined) throw new Error('no comment');
    fake.world.comments.push({ ...first, id: first.id + 50, body: first.body });
    await write(fake, 'two');
    expect(fake.world.comments.map(({ id }) => id)).toEqual([first.id]);
  });

  it('is rendered again until nothing is new', async () => {
    await using fake = await startWithPullRequest();
    const sections = ['a'];
    let renders = 0;
    await write(fake, () => {
      renders += 1;
      if (renders === 2) sections.push('b');
      return Promise.resolve(sections.join('\n'));
    });
    expect(fake.commentsOf(1)[0]).toMatch(/a\nb$/);
  });

  it('is repaired by whoever overwrote the newer one of another job with an older render', async () => {
    await using fake = await startWithPullRequest();
    await write(fake, 'nothing yet');
    const uploaded = ['a'];
    const whole = (): Promise<string> => Promise.resolve(uploaded.join('\n'));
    let overtaken = false;
    await write(fake, async () => {
      const stale = await whole();
      if (!overtaken) {
        overtaken = true;
        uploaded.push('b');
        await write(fake, whole);
        expect(fake.commentsOf(1)[0]).toMatch(/a\nb$/);
      }
      return stale;
    });
    expect(fake.commentsOf(1)).toEqual([matching(/a\nb$/)]);
  });

  it('never exceeds what GitHub takes', async () => {
    await using fake = await startWithPullRequest();
    expect(await write(fake, `${'x'.repeat(99)}\n`.repeat(1000))).toMatchObject({ done: true });
    expect(fake.commentsOf(1)[0]?.length).toBeLessThanOrEqual(65_536);
    expect(fake.commentsOf(1)[0]).toMatch(/left out/);
  });

  it('ends with a reason that names the permission, in no token, one that may only read, and a bad one', async () => {
    await using fake = await startWithPullRequest();
    const reader = fake.token({ permissions: { 'pull-requests': 'read' } });
    expect(await write(fake, 'x', { token: reader })).toEqual({
      done: false,
      reason: matching(/`pull-requests: write`.*fork/s),
    });
    const none = fake.token({ permissions: { contents: 'read' } });
    expect(await write(fake, 'x', { token: none })).toMatchObject({
      reason: containing('pull-requests'),
    });
    expect(await write(fake, 'x', { token: 'ghs_bad' })).toMatchObject({
      reason: containing('401'),
    });
    expect(fake.commentsOf(1)).toEqual([]);
  });
});

it(
  'holds all sections of fifty processes that write at once, in one comment',
  { timeout: 240_000 },
  async () => {
    await using fake = await startWithPullRequest();
    const environment = await fake.environment({ directory, workspace: directory });
    const names = Array.from({ length: 50 }, (_, index) => `job-${String(index).padStart(2, '0')}`);
    const script = join(import.meta.dirname, 'comment-writer.ts');
    const children = names.map((name) =>
      spawn(process.execPath, [script, directory, name], {
        env: { PATH: process.env['PATH'], ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
    const readers = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    await Promise.all(readers.map((reader) => reader.next()));
    await writeFile(join(directory, 'go'), '');
    const outcomes = await Promise.all(
      readers.map(async (reader) => JSON.parse(String((await reader.next()).value)) as HostOutcome),
    );
    for (const child of children) if (child.exitCode === null) await once(child, 'exit');

    expect(outcomes.filter(({ done }) => !done)).toEqual([]);
    const [comment = '', ...others] = fake.commentsOf(1);
    expect(others).toEqual([]);
    expect([...comment.matchAll(/^## (\S+)$/gm)].map(([, name]) => name)).toEqual(names);
    // They did meet: one writer alone would have created one comment and deleted none.
    expect(writesTo(fake).filter((method) => method !== 'POST').length).toBeGreaterThan(5);
  },
);
