import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectWaivers } from '../../actions/evaluate-gate/src/waivers/collect-waivers.ts';
import type { Origin } from '../../shared/github/code-host.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { quietLogger } from '../github/quiet-logger.ts';
import { commitOf } from '../record/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';

const HEAD = 'a'.repeat(40);
const MERGED = 'c'.repeat(40);
const signal = new AbortController().signal;
let fake: FakeGitHub;
let directory: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-waivers-')));
  fake = await startFakeGitHub();
  environment = await fake.environment({ directory, workspace: directory, runId: 1 });
});
beforeEach(() => {
  fake.faults.clear();
  fake.world.pullRequests.splice(0);
  fake.world.comments.splice(0);
  fake.world.permissions.clear();
  fake.world.pullRequests.push({
    id: 9,
    number: 3,
    state: 'open',
    title: 'wider',
    head: { ref: 'wider', sha: HEAD, repository: 'acme/digits' },
    base: { ref: 'main', sha: 'b'.repeat(40) },
    created: new Date(),
    author: 'ann',
  });
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const WAIVER = `/trainyard waive accuracy.max-regression at ${HEAD.slice(0, 8)} until 2999-01-31 because a known bug`;

function comment(login: string, body: string): void {
  const now = new Date();
  fake.world.comments.push({
    id: fake.world.nextId(),
    issue: 3,
    login,
    body,
    created: now,
    updated: now,
  });
}

async function collect(origin: Pick<Origin, 'event' | 'headSha' | 'pullRequest'>, said: string[] = []) {
  return await collectWaivers({
    token: fake.token({ permissions: { 'pull-requests': 'read' } }),
    selfWaiver: false,
    context: {
      host: { kind: 'github' } as never,
      origin: terminalOrigin({ repository: 'acme/digits', ...origin }),
      commit: commitOf({ repository: 'acme/digits' }),
      environment,
      logger: quietLogger(said),
      signal,
    },
  });
}

const PULL = {
  event: 'pull_request',
  headSha: HEAD,
  pullRequest: { number: 3, headSha: HEAD, baseSha: 'b'.repeat(40), baseRef: 'main', fork: false },
};

describe('waivers in the comments of a pull request', () => {
  it('come with what GitHub says of who wrote them', async () => {
    fake.world.permissions.set('bea', 'write');
    comment('bea', WAIVER);
    comment('cal', WAIVER);
    comment('renovate[bot]', WAIVER);
    comment('bea', 'No waiver.');
    const found = await collect(PULL);
    expect(found?.requests.map(({ by, isBot, commit }) => [by, isBot, commit])).toEqual([
      ['bea', false, HEAD.slice(0, 8)],
      ['cal', false, HEAD.slice(0, 8)],
      ['renovate[bot]', true, HEAD.slice(0, 8)],
    ]);
    expect(found?.circumstances).toMatchObject({ heads: [HEAD], authors: ['ann'], selfWaiver: false });
    expect(Object.fromEntries(found?.circumstances.permissions ?? [])).toMatchObject({
      bea: 'write',
      cal: 'read',
    });
  });

  it('tell when a comment was changed after it was written, by whom nobody knows', async () => {
    comment('bea', 'Looks good.');
    comment('bea', WAIVER);
    const [first] = fake.world.comments;
    if (first === undefined) throw new Error('no comment');
    first.body = WAIVER;
    first.updated = new Date(first.created.getTime() + 60_000);
    expect((await collect(PULL))?.requests.map(({ edited }) => edited)).toEqual([true, false]);
  });

  it('are found behind more comments than a page holds', async () => {
    for (let index = 0; index < 120; index += 1) comment('bea', `Comment ${index}`);
    comment('bea', WAIVER);
    expect((await collect(PULL))?.requests).toHaveLength(1);
  });

  it('hold on the default branch for what that pull request brought, and nowhere else', async () => {
    comment('bea', WAIVER);
    const push = { event: 'push', headSha: MERGED, pullRequest: null };
    expect(await collect(push)).toBeUndefined();
    const [pull] = fake.world.pullRequests;
    if (pull !== undefined) pull.mergedAs = MERGED;
    expect((await collect(push))?.circumstances.heads).toEqual([MERGED, HEAD]);
    expect(await collect({ ...push, event: 'schedule' })).toBeUndefined();
  });

  it('that cannot be read waive nothing, and that is told', async () => {
    comment('bea', WAIVER);
    fake.fail({ kind: 'forbidden', on: '/issues/3/comments' });
    const said: string[] = [];
    expect(await collect(PULL, said)).toBeUndefined();
    expect(said.join('\n')).toContain('Waivers could not be read, so none counts');
  });
});
