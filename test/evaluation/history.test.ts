import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryLine } from '../../actions/evaluate-gate/src/history/decide/history-line.ts';
import {
  appendHistory,
  HISTORY_BRANCH,
  readHistory,
} from '../../actions/evaluate-gate/src/history/history-branch.ts';
import { keepHistory, readPast } from '../../actions/evaluate-gate/src/history/keep-history.ts';
import { createClient } from '../../shared/github/client.ts';
import type { Origin } from '../../shared/github/code-host.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { mergeGroupPayload, pushPayload } from '../github/payloads.ts';
import { quietLogger } from '../github/quiet-logger.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';
import { evaluationBody } from '../report/fixtures.ts';

const HEAD = 'a'.repeat(40);
const REF = `refs/heads/${HISTORY_BRANCH}`;
const { signal } = new AbortController();
let fake: FakeGitHub;
let directory: string;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-history-')));
  fake = await startFakeGitHub();
  environment = await fake.environment({ directory, workspace: directory, runId: 1 });
  await event(pushPayload(HEAD));
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

async function event(payload: unknown): Promise<void> {
  await writeFile(String(environment['GITHUB_EVENT_PATH']), JSON.stringify(payload));
}

function lineOf(change: Partial<HistoryLine> & { readonly runId?: number } = {}): HistoryLine {
  const { runId = 1, ...rest } = change;
  return {
    schemaVersion: 1,
    model: 'digits',
    commit: HEAD,
    treeHash: null,
    run: { id: String(runId), attempt: 1, key: 'gate', url: null },
    created: '2026-11-23T00:00:00Z',
    verdict: 'pass',
    modelDigest: 'b'.repeat(64),
    evaluationSetDigest: 'c'.repeat(64),
    gateDigest: null,
    metrics: [{ name: 'accuracy', value: 0.9, n: 100 }],
    ...rest,
  };
}

async function branchOf(token = fake.defaultToken) {
  const client = await createClient({ token, environment, logger: quietLogger([]) });
  return { client, repository: 'acme/digits', signal, backoffMs: 5 };
}

/** Commits of the branch, newest first, with their files. */
function commits(): { files: Record<string, string>; parents: string[] }[] {
  const found: { files: Record<string, string>; parents: string[] }[] = [];
  for (let sha = fake.world.refs.get(REF); sha !== undefined;) {
    const text = fake.world.git.read(sha)?.bytes.toString() ?? '';
    const parents = [...text.matchAll(/^parent (\w+)$/gm)].map((match) => match[1] ?? '');
    const files = fake.world.git.files(fake.world.git.treeOf(sha) ?? '');
    found.push({
      files: Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, bytes.toString()])),
      parents,
    });
    sha = parents[0];
  }
  return found;
}

const fileOf = (path: string): string => commits()[0]?.files[path] ?? '';
const runsIn = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as HistoryLine).run.id);

describe('the branch of history', () => {
  it('is begun without parents, and says what it is', async () => {
    const branch = await branchOf();
    expect(await readHistory(branch, 'digits')).toBe('');
    expect(await appendHistory(branch, lineOf())).toBe('written');
    expect(commits()).toHaveLength(1);
    expect(commits()[0]?.parents).toEqual([]);
    expect(Object.keys(commits()[0]?.files ?? {})).toEqual(['README.md', 'metrics/digits.jsonl']);
    expect(JSON.parse(await readHistory(branch, 'digits'))).toEqual(lineOf());
  });

  it('gets a commit a line, by fast-forward, and keeps other models', async () => {
    const branch = await branchOf();
    await appendHistory(branch, lineOf());
    await appendHistory(branch, lineOf({ model: 'letters' }));
    expect(await appendHistory(branch, lineOf({ runId: 2 }))).toBe('written');
    expect(commits()).toHaveLength(3);
    expect(runsIn(fileOf('metrics/digits.jsonl'))).toEqual(['1', '2']);
    expect(runsIn(fileOf('metrics/letters.jsonl'))).toEqual(['1']);
    const updates = fake.exchanges.filter(({ method }) => method === 'PATCH');
    expect(updates.map(({ requestBody }) => requestBody)).toMatchObject([{ force: false }, { force: false }]);
  });

  it('does not double the line of one step, and keeps that of another attempt', async () => {
    const branch = await branchOf();
    await appendHistory(branch, lineOf());
    expect(await appendHistory(branch, lineOf())).toBe('present');
    expect(commits()).toHaveLength(1);
    await appendHistory(branch, lineOf({ run: { id: '1', attempt: 2, key: 'gate', url: null } }));
    expect(runsIn(fileOf('metrics/digits.jsonl'))).toEqual(['1', '1']);
  });

  it('loses and doubles no line of eight writers at once', { timeout: 60_000 }, async () => {
    const runs = Array.from({ length: 8 }, (_, index) => index + 1);
    const ended = await Promise.all(
      runs.map(async (runId) =>
        appendHistory(await branchOf(), lineOf({ runId, model: runId % 2 === 0 ? 'digits' : 'letters' })),
      ),
    );
    expect(ended).toEqual(runs.map(() => 'written'));
    // Somebody was too late, or this has shown nothing.
    expect(fake.exchanges.some(({ status }) => status === 422)).toBe(true);
    expect(runsIn(fileOf('metrics/digits.jsonl')).sort()).toEqual(['2', '4', '6', '8']);
    expect(runsIn(fileOf('metrics/letters.jsonl')).sort()).toEqual(['1', '3', '5', '7']);
    expect(commits()).toHaveLength(8);
  });

  it('is not moved twice where the answer was lost', { timeout: 60_000 }, async () => {
    const branch = await branchOf();
    await appendHistory(branch, lineOf());
    fake.fail({ kind: 'reset-after-success', on: 'PATCH .*/git/refs/', times: 1 });
    await appendHistory(branch, lineOf({ runId: 2 }));
    expect(runsIn(fileOf('metrics/digits.jsonl'))).toEqual(['1', '2']);
  });

  it('is read where it is larger than the contents API shows, and not where it is larger than it may be', async () => {
    const branch = await branchOf();
    const big = `${JSON.stringify(lineOf())}\n`.repeat(4000);
    expect(big.length).toBeGreaterThan(1024 * 1024);
    fake.commit({ 'metrics/digits.jsonl': big }, { ref: REF });
    expect(await readHistory(branch, 'digits')).toBe(big);
    await appendHistory(branch, lineOf({ runId: 2 }));
    expect(runsIn(fileOf('metrics/digits.jsonl'))).toHaveLength(1000);
    fake.commit({ 'metrics/digits.jsonl': Buffer.alloc(9 * 1024 * 1024, 32) }, { ref: REF });
    await expect(readHistory(branch, 'digits')).rejects.toThrow(/9437184 bytes, and at most 8388608/);
  });

  it('holds no lines where a folder lies in their place', async () => {
    fake.commit({ 'metrics/digits.jsonl/x': 'x' }, { ref: REF });
    await expect(readHistory(await branchOf(), 'digits')).rejects.toThrow('is no file');
  });
});

const PUSH: Partial<Origin> = { event: 'push', ref: 'refs/heads/main', headSha: HEAD };

async function keep(
  origin: Partial<Origin> = PUSH,
  change: { token?: string; history?: 'auto' | 'off'; verdict?: 'pass' | 'error' } = {},
): Promise<{ notices: string[]; said: string[] }> {
  const said: string[] = [];
  const { token = fake.defaultToken, history = 'auto', verdict = 'pass' } = change;
  const notices = await keepHistory(
    {
      inputs: { token, history },
      model: 'digits',
      context: {
        host: { kind: 'github' } as never,
        origin: terminalOrigin({ repository: 'acme/digits', ...origin }),
        commit: commitOf({ repository: 'acme/digits' }),
        run: runOf({ id: '7', key: 'gate' }),
        environment,
        logger: quietLogger(said),
        signal,
      },
    },
    { body: evaluationBody(), conclusion: { verdict } as never },
  );
  return { notices, said };
}

async function past(token = fake.defaultToken, said: string[] = []) {
  return readPast({
    inputs: { token, history: 'auto' },
    model: 'digits',
    context: {
      host: { kind: 'github' } as never,
      origin: terminalOrigin({ repository: 'acme/digits', ...PUSH }),
      commit: commitOf({ repository: 'acme/digits' }),
      run: runOf({ id: '7', key: 'gate' }),
      environment,
      logger: quietLogger(said),
      signal,
    },
  });
}

describe('history of the default branch', () => {
  it('is kept of what was judged there, and read again', async () => {
    const { notices } = await keep();
    expect(notices).toEqual([]);
    const line = JSON.parse(fileOf('metrics/digits.jsonl')) as HistoryLine;
    expect(line).toMatchObject({ model: 'digits', commit: HEAD, verdict: 'pass', run: { id: '7' } });
    // What rules speak of goes first.
    expect(line.metrics[0]?.name).toBe('accuracy');
    const found = await past(fake.token({ permissions: { contents: 'read' } }));
    expect(found?.lines).toEqual([line]);
    expect(found?.notices).toEqual([]);
  });

  it.each<[string, Partial<Origin>, unknown?]>([
    [
      'a pull request',
      {
        event: 'pull_request',
        pullRequest: { number: 3, headSha: HEAD, baseSha: HEAD, baseRef: 'main', fork: false },
      },
    ],
    ['a merge queue', { event: 'merge_group' }, mergeGroupPayload({ number: 3, head: HEAD, base: HEAD })],
    ['a fork', { event: 'push', fork: true }],
    ['another branch', { event: 'push', ref: 'refs/heads/topic' }],
    ['a tag of the same name', { event: 'push', ref: 'refs/tags/main' }],
    ['an event that names no default branch', { event: 'push' }, {}],
    ['an event that cannot be read', { event: 'push' }, 'text'],
    ['an unknown commit', { event: 'push', headSha: null }],
  ])('is not kept of %s', async (_, origin, payload) => {
    if (payload !== undefined) await event(payload);
    expect((await keep({ ...PUSH, ...origin })).notices).toEqual([]);
    expect(fake.world.refs.has(REF)).toBe(false);
    expect(fake.exchanges).toEqual([]);
  });

  it('is kept of a schedule, whose event names no branch, and of a dispatch', async () => {
    await event({ schedule: '0 0 * * *' });
    await keep({ ...PUSH, event: 'schedule' });
    expect(commits()).toHaveLength(1);
    await event({ repository: { default_branch: 'main' } });
    fake.world.refs.delete(REF);
    await keep({ ...PUSH, event: 'workflow_dispatch' });
    expect(commits()).toHaveLength(1);
  });

  it('is not kept where nothing was judged, or it is off', async () => {
    await keep(PUSH, { verdict: 'error' });
    await keep(PUSH, { history: 'off' });
    expect(fake.exchanges).toEqual([]);
  });

  it('is off without `contents: write`, and says so', async () => {
    const token = fake.token({ permissions: { contents: 'read' } });
    const { notices } = await keep(PUSH, { token });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/^History is off.*`contents: write`.*`history: off`/);
    expect(fake.world.refs.has(REF)).toBe(false);
    const blind = await past(fake.token({ permissions: {} }));
    expect(blind?.notices[0]).toMatch(/could not be read.*`contents: read`/);
  });

  it('is off where a rule protects the branch, after one try', async () => {
    fake.world.protectedRefs.add(REF);
    expect((await keep()).notices[0]).toContain('Repository rule violations found');
    expect(fake.exchanges.filter(({ url }) => url.endsWith('/git/trees'))).toHaveLength(1);
    fake.world.protectedRefs.clear();
    await keep();
    fake.world.protectedRefs.add(REF);
    await event(pushPayload(HEAD));
    const branch = await branchOf();
    await expect(appendHistory(branch, lineOf({ runId: 9 }))).rejects.toThrow('rule violations');
    expect(commits()).toHaveLength(1);
  });

  it('gives up where others are always faster', { timeout: 60_000 }, async () => {
    await keep();
    const branch = await branchOf();
    let others = 100;
    branch.client.hook.before('request', ({ method, url }) => {
      // Somebody moves the branch between each reading and each writing.
      if (method !== 'PATCH' || !url.includes('/git/refs')) return;
      others += 1;
      const tip = fake.world.refs.get(REF) ?? '';
      const text = `${JSON.stringify(lineOf({ runId: others }))}\n`;
      fake.commit({ 'metrics/digits.jsonl': text }, { ref: REF, parents: [tip] });
    });
    await expect(appendHistory({ ...branch, backoffMs: 0 }, lineOf({ runId: 2 }))).rejects.toThrow(
      /moved by others each of 16 times/,
    );
    expect(others).toBe(116);
  });

  it('that somebody wrote by hand is skipped line by line, and counted', async () => {
    const good = JSON.stringify(lineOf());
    const text = [
      good,
      'no JSON',
      '{"__proto__": {"polluted": true}}',
      JSON.stringify(lineOf({ model: 'letters' })),
      JSON.stringify({ ...lineOf(), metrics: [{ name: 'accuracy', value: '0.9', n: 1 }] }),
      good.replace('0.9', '1e999'),
      good.replace(HEAD, '<script>'),
      `{"x": "${'x'.repeat(100_000)}"}`,
      '',
    ].join('\n');
    fake.commit({ 'metrics/digits.jsonl': text }, { ref: REF });
    const found = await past();
    expect(found?.lines).toEqual([lineOf()]);
    expect(found?.notices).toEqual([
      '7 lines about digits in the branch trainyard/history could not be read and are left out.',
    ]);
    expect(Object.prototype).not.toHaveProperty('polluted');
    fake.commit({ 'metrics/digits.jsonl': 'x' }, { ref: REF });
    expect((await past())?.notices[0]).toMatch(/^1 line about .* is left out/);
  });

  it('ends with a cancelled step, and not with a GitHub that fails', { timeout: 60_000 }, async () => {
    fake.fail({ kind: 'bad-gateway' });
    environment['TRAINYARD_GITHUB_TIMEOUT_SECONDS'] = '1';
    expect((await past())?.notices[0]).toMatch(/could not be read: GitHub could not answer/);
    fake.faults.clear();
    fake.fail({ kind: 'silence' });
    const cancelled = AbortSignal.timeout(100);
    const branch = { ...(await branchOf()), signal: cancelled };
    await expect(appendHistory(branch, lineOf())).rejects.toThrow();
  });
});
