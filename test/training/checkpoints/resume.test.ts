import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { joinSeries } from '../../../actions/train-model/src/decide/join-series.ts';
import type { Series } from '../../../actions/train-model/src/decide/series.ts';
import { createLocalEngine } from '../../../actions/train-model/src/engines/local.ts';
import { until } from '../wait.ts';
import { type CheckpointPlace, openCheckpointPlace, signal } from './place.ts';

const STEPS = 6;
/** Trains six steps; of the fourth it writes half a checkpoint in its first life, and hangs. */
const TRAIN = `
import json, os, sys, time

start, weights = 0, 1.0
folder = os.environ["TRAINYARD_RESUME_FROM"]
if folder:
    newest = max(name for name in os.listdir(folder) if name.endswith(".ckpt"))
    state = json.loads(open(os.path.join(folder, newest)).read())
    start, weights = state["step"], state["weights"]
os.makedirs("ckpt", exist_ok=True)
for step in range(start + 1, ${STEPS + 1}):
    weights = weights / 2
    print(json.dumps({"step": step, "loss": weights}), flush=True)
    text = json.dumps({"step": step, "weights": weights, "padding": "x" * 100000})
    with open(f"ckpt/step-{step}.ckpt", "w") as file:
        file.write(text[:50000])
        file.flush()
        if step == 4 and not folder:
            open("half", "w").close()
            time.sleep(600)
        file.write(text[50000:])
    open(f"done-{step}", "w").close()
    if not folder:
        while not os.path.exists(f"go-{step}"): time.sleep(0.01)
open("model.bin", "w").write(str(weights))
`;

interface Life {
  readonly series: Series[];
  /** Where the command is killed: the promise settles then. */
  kill(): Promise<void>;
  ended(): Promise<string>;
}

/** Starts the training on the real engine, with the series as its lines tell it. */
async function live(place: CheckpointPlace, resumeFrom: string): Promise<Life> {
  const points: [number, number][] = [];
  const engine = createLocalEngine({
    metrics: {
      line(text) {
        if (!text.startsWith('{')) return;
        const { step, loss } = JSON.parse(text) as { step: number; loss: number };
        points.push([step, loss]);
      },
      // eslint-disable-next-line @typescript-eslint/no-empty-function
      async *points() {},
    },
  });
  const submission = await engine.submit(
    {
      command: ['python3', 'train.py'],
      directory: place.work,
      environment: {
        PATH: process.env['PATH'] ?? '',
        TRAINYARD_SUBMISSION: `resume-${process.pid}-${resumeFrom.length}`,
        TRAINYARD_RESUME_FROM: resumeFrom,
      },
      outputs: [],
      seriesFiles: [],
    },
    'key',
    signal,
  );
  const drained = (async () => {
    for await (const line of engine.logs(submission, signal)) place.lines.push(`user: ${line.slice(0, 200)}`);
  })();
  const ended = async (): Promise<string> => {
    await drained;
    await until('it has ended', async () => (await engine.status(submission, signal)).phase !== 'running');
    return (await engine.status(submission, signal)).phase;
  };
  return {
    series: [{ metric: 'loss', points }],
    ended,
    async kill() {
      process.kill(engine.groupOf(submission).pid, 'SIGKILL');
      expect(await ended()).toBe('failed');
    },
  };
}

describe('a training that is killed', () => {
  it.each([
    ['on this machine, where its folder still holds the half that it wrote last', false],
    ['with its machine, of which only what was saved is left', true],
  ])(
    'goes on from the newest whole checkpoint, and ends with one series: %s',
    async (_where, machineLost) => {
      await using place = await openCheckpointPlace();
      await place.write('work/train.py', TRAIN);
      const first = await live(place, '');
      const checkpoints = place.open();
      for (const step of [1, 2, 3]) {
        await until(`step ${step} is done`, () => existsSync(join(place.work, `done-${step}`)));
        const state = { step, series: first.series, attempts: [] };
        expect(await checkpoints.save({ state, signal })).toBeDefined();
        await place.write(`work/go-${step}`, '');
      }
      await until('half of a checkpoint is written', () => existsSync(join(place.work, 'half')));
      // It is looked at while it is written, killed, and looked at again: never is the half saved as whole.
      const state = { step: 4, series: first.series, attempts: [] };
      expect(await checkpoints.save({ state, signal })).toBeUndefined();
      await first.kill();
      expect(await checkpoints.save({ state, ended: 'killed', signal })).toBeUndefined();
      expect(readFileSync(join(place.folder, 'step-4.ckpt'), 'utf8')).toHaveLength(50_000);
      if (machineLost) await place.loseFolder();

      const restored = await place.restore();
      expect(restored).toMatchObject({ step: 3, name: expect.stringMatching(/0003$/) as string });
      expect((await readdir(place.folder)).sort()).toEqual(['step-1.ckpt', 'step-2.ckpt', 'step-3.ckpt']);
      const second = await live(place, place.folder);
      expect(await second.ended()).toBe('succeeded');
      const series = joinSeries(restored?.series ?? [], second.series);
      expect(series).toEqual([
        {
          metric: 'loss',
          points: Array.from({ length: STEPS }, (_, index) => [index + 1, 2 ** -(index + 1)]),
        },
      ]);
      expect(readFileSync(join(place.work, 'model.bin'), 'utf8')).toBe(String(2 ** -STEPS));
      await rm(join(place.work, 'half'));
    },
    60_000,
  );
});
