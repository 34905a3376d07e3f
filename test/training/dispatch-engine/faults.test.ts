import { describe, expect, it } from 'vitest';
import { InfrastructureError, UsageError } from '../../../shared/errors.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { type FaultKind, Faults } from '../../github/faults.ts';
import {
  dispatched,
  FakeClock,
  follow,
  JOB,
  KEY,
  openEngine,
  prepareWorld,
  publish,
  record,
  type Told,
} from './scene.ts';

const { signal } = new AbortController();

interface Played {
  readonly requests: string[];
  readonly told: Told;
  readonly stayed: number;
}

/** A whole training, dispatched, followed and ended, in which one request of GitHub's API meets a fault. */
async function play(fake: FakeGitHub, fault?: { kind: FaultKind; at: number }): Promise<Played> {
  const clock = new FakeClock();
  prepareWorld(fake, clock);
  const requests: string[] = [];
  const one = new Faults();
  if (fault !== undefined) one.add({ kind: fault.kind, times: 1 });
  fake.faults.match = (received) => {
    if (!received.url.pathname.startsWith('/repos/')) return undefined;
    requests.push(`${received.method} ${received.url.pathname}`);
    return requests.length - 1 === fault?.at ? one.match(received) : undefined;
  };
  const engine = await openEngine(fake, clock, { timeoutMs: 700 });
  expect(await engine.check(JOB, signal)).toEqual([]);
  const submission = (await engine.find(KEY, signal)) ?? (await engine.submit(JOB, KEY, signal));
  const runId = Number(submission.id);
  clock.at(clock.now() + 30_000, () => fake.world.startRun(runId));
  clock.at(clock.now() + 60_000, () => publish(fake, runId, 1));
  clock.at(clock.now() + 120_000, () => {
    record(fake, runId);
    fake.world.finishRun(runId, 'success');
  });
  const told = await follow(engine, submission, clock);
  return { requests, told, stayed: fake.world.dispatches.length };
}

const CLEAN = await (async () => {
  await using fake = await startFakeGitHub();
  return await play(fake);
})();
/** The polls in between are alike: the first of each kind of request, and the last ones, are enough. */
const INDEXES = CLEAN.requests.flatMap((request, index) =>
  CLEAN.requests.indexOf(request) >= index - 1 || index >= CLEAN.requests.length - 6 ? [index] : [],
);

describe('one request that fails, wherever it is', () => {
  it('is one of every kind that a training makes', () => {
    const kinds = new Set(CLEAN.requests.map((request) => request.replaceAll(/\d+/g, 'N')));
    expect([...kinds]).toMatchInlineSnapshot(`
      [
        "GET /repos/acme/digits/actions/workflows/trainyard-worker.yml",
        "GET /repos/acme/digits/contents/.github%NFworkflows%NFtrainyard-worker.yml",
        "GET /repos/acme/digits/actions/workflows/trainyard-worker.yml/runs",
        "POST /repos/acme/digits/actions/workflows/trainyard-worker.yml/dispatches",
        "GET /repos/acme/digits/actions/runs/N",
        "GET /repos/acme/digits/actions/runs/N/jobs",
        "GET /repos/acme/digits/actions/runners",
        "GET /repos/acme/digits/actions/runs/N/artifacts",
        "GET /repos/acme/digits/actions/artifacts/N/zip",
      ]
    `);
    expect(CLEAN.told.followed.status.phase).toBe('succeeded');
    expect(CLEAN.told.points).toHaveLength(1);
  });

  const CASES = (
    ['bad-gateway', 'secondary-limit', 'reset', 'reset-after-success', 'silence-after-success'] as const
  ).flatMap((kind) => INDEXES.map((at) => ({ kind, at, request: CLEAN.requests[at] ?? '' })));
  it.each(CASES)(
    '$kind at $request ($at): the training succeeds, and one run trained',
    async ({ kind, at }) => {
      await using fake = await startFakeGitHub();
      const { told, stayed } = await play(fake, { kind, at });
      expect(told.followed.status).toMatchObject({ phase: 'succeeded', failureClass: null });
      expect(stayed).toBe(1);
      expect(fake.world.runs.some(({ conclusion }) => conclusion === 'cancelled')).toBe(false);
    },
  );

  it.each(INDEXES.map((at) => ({ at, request: CLEAN.requests[at] ?? '' })))(
    'a token that is refused at $request ($at) cancels nothing',
    async ({ at }) => {
      await using fake = await startFakeGitHub();
      const played = await play(fake, { kind: 'unauthorized', at }).catch((error: unknown) => error);
      expect(fake.world.runs.some(({ conclusion }) => conclusion === 'cancelled')).toBe(false);
      const dispatch = CLEAN.requests.findIndex((request) => request.startsWith('POST'));
      if (at <= dispatch) {
        expect(played).toBeInstanceOf(UsageError);
        expect(fake.world.dispatches).toHaveLength(0);
      } else if (played instanceof Error) {
        expect(played).toBeInstanceOf(InfrastructureError);
        expect(played.message).toMatch(/it goes on: https:\/\/github.com\/acme\/digits\/actions\/runs\/\d+$/);
        expect(played).toMatchObject({
          remedy: expect.stringContaining('attaches to the training') as string,
        });
      } else {
        // What only shows how it went may be missing.
        expect(played).toMatchObject({ told: { followed: { status: { phase: 'succeeded' } } } });
      }
    },
  );

  it('a dispatch whose answers are all lost is never repeated while its run is there', async () => {
    await using fake = await startFakeGitHub();
    fake.fail({ kind: 'reset-after-success', on: '^POST .*/dispatches$' });
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock);
    const submission = await engine.submit(JOB, KEY, signal);
    expect(submission.id).toBe(String(dispatched(fake)));
    expect(fake.world.dispatches).toHaveLength(1);
  });

  it('a dispatch that GitHub never takes ends with its reason, after three tries', async () => {
    await using fake = await startFakeGitHub();
    fake.fail({ kind: 'reset', on: '^POST .*/dispatches$' });
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock);
    await expect(engine.submit(JOB, KEY, signal)).rejects.toThrow(InfrastructureError);
    expect(fake.world.dispatches).toHaveLength(0);
    expect(clock.now()).toBeGreaterThan(120_000);
  });

  it('GitHub being away for half an hour is borne, and longer is told without cancelling', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const said: string[] = [];
    const engine = await openEngine(fake, clock, { said });
    const submission = await engine.submit(JOB, KEY, signal);
    const runId = dispatched(fake);
    clock.at(20_000, () => fake.world.startRun(runId));
    clock.at(60_000, () => {
      fake.fail({ kind: 'bad-gateway' });
    });
    clock.at(1_500_000, () => {
      fake.faults.clear();
    });
    clock.at(1_600_000, () => {
      fake.fail({ kind: 'bad-gateway' });
    });
    await expect(follow(engine, submission, clock)).rejects.toThrow(
      /GitHub could not be asked for 30 minutes, so that the training cannot be followed; it goes on: https/,
    );
    expect(clock.now()).toBeGreaterThan(3_400_000);
    expect(said.filter((line) => line.startsWith('warning: Following goes on although'))).toHaveLength(2);
    expect(fake.world.runs[0]?.status).toBe('in_progress');
  }, 240_000);
});
