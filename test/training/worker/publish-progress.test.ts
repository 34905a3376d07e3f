import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  parseProgressName,
  type Progress,
  PROGRESS_FILE,
  progressSchema,
} from '../../../actions/train-model/src/dispatch/progress.ts';
import type { Clock } from '../../../actions/train-model/src/clock.ts';
import { type Publisher, startPublishing } from '../../../actions/train-model/src/worker/publish-progress.ts';
import { type Artifacts, createArtifacts } from '../../../shared/record/artifacts.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';

const signal = AbortSignal.timeout(60_000);
const KEY = 'c'.repeat(40);
let directory: string;
let fake: FakeGitHub;
let runId = 70_000;

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-progress-')));
  fake = await startFakeGitHub();
});
beforeEach(async () => {
  runId += 1;
  const environment = await fake.environment({ directory, workspace: directory, runId });
  for (const name of ['ACTIONS_RESULTS_URL', 'ACTIONS_RUNTIME_TOKEN', 'GITHUB_SERVER_URL']) {
    vi.stubEnv(name, environment[name]);
  }
});
afterEach(() => {
  fake.faults.clear();
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A clock that a test moves on; whoever sleeps wakes when it has come to that time. */
class HandClock implements Clock {
  #now = 0;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, aborted: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.push({ until: this.#now + ms, wake: resolve });
      aborted.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Waits until somebody sleeps, then moves on. */
  async advance(ms: number): Promise<void> {
    await vi.waitFor(() => expect(this.#sleepers.length).toBeGreaterThan(0), { timeout: 20_000 });
    this.#now += ms;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

interface Started {
  readonly publisher: Publisher;
  readonly clock: HandClock;
  readonly said: string[];
}

function start(
  options: { signal?: AbortSignal; artifacts?: Artifacts; cost?: () => number | null } = {},
): Started {
  const clock = new HandClock();
  const said: string[] = [];
  const publisher = startPublishing({
    job: { submissionKey: KEY, generation: 2 },
    runner: 'gpu-1',
    temporaryDirectory: join(directory, 'temp'),
    logger: quietLogger(said),
    gpus: () => 'GPU 0: 93 %',
    cost: () => 0.25,
    clock,
    ...options,
  });
  return { publisher, clock, said };
}

async function published(): Promise<Progress[]> {
  const artifacts = createArtifacts();
  const listed = (await artifacts.list(undefined, signal)).filter(({ name }) => parseProgressName(name));
  const read = listed.map(async (artifact) => {
    const folder = await mkdtemp(join(directory, 'read-'));
    await artifacts.download(artifact, folder, undefined, signal);
    expect(await readdir(folder)).toEqual([PROGRESS_FILE]);
    return progressSchema.parse(JSON.parse(await readFile(join(folder, PROGRESS_FILE), 'utf8')));
  });
  return (await Promise.all(read)).sort((a, b) => a.sequence - b.sequence);
}

describe('the progress of a worker', () => {
  it('is told at once, then at intervals, and at the end what is left', async () => {
    const { publisher, clock, said } = start();
    await clock.advance(14_000);
    publisher.line('epoch 1');
    publisher.point({ step: 1, values: { loss: 0.5, bad: NaN }, total: 3 });
    await clock.advance(1_000);
    publisher.checkpoint({ artifact: 'trainyard-checkpoint', step: 1 });
    publisher.point({ step: 2, values: { loss: 0.4 }, total: undefined });
    await vi.waitFor(async () => expect(await published()).toHaveLength(2), { timeout: 20_000 });
    await publisher.finish();

    const [first, second, last] = await published();
    expect(first).toMatchObject({
      submissionKey: KEY,
      generation: 2,
      sequence: 1,
      runner: 'gpu-1',
      points: [],
      lines: [],
      lineCount: 0,
      gpus: 'GPU 0: 93 %',
      costUsd: 0.25,
      checkpoint: null,
    });
    expect(second).toMatchObject({ sequence: 2, lines: ['epoch 1'], lineCount: 1 });
    expect(second?.points[0]).toEqual({ row: 1, step: 1, values: { loss: 0.5 }, total: 3 });
    expect(Date.parse(second?.at ?? '') - Date.parse(second?.startedAt ?? '')).toBe(15_000);
    expect(last).toMatchObject({
      sequence: 3,
      // All that was told so far: whoever reads the newest has missed nothing.
      points: [
        { row: 1, step: 1, values: { loss: 0.5 }, total: 3 },
        { row: 2, step: 2, values: { loss: 0.4 }, total: null },
      ],
      lines: ['epoch 1'],
      lineCount: 1,
      checkpoint: { artifact: 'trainyard-checkpoint', step: 1 },
    });
    expect(said).toEqual([]);
    expect(await readdir(join(directory, 'temp'))).toEqual([]);
  });

  it('is not told again at the end where nothing is new', async () => {
    const { publisher, clock } = start();
    await clock.advance(1);
    await publisher.finish();
    expect(await published()).toHaveLength(1);
  });

  it('that cannot be told is a warning, once, and comes with the next, in order and without a gap', async () => {
    fake.fail({ kind: 'forbidden', on: 'CreateArtifact', times: 2 });
    const { publisher, clock, said } = start();
    await clock.advance(15_000);
    publisher.point({ step: 1, values: { loss: 1 }, total: undefined });
    await clock.advance(15_000);
    await clock.advance(15_000);
    await publisher.finish();
    const all = await published();
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
    expect(all.at(-1)?.points.map(({ step }) => step)).toEqual([1]);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^warning: The progress could not be published: .*tried again\.$/);
  });

  it('whose answer was lost is not told twice', async () => {
    const real = createArtifacts();
    let lost = 0;
    const { publisher, clock } = start({
      artifacts: {
        ...real,
        async upload(...words) {
          const uploaded = await real.upload(...words);
          lost += 1;
          if (lost === 1) throw new Error('socket hang up');
          return uploaded;
        },
      },
    });
    await clock.advance(15_000);
    publisher.line('later');
    await publisher.finish();
    const all = await published();
    expect(all.map(({ sequence, lines }) => [sequence, lines])).toEqual([
      [1, []],
      [2, ['later']],
    ]);
  });

  it('is given up where the last one fails, and throws nothing', async () => {
    fake.fail({ kind: 'forbidden', on: 'CreateArtifact' });
    const { publisher, clock, said } = start();
    await clock.advance(1);
    publisher.line('unheard');
    await publisher.finish();
    expect(await published()).toEqual([]);
    expect(said).toHaveLength(1);
  });

  it('does not end the training where its cost cannot be told, nor all progress after it', async () => {
    let asked = 0;
    const { publisher, clock, said } = start({
      cost() {
        asked += 1;
        if (asked === 1) throw new ReferenceError('not yet');
        return asked === 2 ? NaN : 1;
      },
    });
    await clock.advance(15_000);
    await clock.advance(15_000);
    publisher.line('still here');
    await publisher.finish();
    expect((await published()).flatMap(({ lines }) => lines)).toEqual(['still here']);
    expect(said).toHaveLength(1);
  });

  it('ends at once where the step is cancelled', async () => {
    const cancelled = new AbortController();
    const { publisher, clock } = start({ signal: cancelled.signal });
    await clock.advance(1);
    publisher.line('unheard');
    cancelled.abort();
    await publisher.finish();
    expect((await published()).flatMap(({ lines }) => lines)).toEqual([]);
  });

  it('tells metrics of one step that come in rows of their own as one row, so that none is thinned away', async () => {
    const { publisher, clock } = start();
    await clock.advance(1);
    for (let step = 0; step < 5_000; step += 1) {
      publisher.point({ step, values: { loss: 1 / (step + 1) }, total: undefined });
      publisher.point({ step, values: { accuracy: step }, total: undefined });
    }
    await publisher.finish();
    const points = (await published()).at(-1)?.points ?? [];
    expect(points.length).toBeGreaterThan(900);
    expect(points.every(({ step, values }) => values['accuracy'] === step && 'loss' in values)).toBe(true);
    // As dense in the beginning as at the end.
    const early = points.filter(({ step }) => step < 2_500).length;
    expect(Math.abs(early - points.length / 2)).toBeLessThan(10);
  });

  it('keeps a progress of hundreds of metrics small', async () => {
    const { publisher, clock } = start();
    await clock.advance(1);
    const values = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`layer ${index}`, 1]));
    for (let step = 0; step < 200; step += 1) publisher.point({ step, values, total: undefined });
    await publisher.finish();
    const points = (await published()).at(-1)?.points ?? [];
    expect(points.map(({ step }) => step)).toHaveLength(40);
    expect([points[0]?.step, points.at(-1)?.step]).toEqual([0, 199]);
  });

  it('stays within its bounds, whatever a training says', async () => {
    const { publisher, clock } = start();
    await clock.advance(1);
    for (let index = 0; index < 100_000; index += 1) {
      publisher.line(index === 99_999 ? 'x'.repeat(5_000) : `line ${index}`);
      publisher.point({ step: index, values: { loss: 1, ['n'.repeat(300)]: 1 }, total: Infinity });
    }
    publisher.point({ step: NaN, values: { loss: 1 }, total: undefined });
    await publisher.finish();
    const last = (await published()).at(-1);
    expect(last?.points).toHaveLength(1_000);
    expect(last?.points[0]).toEqual({ row: 1, step: 0, values: { loss: 1 }, total: null });
    expect(last?.points.at(-1)?.step).toBe(99_999);
    expect(last?.lines).toHaveLength(200);
    expect(last?.lines.at(-1)).toHaveLength(2_000);
    expect(last?.lineCount).toBe(100_000);
  });
});
