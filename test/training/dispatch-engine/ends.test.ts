import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../../../shared/record/training-section.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import type { Submission } from '../../../actions/train-model/src/engines/engine.ts';
import type { GitHubEngine } from '../../../actions/train-model/src/engines/github.ts';
import {
  ATTEMPT,
  bodyOf,
  dispatched,
  FakeClock,
  follow,
  JOB,
  KEY,
  openEngine,
  prepareWorld,
  publish,
  record,
  type SceneOptions,
} from './scene.ts';

const { signal } = new AbortController();

interface Stage extends AsyncDisposable {
  readonly fake: FakeGitHub;
  readonly clock: FakeClock;
  readonly engine: GitHubEngine;
  readonly submission: Submission;
  readonly runId: number;
  readonly said: string[];
}

async function stage(options: SceneOptions = {}): Promise<Stage> {
  const fake = await startFakeGitHub();
  const clock = new FakeClock();
  prepareWorld(fake, clock);
  const said: string[] = [];
  const engine = await openEngine(fake, clock, { said, ...options });
  const submission = await engine.submit(JOB, KEY, signal);
  const runId = dispatched(fake);
  return {
    fake,
    clock,
    engine,
    submission,
    runId,
    said,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

const step = (name: string, conclusion: string | null) => ({
  name,
  number: 1,
  status: conclusion === null ? ('in_progress' as const) : ('completed' as const),
  conclusion,
});

describe('a training that fails', () => {
  it('ends as its worker recorded it, with the end of its log', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    clock.at(20_000, () => fake.world.startRun(runId));
    clock.at(50_000, () => {
      const log = Array.from({ length: 300 }, (_, n) => `2026-11-22T00:00:00.0000000Z line ${n}`).join('\n');
      fake.world.setJob(runId, 'train / train', { steps: [step('Train', 'failure')], log });
      const attempt = { ...ATTEMPT, exitCode: 1, failureClass: 'user-code' as const, reason: 'exit code 1' };
      record(fake, runId, { verdict: 'fail', body: bodyOf({ attempts: [attempt] }) });
      fake.world.finishRun(runId, 'failure');
    });
    const { followed, lines } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({
      phase: 'failed',
      failureClass: 'user-code',
      reason: 'exit code 1',
      exitCode: 1,
    });
    expect(lines).toHaveLength(101);
    expect(lines[0]).toContain('The end of the log of the step "Train"');
    expect(lines.at(-1)).toBe('line 299');
    // What has ended stays as it is, and nobody is asked again.
    const asked = fake.exchanges.length;
    expect((await engine.status(submission, signal)).phase).toBe('failed');
    expect(fake.exchanges).toHaveLength(asked);
  });

  it.each<[string, string, Parameters<FakeGitHub['world']['setJob']>[2] | undefined, FailureClass, string]>([
    ['cancelled', 'cancelled', { conclusion: 'cancelled' }, 'cancelled', 'The run was cancelled.'],
    [
      'failure',
      'lost',
      { conclusion: 'failure', steps: [step('Train', null)] },
      'lost',
      'GitHub lost the runner "gpu-1"',
    ],
    [
      'failure',
      'failed',
      { conclusion: 'failure', steps: [step('Check out', 'failure')] },
      'infrastructure',
      'The step "Check out"',
    ],
    ['startup_failure', 'failed', undefined, 'infrastructure', 'GitHub could not start the worker workflow'],
    [
      'timed_out',
      'failed',
      { conclusion: 'timed_out' },
      'time-limit',
      'The job was ended at its limit of 7200 minutes.',
    ],
    ['success', 'lost', { conclusion: 'success' }, 'lost', 'The worker succeeded but left no record'],
  ])('without a record, the run being %s, is %s', async (conclusion, phase, job, failureClass, reason) => {
    await using s = await stage({ maxAttempts: 1 });
    const { fake, clock, engine, submission, runId } = s;
    clock.at(20_000, () => {
      fake.world.startRun(runId);
      // A workflow that cannot be started has no jobs.
      if (job === undefined) fake.world.workflowJobs.splice(0);
      else fake.world.setJob(runId, 'train / train', job);
      fake.world.finishRun(runId, conclusion);
    });
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({ phase, failureClass });
    expect(followed.status.reason).toContain(reason);
    expect((await engine.recorded(submission, signal))?.body).toBeUndefined();
    expect((await engine.outputs(submission, signal)).files).toEqual([]);
  });

  it('with a record that is not its own is not believed', async () => {
    for (const forged of [
      { run: { id: '43' } },
      { run: { attempt: 1 }, commit: { treeHash: 'f'.repeat(40) } },
      { commit: { repository: 'evil/digits' } },
      { subject: 'other' },
    ]) {
      await using s = await stage({ maxAttempts: 1 });
      const { fake, clock, engine, submission, runId, said } = s;
      record(fake, runId, forged);
      fake.world.finishRun(runId, 'success');
      const { followed } = await follow(engine, submission, clock);
      expect(followed.status.failureClass).toBe('lost');
      expect(said.join('\n')).toMatch(
        /warning: The worker's record in .* is not believed: it (is of|says that)/,
      );
    }
  });

  it('with a record that cannot be read says so', async () => {
    await using s = await stage({ maxAttempts: 1 });
    const { fake, clock, engine, submission, runId, said } = s;
    fake.addArtifact(runId, 'trainyard.digits.training.train.1', { 'section.json': '{' });
    fake.world.finishRun(runId, 'success');
    expect((await follow(engine, submission, clock)).followed.status.phase).toBe('lost');
    expect(said.join('\n')).toContain('is not JSON');
  });

  it('succeeded where its record says so, whatever became of the rest of its run', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId, said } = s;
    record(fake, runId);
    fake.world.finishRun(runId, 'failure');
    expect((await follow(engine, submission, clock)).followed.status.phase).toBe('succeeded');
    expect(said.join('\n')).toContain('The training succeeded, but its run ended as failure');
  });
});

describe('a training that goes on in another run', () => {
  it('is followed there to its end, as one', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    const { world } = fake;
    clock.at(20_000, () => world.startRun(runId));
    clock.at(90_000, () => publish(fake, runId, 1, { steps: [1], lines: ['first'] }));
    clock.at(300_000, () => {
      world.setJob(runId, 'train / train', { conclusion: 'failure', steps: [step('Train', null)] });
    });
    let next = 0;
    clock.at(330_000, () => {
      // What the closing job dispatches.
      next = world.run({
        event: 'workflow_dispatch',
        displayTitle: `Train digits ${KEY}.2`,
        path: '.github/workflows/trainyard-worker.yml',
        status: 'queued',
      }).id;
      world.setJob(next, 'train / train', {});
      world.finishRun(runId, 'failure');
    });
    clock.at(400_000, () => world.startRun(next, { runner: 'gpu-2' }));
    clock.at(450_000, () => publish(fake, next, 1, { generation: 2, steps: [2], lines: ['second'] }));
    clock.at(700_000, () => {
      record(fake, next);
      world.finishRun(next, 'success');
    });
    const { followed, lines, points } = await follow(engine, submission, clock);
    expect(followed.status.phase).toBe('succeeded');
    expect(points.map((point) => point.step)).toEqual([1, 2]);
    expect(lines).toEqual([
      'first',
      `GitHub lost the runner "gpu-1" during the step "Train". It goes on in https://github.com/acme/digits/actions/runs/${next}`,
      'second',
    ]);
    const recorded = await engine.recorded(submission, signal);
    expect(recorded?.dispatch).toMatchObject({ generation: 2, runId: String(next), queuedMs: 70_000 });
    expect(recorded?.body?.files[0]?.locations).toHaveLength(2);
    // Found by a later attempt, it is the newest run.
    const again = await openEngine(fake, clock);
    expect(await again.find(KEY, signal)).toMatchObject({ id: String(next) });
  });

  it('is looked for a while, and then it has ended', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    fake.world.workflowJobs.splice(0);
    fake.world.finishRun(runId, 'startup_failure');
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({ phase: 'failed', failureClass: 'infrastructure' });
    expect(clock.now()).toBeGreaterThan(20_000);
    expect(clock.now()).toBeLessThan(40_000);
  });
});

describe('a training that waits', () => {
  it('says for what in plain words, and how long', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    const { world } = fake;
    clock.at(30_000, () => {
      Object.assign(world.run({ id: runId }), { status: 'waiting', waitingFor: 'gpu' });
    });
    clock.at(90_000, () => {
      Object.assign(world.run({ id: runId }), { status: 'pending', waitingFor: null });
    });
    clock.at(150_000, () => {
      world.startRun(runId);
    });
    clock.at(200_000, () => {
      record(fake, runId);
      world.finishRun(runId, 'success');
    });
    const { waits } = await follow(engine, submission, clock);
    expect(waits.map((wait) => wait.replace(/ \(queued since .*/, ''))).toEqual([
      'no runner with the labels self-hosted, gpu has taken it yet',
      'somebody has to approve the environment gpu',
      'another run of its concurrency group has to end first',
    ]);
    const told = engine.dispatchOf(submission);
    expect(told.waits.reduce((sum, { ms }) => sum + ms, 0)).toBeGreaterThanOrEqual(150_000);
    expect(told.queuedMs).toBe(150_000);
  });

  it('knows the runners where the token may', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const token = fake.token({
      login: 'ada',
      permissions: { actions: 'write', contents: 'read', administration: 'read' },
    });
    const engine = await openEngine(fake, clock, { token });
    const submission = await engine.submit(JOB, KEY, signal);
    expect((await engine.status(submission, signal)).waiting).toContain('is online in this repository');
    fake.world.runners.push({
      id: 1,
      name: 'a',
      labels: ['self-hosted', 'GPU'],
      status: 'online',
      busy: true,
    });
    await clock.sleep(61_000);
    expect((await engine.status(submission, signal)).waiting).toContain('the only runner with the labels');
  });

  it('is given up after queue-minutes, and its run is cancelled', async () => {
    await using s = await stage({ dispatch: { queueMs: 300_000 } });
    const { fake, clock, engine, submission } = s;
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({ phase: 'failed', failureClass: 'queue-limit' });
    expect(followed.status.reason).toMatch(
      /^The training had not begun after 5 minutes \(queue-minutes\): no runner/,
    );
    expect(fake.world.runs[0]?.conclusion).toBe('cancelled');
    expect(clock.now()).toBeLessThan(320_000);
  });

  it('is not given up where it ends in that moment', async () => {
    await using s = await stage({ dispatch: { queueMs: 60_000 }, maxAttempts: 1 });
    const { fake, clock, engine, submission, runId } = s;
    fake.fail({ kind: 'forbidden', on: 'nothing' });
    const { world } = fake;
    world.host = {
      start: () => undefined,
      cancel: (run) => void world.finishRun(run.id, 'cancelled'),
    };
    clock.at(59_000, () => record(fake, runId));
    const answers = fake.faults.match.bind(fake.faults);
    fake.faults.match = (received) => {
      if (received.url.pathname.endsWith('/cancel')) world.finishRun(runId, 'success');
      return answers(received);
    };
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status.phase).toBe('succeeded');
  });

  it('is followed on where GitHub uses a word that is not known', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId, said } = s;
    fake.world.run({ id: runId, status: 'dreaming' });
    expect((await engine.status(submission, signal)).phase).toBe('queued');
    expect((await engine.status(submission, signal)).phase).toBe('queued');
    expect(said.filter((line) => line.includes('"dreaming"'))).toHaveLength(1);
    fake.takeViolations();
    fake.world.startRun(runId);
    expect((await engine.status(submission, signal)).phase).toBe('running');
    await clock.sleep(1);
  });
});

describe('a training that is stopped', () => {
  it('cancels its run, and shows as cancelled', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    const cancelled = new AbortController();
    clock.at(20_000, () => fake.world.startRun(runId));
    clock.at(60_000, () => {
      cancelled.abort();
    });
    const { followed } = await follow(engine, submission, clock, { signal: cancelled.signal });
    expect(followed.status).toMatchObject({ phase: 'cancelled', failureClass: 'cancelled' });
    expect(fake.world.runs[0]?.conclusion).toBe('cancelled');
    expect(fake.exchanges.some(({ url }) => url.endsWith('/force-cancel'))).toBe(false);
  });

  it('gives its run the grace, and ends by force only one that does not respond', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId, said } = s;
    const { world } = fake;
    const asked: boolean[] = [];
    world.startRun(runId);
    world.host = {
      start: () => undefined,
      cancel(run, force) {
        asked.push(force);
        if (force) world.finishRun(run.id, 'cancelled');
      },
    };
    await engine.status(submission, signal);
    fake.fail({ kind: 'bad-gateway', on: '^GET .*/runs/', times: 9 });
    await engine.stop(submission, 8_000, 'cancelled');
    expect(asked).toEqual([false, true]);
    expect(clock.now()).toBeGreaterThanOrEqual(38_000);
    expect(said.join('\n')).toContain('does not respond to being cancelled');
    expect((await engine.status(submission, signal)).phase).toBe('cancelled');
  });

  it('is done where only the closing job is still at work', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    const { world } = fake;
    world.startRun(runId);
    world.host = {
      start: () => undefined,
      cancel: (run) => void world.setJob(run.id, 'train / train', { conclusion: 'cancelled' }),
    };
    await engine.stop(submission, 4_000, 'cancelled');
    expect(clock.now()).toBeLessThan(4_000);
    expect((await engine.status(submission, signal)).phase).toBe('stopping');
    // What it recorded until now can be asked for.
    record(fake, runId);
    expect((await engine.recorded(submission, signal))?.body?.metrics).toEqual({ accuracy: 0.9 });
    expect(world.runs[0]?.status).toBe('in_progress');
  });

  it('is done where it had ended', async () => {
    await using s = await stage();
    const { fake, engine, submission, runId } = s;
    fake.world.finishRun(runId, 'success');
    await engine.stop(submission, 4_000, 'cancelled');
    expect(fake.exchanges.filter(({ url }) => url.includes('cancel'))).toHaveLength(1);
  });

  it('is cancelled although GitHub stumbles', async () => {
    await using s = await stage();
    s.fake.fail({ kind: 'bad-gateway', on: '/cancel$', times: 2 });
    await s.engine.stop(s.submission, 4_000, 'cancelled');
    expect(s.fake.world.runs[0]?.conclusion).toBe('cancelled');
    s.fake.world.run({ id: s.runId, status: 'in_progress' });
    s.fake.fail({ kind: 'bad-gateway', on: '/cancel$' });
    await expect(s.engine.stop(s.submission, 4_000, 'cancelled')).rejects.toThrow('GitHub could not answer');
  });
});

describe('a run that is gone', () => {
  it('is waited for, and then lost', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission } = s;
    fake.world.runs.splice(0);
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({ phase: 'lost', failureClass: 'lost' });
    expect(followed.status.reason).toContain('was it deleted?');
    expect(clock.now()).toBeGreaterThanOrEqual(120_000);
  });

  it('and a permission that is taken away are told', async () => {
    await using s = await stage();
    const { fake, engine, submission } = s;
    fake.fail({ kind: 'forbidden' });
    await expect(engine.status(submission, signal)).rejects.toThrow(
      'the permission `actions: read` is missing',
    );
    await expect(engine.recorded(submission, signal)).rejects.toThrow(
      'What the worker recorded could not be read',
    );
  });
});

describe('progress that is no progress', () => {
  it('is left out, and what comes after it is shown', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId, said } = s;
    const name = (sequence: number): string => `trainyard-progress.${KEY}.1.000${sequence}`;
    clock.at(1_000, () => fake.world.startRun(runId));
    clock.at(2_000, () => {
      fake.addArtifact(runId, 'trainyard-progress.strange', {});
      fake.addArtifact(runId, name(1), { 'progress.json': '{' });
    });
    // Between two of them is a look.
    clock.at(150_000, () => fake.addArtifact(runId, name(2), { 'progress.json': '{"version":2}' }));
    clock.at(400_000, () => fake.addArtifact(runId, name(3), { 'other.json': '{}' }));
    clock.at(900_000, () => {
      publish(fake, runId, 4, { key: 'b2'.repeat(20) });
      fake.addArtifact(runId, name(4), { 'progress.json': 'x'.repeat(9_000_000) });
    });
    clock.at(1_900_000, () => publish(fake, runId, 5));
    clock.at(2_900_000, () => {
      record(fake, runId);
      fake.world.finishRun(runId, 'success');
    });
    const { points } = await follow(engine, submission, clock);
    expect(points.map((point) => point.step)).toEqual([1, 2, 3, 4, 5]);
    expect(said.filter((line) => line.includes('is left out'))).toHaveLength(4);
  });

  it('is found also where a run has more artifacts than a page', async () => {
    await using s = await stage();
    const { fake, clock, engine, submission, runId } = s;
    clock.at(1_000, () => fake.world.startRun(runId));
    clock.at(2_000, () => {
      for (let sequence = 1; sequence <= 150; sequence += 1) publish(fake, runId, sequence);
    });
    clock.at(100_000, () => {
      record(fake, runId);
      fake.world.finishRun(runId, 'success');
    });
    const { points, lines } = await follow(engine, submission, clock);
    expect(points.map((point) => point.step)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
    expect(lines[0]).toContain('… 149 lines are not shown here');
  });
});

describe('a storage that stumbles', () => {
  it.each(['bad-gateway', 'reset'] as const)(
    'with %s is asked again for what the worker recorded',
    async (kind) => {
      await using s = await stage();
      const { fake, clock, engine, submission, runId, said } = s;
      record(fake, runId);
      fake.world.finishRun(runId, 'success');
      fake.fail({ kind, on: '^GET /blobs/', times: 1 });
      const { followed } = await follow(engine, submission, clock);
      expect(followed.status.phase).toBe('succeeded');
      expect(said.join('\n')).toContain(
        'Following goes on although: The download of the artifact "trainyard.digits.training.train.1" failed',
      );
    },
  );

  it('does not keep a failure from its end: only the log is missing', async () => {
    await using s = await stage({ maxAttempts: 1 });
    const { fake, clock, engine, submission, runId, said } = s;
    fake.world.startRun(runId);
    fake.world.finishRun(runId, 'failure');
    fake.fail({ kind: 'bad-gateway', on: '^GET /blobs/' });
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status.phase).toBe('failed');
    expect(said.join('\n')).toContain(
      'The log of the run could not be read: The download of the log of the job failed',
    );
  });

  it('that breaks off in the middle, or holds other bytes, is found out', async () => {
    await using s = await stage({ maxAttempts: 1 });
    const { fake, clock, engine, submission, runId, said } = s;
    record(fake, runId);
    const [artifact] = fake.world.artifacts;
    if (artifact !== undefined) artifact.digest = `sha256:${'0'.repeat(64)}`;
    fake.world.finishRun(runId, 'success');
    const { followed } = await follow(engine, submission, clock);
    expect(followed.status.failureClass).toBe('lost');
    expect(said.join('\n')).toMatch(/has the digest sha256:[0-9a-f]{64} instead of sha256:0{64}/);
  });
});
