import { describe, expect, it } from 'vitest';
import { startFakeGitHub } from '../../github/fake-github.ts';
import {
  FakeClock,
  follow,
  JOB,
  KEY,
  dispatched,
  openEngine,
  prepareWorld,
  publish,
  record,
} from './scene.ts';

const { signal } = new AbortController();

describe('a dispatched training', () => {
  it('is dispatched with its job, followed with its lines and points, and ends with its record', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock);
    expect(await engine.check(JOB, signal)).toEqual([]);
    expect(await engine.find(KEY, signal)).toBeUndefined();
    const submission = await engine.submit(JOB, KEY, signal);
    const runId = dispatched(fake);
    expect(submission).toEqual({
      id: String(runId),
      key: KEY,
      url: `https://github.com/acme/digits/actions/runs/${runId}`,
    });
    expect(JSON.parse(fake.world.dispatches[0]?.inputs['job'] ?? '')).toMatchObject({
      title: `Train digits ${KEY}.1`,
      'runs-on': ['self-hosted', 'gpu'],
      sha: 'c'.repeat(40),
      previous: [],
    });

    clock.at(45_000, () => fake.world.startRun(runId));
    clock.at(100_000, () => publish(fake, runId, 1, { lines: ['one', 'two'], lineCount: 2 }));
    clock.at(200_000, () => publish(fake, runId, 2, { lines: ['two', 'three'], lineCount: 3 }));
    clock.at(290_000, () => publish(fake, runId, 3, { lines: ['nine'], lineCount: 9 }));
    clock.at(300_000, () => record(fake, runId));
    clock.at(305_000, () => fake.world.finishRun(runId, 'success'));
    const { followed, lines, points, waits } = await follow(engine, submission, clock);
    expect(followed.status).toMatchObject({ phase: 'succeeded', failureClass: null, exitCode: 0 });
    expect(clock.now() - 305_000).toBeLessThanOrEqual(15_000);
    expect(lines).toEqual([
      'one',
      'two',
      'three',
      `… 5 lines are not shown here; the whole log is at ${submission.url ?? ''}`,
      'nine',
    ]);
    expect(points.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(points[0]).toEqual({ step: 1, values: { loss: 0.5 }, total: 100 });
    expect(waits).toEqual([
      'no runner with the labels self-hosted, gpu has taken it yet (queued since 2026-11-22 00:00 UTC)',
    ]);

    const recorded = await engine.recorded(submission, signal);
    expect(recorded?.body?.metrics).toEqual({ accuracy: 0.9 });
    expect(recorded?.body?.files[0]?.locations).toEqual([
      { kind: 'artifact', artifact: 'trainyard.digits.files.train.1', runId: String(runId) },
      { kind: 'store', store: 's3://bucket/models' },
    ]);
    expect(await engine.outputs(submission, signal)).toEqual({
      files: recorded?.body?.files,
      missing: [],
      stale: [],
    });
    expect(recorded?.dispatch).toMatchObject({
      workflow: 'trainyard-worker.yml',
      ref: 'main',
      runId: String(runId),
      runsOn: ['self-hosted', 'gpu'],
      generation: 1,
      queuedMs: 45_000,
      waits: [{ reason: 'no runner with the labels self-hosted, gpu has taken it yet', ms: 55_000 }],
    });
    expect(await engine.cost(submission, signal)).toEqual([]);
  });
});
