import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAlive } from './process-tree.ts';
import { findAct } from '../workflows/act.ts';
import { GpuYard, SLOW, WORKER_EXISTS } from './gpu-yard.ts';

const missing = findAct() === undefined && process.env['CI'] !== 'true';
const TIMEOUT_MS = 600_000;
const STEP_MS = 120_000;

const DIGITS = {
  model: 'digits',
  command: 'python train.py',
  seed: '7',
  outputs: 'model=out/model.onnx\npredictions=out/predictions.parquet',
  metrics: 'out/metrics.json',
  'metrics-series': 'out/learning-curve.jsonl',
};

/** The example, which lives until the follower has looked at it (40 s after its start), however fast the machine is. */
const LINGERING = JSON.stringify([
  'python',
  '-c',
  [
    'import runpy, time',
    'begun = time.monotonic()',
    "runpy.run_path('train.py', run_name='__main__')",
    'time.sleep(max(0, 75 - (time.monotonic() - begun)))',
  ].join('\n'),
]);

const filesSchema = z.array(
  z.looseObject({ role: z.string(), path: z.string(), sha256: z.string(), bytes: z.number() }),
);

describe.skipIf(missing || !WORKER_EXISTS)('a dispatched training (skipped without act)', () => {
  it(
    'trains the example on a runner with the label gpu, shows its curve, and brings home what came of it',
    async () => {
      await using yard = await GpuYard.open();
      const change = yard.openPullRequest('wider');
      const step = await yard.start(change, { ...DIGITS, command: LINGERING, parameters: 'epochs: 200' });
      const outcome = await step.ended;
      await yard.workers.idle();
      const told = yard.told(outcome);
      expect(outcome.outputs['verdict'], told).toBe('pass');
      expect(outcome.exitCode).toBe(0);

      const [run, ...others] = yard.runs;
      expect(others).toEqual([]);
      expect(run).toMatchObject({ status: 'completed', conclusion: 'success' });
      expect(run?.displayTitle).toMatch(/^Train digits [0-9a-f]{40}\.1 #\d+$/);
      expect(outcome.outputs['run-url']).toContain(`/actions/runs/${run?.id ?? ''}`);
      const jobs = yard.yard.fake.world.workflowJobs.filter(({ runId }) => runId === run?.id);
      expect(jobs.find(({ name }) => name.endsWith('/ train'))).toMatchObject({
        labels: ['gpu'],
        conclusion: 'success',
      });
      expect(jobs.find(({ name }) => name.endsWith('/ close'))).toMatchObject({ conclusion: 'success' });

      // The curve came while the worker trained.
      expect(outcome.stdout, told).toMatch(/^Training digits: .*loss/m);
      const files = filesSchema.parse(JSON.parse(outcome.outputs['files'] ?? ''));
      const model = files.find(({ role }) => role === 'model');
      expect(model).toMatchObject({ path: 'out/model.onnx' });
      const kept = yard.filesOf(run?.id ?? 0, /^trainyard\.digits\.files\./);
      const bytes = [...kept].find(([name]) => name.endsWith('model.onnx'))?.[1] ?? Buffer.alloc(0);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(model?.sha256);
      const section = yard.trainingOf(run?.id ?? 0);
      expect(section).toMatchObject({ verdict: 'pass', subject: 'digits' });
      expect(section.body?.series.map(({ metric }) => metric)).toContain('loss');
      expect(section.body?.attempts).toHaveLength(1);
      expect(outcome.outputs['model-digest']).toBe(section.body?.modelDigest);
      const [comment = '', ...more] = yard.yard.fake.commentsOf(change.number);
      expect(more).toEqual([]);
      expect(comment).toContain('digits');
    },
    TIMEOUT_MS,
  );

  it(
    'is left to its worker with mode detach, which ends status and comment of the pull request',
    async () => {
      await using yard = await GpuYard.open();
      const change = yard.openPullRequest('detached');
      const begun = performance.now();
      const step = await yard.start(change, {
        ...SLOW,
        mode: 'detach',
        parameters: 'steps: 5\nseconds: 1',
      });
      const outcome = await step.ended;
      const told = yard.told(outcome);
      expect(outcome.outputs['verdict'], told).toBe('pending');
      expect(outcome.exitCode).toBe(0);
      const tookMs = performance.now() - begun;
      const statuses = (): string[] =>
        yard.yard.fake.world.statuses
          .filter(({ sha, context }) => sha === change.head && context === 'trainyard/slow')
          .map(({ state }) => state);
      expect(statuses().at(-1)).toBe('pending');
      expect(yard.runs[0]?.status).not.toBe('completed');
      await yard.workers.idle();
      expect(statuses().at(-1), yard.told(outcome)).toBe('success');
      expect(yard.runs[0]).toMatchObject({ conclusion: 'success' });
      const comments = yard.yard.fake.commentsOf(change.number);
      expect(comments).toHaveLength(1);
      expect(comments[0]).toMatch(/slow/);
      console.log(`detached after ${Math.round(tookMs)} ms`);
      expect(tookMs).toBeLessThan(30_000);
    },
    TIMEOUT_MS,
  );

  it(
    "is what the example's workflow for GPUs starts: its job ends at once, and the worker trains, judges and reports",
    async () => {
      await using yard = await GpuYard.open();
      const change = yard.openPullRequest('topic');
      const dispatcher = await yard.yard.run({
        ...yard.yard.pullRequestEvent(change),
        workflow: '.github/workflows/gpu-pull-request.yml',
      });
      expect(Object.values(dispatcher.jobs), dispatcher.text).toEqual(['success']);
      await yard.workers.idle();
      const told = `${dispatcher.text}\n${yard.transcript}`;
      expect(yard.runs, told).toMatchObject([{ conclusion: 'success' }]);
      const jobs = yard.yard.fake.world.workflowJobs.filter(({ runId }) => runId === yard.runs[0]?.id);
      expect(
        Object.fromEntries(jobs.map(({ name, conclusion }) => [name.split(' / ')[1]?.trim(), conclusion])),
      ).toEqual({
        train: 'success',
        gate: 'success',
        close: 'success',
      });
      const statuses = yard.yard.fake.world.statuses.filter(({ context }) => context === 'trainyard/digits');
      expect(
        statuses.map(({ state }) => state),
        told,
      ).toEqual(expect.arrayContaining(['pending', 'success']));
      expect(statuses.at(-1)).toMatchObject({ sha: change.head, state: 'success' });
      const [comment = '', ...more] = yard.yard.fake.commentsOf(change.number);
      expect(more).toEqual([]);
      expect(comment, told).toContain('**Training**');
      expect(comment).toContain('**Evaluation**');
      expect(comment).not.toContain('pending');
    },
    TIMEOUT_MS,
  );

  it(
    'is cancelled with the job that dispatched it',
    async () => {
      await using yard = await GpuYard.open();
      const change = yard.openPullRequest('cancelled');
      const step = await yard.start(change, { ...SLOW, parameters: 'steps: 600\nseconds: 0.5' });
      await expect
        .poll(() => yard.yard.fake.world.workflowJobs.map(({ log }) => log).join(''), { timeout: STEP_MS })
        .toContain('step 2 of 600');
      const [run] = yard.runs;
      const pids = yard.workers.processes(run?.id ?? 0).map(({ pid }) => pid);
      step.child.kill('SIGINT');
      const outcome = await step.ended;
      await step.post(outcome);
      await yard.workers.idle();
      const told = yard.told(outcome);
      expect(outcome.exitCode, told).not.toBe(0);
      expect(yard.runs, told).toMatchObject([{ status: 'completed', conclusion: 'cancelled' }]);
      expect(pids.filter(isAlive)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'goes on from its checkpoint where its machine is lost, as one series in one record',
    async () => {
      await using yard = await GpuYard.open();
      const change = yard.openPullRequest('lost');
      const step = await yard.start(change, {
        ...SLOW,
        'checkpoint-minutes': '0.02',
        parameters: 'steps: 40\nseconds: 0.3',
      });
      const { world } = yard.yard.fake;
      await expect
        .poll(
          () =>
            world.artifacts.filter(
              ({ name, finalized }) => finalized && name.startsWith('trainyard-checkpoint.'),
            ).length,
          {
            timeout: STEP_MS,
          },
        )
        .toBeGreaterThan(0);
      const [first] = yard.runs;
      yard.workers.kill(first?.id ?? 0);
      const outcome = await step.ended;
      await yard.workers.idle();
      const told = yard.told(outcome);
      expect(outcome.outputs['verdict'], told).toBe('pass');

      const [, second, ...others] = yard.runs;
      expect(others).toEqual([]);
      expect(first).toMatchObject({ conclusion: 'failure' });
      expect(second).toMatchObject({ conclusion: 'success' });
      expect(second?.displayTitle).toBe(first?.displayTitle.replace(/\.1( |$)/, '.2$1'));
      const section = yard.trainingOf(second?.id ?? 0);
      const steps = section.body?.series.find(({ metric }) => metric === 'loss')?.points.map(([at]) => at);
      expect(steps, told).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      expect(section.body?.attempts.length, told).toBe(2);
      expect(section.body?.attempts.at(-1)?.resumedFrom).toMatch(/^trainyard-checkpoint\./);
      expect(outcome.outputs['run-url']).toContain(String(second?.id));
    },
    TIMEOUT_MS,
  );
});
