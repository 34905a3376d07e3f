import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../shared/errors.ts';
import { createClient } from '../../../shared/github/client.ts';
import { stopOlder } from '../../../actions/train-model/src/engines/github/supersede.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { dispatched, FakeClock, follow, JOB, KEY, openEngine, prepareWorld, record } from './scene.ts';

const { signal } = new AbortController();
const keyOf = (index: number): string => index.toString(16).padStart(40, '0');

async function dispatchMany(fake: FakeGitHub, count: number): Promise<void> {
  const clock = new FakeClock();
  prepareWorld(fake, clock);
  const client = async () =>
    await createClient({
      token: fake.defaultToken,
      environment: { GITHUB_API_URL: fake.url },
      logger: quietLogger(),
      secondMs: 2,
    });
  const keys = Array.from({ length: count }, (_, index) => keyOf(index));
  const submissions = await Promise.all(
    keys.map(async (key) => {
      const engine = await openEngine(
        fake,
        { now: () => clock.now(), sleep: () => Promise.resolve() },
        { key, client: await client() },
      );
      expect(await engine.find(key, signal)).toBeUndefined();
      return { key, engine, submission: await engine.submit(JOB, key, signal) };
    }),
  );
  expect(new Set(submissions.map(({ submission }) => submission.id)).size).toBe(count);
  for (const { key, submission } of submissions) {
    const own = fake.world.dispatches.find(({ runId }) => String(runId) === submission.id);
    expect(JSON.parse(own?.inputs['job'] ?? '')).toMatchObject({ submissionKey: key });
  }
  // A later attempt finds each of them.
  for (const { key, submission } of submissions.slice(0, 5)) {
    const again = await openEngine(fake, clock, { key, origin: { runAttempt: 2, fork: false } });
    expect(await again.find(key, signal)).toEqual(submission);
  }
  expect(fake.world.dispatches).toHaveLength(count);
}

describe('many dispatches at once', () => {
  it('200 attach each to its own run', async () => {
    await using fake = await startFakeGitHub();
    await dispatchMany(fake, 200);
  });

  it('on a server that cannot tell which run it made, each is found by its title', async () => {
    await using fake = await startFakeGitHub({ dispatchDetails: false });
    await dispatchMany(fake, 40);
    expect(fake.exchanges.some(({ status }) => status === 204)).toBe(true);
  });
});

describe('a step that is run again', () => {
  it('attaches to what lives, and to what succeeded; what failed gets a new generation', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const first = await openEngine(fake, clock);
    const submission = await first.submit(JOB, KEY, signal);
    const runId = dispatched(fake);
    const again = await openEngine(fake, clock, { origin: { runAttempt: 2, fork: false } });
    expect(await again.find(KEY, signal)).toEqual(submission);
    fake.world.startRun(runId);
    record(fake, runId);
    fake.world.finishRun(runId, 'success');
    const third = await openEngine(fake, clock);
    const found = await third.find(KEY, signal);
    if (found === undefined) throw new Error('not found');
    expect((await follow(third, found, clock)).followed.status.phase).toBe('succeeded');
    expect((await third.recorded(found, signal))?.body?.metrics).toEqual({ accuracy: 0.9 });

    const other = keyOf(7);
    const failing = await openEngine(fake, clock, { key: other });
    const failed = await failing.submit(JOB, other, signal);
    fake.world.finishRun(dispatched(fake, 1), 'failure');
    const retry = await openEngine(fake, clock, { key: other });
    expect(await retry.find(other, signal)).toBeUndefined();
    const second = await retry.submit(JOB, other, signal);
    expect(JSON.parse(fake.world.dispatches[2]?.inputs['job'] ?? '')).toMatchObject({
      generation: 2,
      previous: [failed.id],
    });
    expect(retry.dispatchOf(second)).toMatchObject({ generation: 2, runId: second.id });
    expect(fake.world.dispatches).toHaveLength(3);
  });

  it('does not train again what was trained where only the gate or the closing job failed', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const submission = await (await openEngine(fake, clock)).submit(JOB, KEY, signal);
    const runId = dispatched(fake);
    fake.world.startRun(runId);
    record(fake, runId);
    fake.world.finishRun(runId, 'failure');
    const again = await openEngine(fake, clock);
    const found = await again.find(KEY, signal);
    expect(found).toEqual(submission);
    if (found === undefined) return;
    expect((await follow(again, found, clock)).followed.status.phase).toBe('succeeded');
  });

  it('takes of two runs of one title the one that was first', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock);
    await engine.submit(JOB, KEY, signal);
    await (await openEngine(fake, clock)).submit(JOB, KEY, signal);
    const again = await openEngine(fake, clock);
    expect((await again.find(KEY, signal))?.id).toBe(String(dispatched(fake, 0)));
  });

  it('is not dispatched for the hundred-and-first time', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const run = fake.world.run({
      event: 'workflow_dispatch',
      displayTitle: `Train digits ${KEY}.100`,
      path: '.github/workflows/trainyard-worker.yml',
      status: 'completed',
      conclusion: 'failure',
    });
    expect(run.conclusion).toBe('failure');
    const engine = await openEngine(fake, clock);
    expect(await engine.find(KEY, signal)).toBeUndefined();
    await expect(engine.submit(JOB, KEY, signal)).rejects.toThrow('was dispatched 100 times already');
  });
});

describe('a dispatch that GitHub refuses', () => {
  it('names the permission that the token lacks', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const token = fake.token({ permissions: { actions: 'read', contents: 'read' } });
    const engine = await openEngine(fake, clock, { token });
    expect(await engine.check(JOB, signal)).toEqual([]);
    const refused = await engine.submit(JOB, KEY, signal).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toMatchObject({
      message: expect.stringContaining('the permission `actions: write` is missing') as string,
      remedy: expect.stringContaining('Add `actions: write` to the `permissions:` of the job') as string,
    });
  });

  it.each([
    [{ ref: 'c'.repeat(40) }, 'No ref found for: cccc'],
    [{ dispatch: { workerInputs: { size: '1' } } }, 'Unexpected inputs provided'],
    [
      { dispatch: { workerInputs: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`i${i}`, ''])) } },
      'you may only define up to 25',
    ],
  ])('with %j', async (options, message) => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock, options);
    const refused = await engine.submit(JOB, KEY, signal).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(String(refused)).toContain('GitHub does not dispatch .github/workflows/trainyard-worker.yml on');
    expect(String(refused)).toContain(message);
    // The referee knows the limit too.
    for (const violation of fake.takeViolations()) expect(violation).toContain('more than 25');
    expect(fake.world.dispatches).toHaveLength(0);
  });

  it('says so where its run never appears', async () => {
    await using fake = await startFakeGitHub({ dispatchDetails: false });
    const clock = new FakeClock();
    prepareWorld(fake, clock, '{on: {workflow_dispatch: {inputs: {job: {}}}}, run-name: same, jobs: {}}');
    const engine = await openEngine(fake, clock);
    await expect(engine.submit(JOB, KEY, signal)).rejects.toThrow(
      /but no run with the title "Train digits .*" appeared/,
    );
  });

  it('leaves no run behind where the step is cancelled meanwhile', async () => {
    for (const abandonable of [true, false]) {
      await using fake = await startFakeGitHub();
      const clock = new FakeClock();
      prepareWorld(fake, clock);
      const said: string[] = [];
      const engine = await openEngine(fake, clock, { said });
      const cancelled = new AbortController();
      const world = fake.world;
      // The step is cancelled in the moment in which GitHub takes the dispatch.
      world.host = {
        start: () => {
          cancelled.abort();
        },
        cancel: (run) => void world.finishRun(run.id, 'cancelled'),
      };
      if (!abandonable) fake.fail({ kind: 'forbidden', on: '/cancel$' });
      await expect(engine.submit(JOB, KEY, cancelled.signal)).rejects.toThrow();
      expect(world.runs[0]?.conclusion).toBe(abandonable ? 'cancelled' : null);
      expect(said.join('\n')).toContain(
        abandonable ? 'Cancelled the run that had just been dispatched' : 'may have been dispatched',
      );
    }
  });
});

describe('a newer commit of a pull request', () => {
  it('stops the trainings of older commits, and nothing else', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    const sha = prepareWorld(fake, clock);
    const { world } = fake;
    const start = async (key: string, pullRequest?: number): Promise<number> => {
      const engine = await openEngine(fake, clock, {
        key,
        ...(pullRequest === undefined ? {} : { pullRequest }),
      });
      return Number((await engine.submit(JOB, key, signal)).id);
    };
    const older = await start(keyOf(1), 3);
    const ended = await start(keyOf(2), 3);
    world.finishRun(ended, 'failure');
    const otherPull = await start(keyOf(3), 33);
    const noPull = await start(keyOf(4));
    await clock.sleep(60_000);
    const own = world.run({ event: 'pull_request' });
    await clock.sleep(60_000);
    const sameRun = await start(keyOf(5), 3);
    const client = await createClient({
      token: fake.defaultToken,
      environment: { GITHUB_API_URL: fake.url },
      logger: quietLogger(),
      secondMs: 2,
    });
    const said: string[] = [];
    const options = {
      client,
      repository: 'acme/digits',
      workflow: 'trainyard-worker.yml',
      model: 'digits',
      pullRequest: 3,
      keepKey: keyOf(6),
      headSha: 'e'.repeat(40),
      runId: String(own.id),
      logger: quietLogger(said),
    };
    // Of the same commit, whatever its age.
    expect(await stopOlder({ ...options, headSha: sha }, signal)).toEqual([]);
    expect(await stopOlder({ ...options, keepKey: keyOf(1) }, signal)).toEqual([]);
    fake.fail({ kind: 'forbidden', on: '/cancel$', times: 1 });
    expect(await stopOlder(options, signal)).toEqual([]);
    expect(said.join('\n')).toContain('Older trainings of #3 may go on');
    expect(await stopOlder(options, signal)).toEqual([
      `https://github.com/acme/digits/actions/runs/${older}`,
    ]);
    expect(world.runs.find(({ id }) => id === older)?.conclusion).toBe('cancelled');
    for (const id of [otherPull, noPull, sameRun]) {
      expect(world.runs.find((run) => run.id === id)?.status).toBe('queued');
    }
    const gone = AbortSignal.abort();
    await expect(stopOlder(options, gone)).rejects.toThrow();
  });
});
