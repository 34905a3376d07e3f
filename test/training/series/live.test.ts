import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseStopRules, StopWatch } from '../../../actions/train-model/src/decide/stop-rules.ts';
import type { Point } from '../../../actions/train-model/src/engines/engine.ts';
import { openMetrics } from '../../../actions/train-model/src/series/open-metrics.ts';
import { until } from '../workplace.ts';
import { followUntil, never, openPlace } from './place.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** A program that copies what a library wrote piece by piece, so that it grows as it did. */
const GROW = `
  import { appendFileSync, cpSync, mkdirSync, readFileSync, statSync, globSync } from 'node:fs';
  import { dirname, join, relative } from 'node:path';
  const [from, to] = process.argv.slice(2);
  const files = globSync('**/*', { cwd: from }).filter((file) => statSync(join(from, file)).isFile());
  for (let piece = 0; piece < 8; piece += 1) {
    for (const file of files) {
      mkdirSync(dirname(join(to, file)), { recursive: true });
      const bytes = readFileSync(join(from, file));
      const size = Math.ceil(bytes.length / 8);
      if (/\\.json$|\\.db$/.test(file)) { if (piece === 5) cpSync(join(from, file), join(to, file)); }
      else appendFileSync(join(to, file), bytes.subarray(piece * size, (piece + 1) * size));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
`;

/** Values by metric in the order in which they came. */
function curves(points: readonly Point[]): Record<string, [number, number][]> {
  const found = new Map<string, [number, number][]>();
  for (const { step, values } of points) {
    for (const [metric, value] of Object.entries(values)) {
      found.set(metric, [...(found.get(metric) ?? []), [step, Number(value.toPrecision(6))]]);
    }
  }
  return Object.fromEntries(found);
}

describe('metrics that another process writes', () => {
  it.each([
    ['dvclive', 'dvclive=out', 'dvclive/out', 'out', 'train/loss'],
    ['tensorboard', 'tensorboard=logs', 'tensorflow2/logs', 'logs', 'loss'],
    ['lightning', 'lightning=logs/version_0/metrics.csv', 'lightning/logs', 'logs', 'train_loss'],
    ['mlruns', 'mlflow=mlruns', 'mlruns/mlruns', 'mlruns', 'train/loss'],
    ['wandb', 'wandb=wandb', 'wandb/wandb', 'wandb', 'loss'],
    ['huggingface', 'huggingface=out', 'huggingface', 'out', 'loss'],
    ['mlflow', 'mlflow=mlflow.db', 'mlflow', '.', 'loss'],
  ])('are followed live, each point once: %s', async (_name, line, fixture, to, metric) => {
    await using place = await openPlace();
    const metrics = place.open([line], { nanIsFault: false });
    await metrics.begin(never);
    const program = await place.write('grow.mjs', GROW);
    const child = spawn(process.execPath, [program, join(FIXTURES, fixture), join(place.directory, to)], {
      stdio: 'inherit',
    });
    const exited = once(child, 'exit');
    const points = await followUntil(metrics, exited);
    const found = await metrics.finish(never);
    expect(found.faults).toEqual([]);
    const truth = found.series.find((one) => one.metric === metric)?.points ?? [];
    expect(truth.length).toBe(5);
    expect(curves(points)[metric]).toEqual(
      truth.map(([step, value]) => [step, Number(value.toPrecision(6))]),
    );
  });

  it('comes before the end, not with it', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl', 'stdout=loss=(?P<loss>\\S+)']);
    await metrics.begin(never);
    const program = await place.write(
      'train.mjs',
      `import { appendFileSync } from 'node:fs';
       for (let step = 1; ; step += 1) {
         appendFileSync('s.jsonl', JSON.stringify({ step, acc: step, steps_total: 99 }) + '\\n');
         console.log('loss=' + 1 / step);
         await new Promise((resolve) => setTimeout(resolve, 20));
       }`,
    );
    const child = spawn(process.execPath, [program], {
      cwd: place.directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) metrics.line(line);
    });
    const exited = once(child, 'exit');
    const seen: Point[] = [];
    for await (const point of metrics.points({
      pollMs: 10,
      ended: () => child.exitCode !== null || child.signalCode !== null,
      signal: never,
    })) {
      seen.push(point);
      // The program runs for ever: only what was seen live ends it.
      if (seen.length > 20) child.kill();
    }
    await exited;
    const { series } = await metrics.finish(never);
    expect(series.map((one) => one.metric)).toEqual(['acc', 'loss']);
    expect(seen.find((point) => 'acc' in point.values)?.total).toBe(99);
    const loss = seen.filter((point) => 'loss' in point.values).map((point) => point.step);
    expect(loss).toEqual([...new Set(loss)].sort((a, b) => a - b));
  });
});

describe('a file that does not only grow', () => {
  const follow = async (steps: ((path: string) => void)[]) => {
    const place = await openPlace();
    const path = join(place.directory, 's.jsonl');
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    const seen: Point[] = [];
    let ended = false;
    const following = (async () => {
      for await (const point of metrics.points({ pollMs: 1, ended: () => ended, signal: never }))
        seen.push(point);
    })();
    for (const step of steps) {
      step(path);
      const before = seen.length;
      await Promise.race([until('a point', () => seen.length > before), sleep(1_300)]).catch(() => undefined);
    }
    ended = true;
    await following;
    const found = await metrics.finish(never);
    await place[Symbol.asyncDispose]();
    const losses = seen.flatMap(({ step, values }) =>
      values['loss'] === undefined ? [] : [[step, values['loss']]],
    );
    return { found, seen: losses };
  };
  const rows = (first: number, last: number, factor = 1): string =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index)
      .map((step) => `${JSON.stringify({ step, loss: step * factor })}\n`)
      .join('');

  it('goes on where it was rotated: what was seen before is kept', async () => {
    const { found, seen } = await follow([
      (path) => writeFileSync(path, rows(1, 3)),
      (path) => renameSync(path, `${path}.1`),
      (path) => writeFileSync(path, rows(4, 5)),
    ]);
    expect(seen.map(([step]) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(found.series[0]?.points.map(([step]) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(found.faults).toEqual([]);
  });

  it('goes on where it was copied and cut (copytruncate)', async () => {
    const { found, seen } = await follow([
      (path) => writeFileSync(path, rows(1, 3)),
      (path) => {
        copyFileSync(path, `${path}.1`);
        truncateSync(path);
        appendFileSync(path, rows(4, 4));
      },
    ]);
    expect(seen.map(([step]) => step)).toEqual([1, 2, 3, 4]);
    expect(found.series[0]?.points).toHaveLength(4);
  });

  it('begins anew where other values are written from the first step on', async () => {
    const { found, seen } = await follow([
      (path) => writeFileSync(path, rows(1, 5)),
      // Longer than before, so that its size tells nothing.
      (path) => writeFileSync(path, rows(1, 9, 100)),
    ]);
    expect(seen.slice(5)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) => [step, step * 100]));
    expect(found.series[0]?.points).toHaveLength(9);
    expect(found.series[0]?.points[0]).toEqual([1, 100]);
  });

  it('tells nothing twice where it is written again with the same rows and more', async () => {
    const header = (text: string): string => text.replaceAll('{', '{"epoch":0,');
    const { found, seen } = await follow([
      (path) => writeFileSync(path, rows(1, 3)),
      (path) => writeFileSync(path, header(rows(1, 5))),
    ]);
    expect(seen.map(([step]) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(found.series.find(({ metric }) => metric === 'loss')?.points).toHaveLength(5);
  });

  it('is taken for what was seen where it has gone', async () => {
    const { found } = await follow([
      (path) => writeFileSync(path, rows(1, 3)),
      (path) => renameSync(path, `${path}.1`),
    ]);
    expect(found.series[0]?.points).toHaveLength(3);
    expect(found.faults[0]?.message).toContain('does not exist after the training');
  });

  it('may hold a row that never ends, and rows that are no JSON', async () => {
    const { found, seen } = await follow([
      (path) => writeFileSync(path, 'x'.repeat(3 * 1024 * 1024)),
      (path) => appendFileSync(path, `${'x'.repeat(1024 * 1024)}\n${rows(7, 7)}`),
    ]);
    expect(seen).toEqual([[7, 7]]);
    expect(found.faults[0]?.message).toMatch(/row 1 is longer than 1048576 characters\.$/);
  });
});

describe('hostile amounts', () => {
  it('a writer without a pause is followed in bounded looks, memory and points, to its last row', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    const program = await place.write(
      'train.mjs',
      `import { closeSync, openSync, writeSync } from 'node:fs';
       const file = openSync('s.jsonl', 'a');
       const end = Date.now() + 3000;
       let step = 0;
       while (Date.now() < end) {
         let text = '';
         for (let row = 0; row < 2000; row += 1) { step += 1; text += '{"step":' + step + ',"loss":' + 1 / step + '}\\n'; }
         writeSync(file, text);
       }
       closeSync(file);
       console.log(step);`,
    );
    const child = spawn(process.execPath, [program], {
      cwd: place.directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    const stop = new AbortController();
    const exited = once(child, 'exit');
    const begun = performance.now();
    const points = await followUntil(metrics, exited, stop.signal);
    const seconds = (performance.now() - begun) / 1000;
    const last = Number(printed);
    expect(last).toBeGreaterThan(500_000);
    // Two looks a second, each of a thousand points at most, and the last one.
    expect(points.length).toBeLessThanOrEqual((2 * seconds + 2) * 1000);
    // As a runner that cancels: it must not be kept waiting by what is left.
    const cancelled = new AbortController();
    cancelled.abort();
    const short = performance.now();
    const some = await metrics.finish(cancelled.signal);
    expect(performance.now() - short).toBeLessThan(20_000);
    expect(some.series[0]?.points.length).toBeGreaterThan(500);
    expect(some.series[0]?.points.length).toBeLessThanOrEqual(1000);
    // Read to the end, unless it was as much as is refused.
    const found = await metrics.finish(never);
    if (found.faults.length === 0) expect(found.series[0]?.points.at(-1)?.[0]).toBe(last);
    else expect(found.faults[0]?.message).toContain('holds more than 268435456 bytes');
    expect(found.series[0]?.points).toHaveLength(1000);
  });

  it('a file of 10 GB is refused by its size, and what was read of it is kept', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    const path = await place.write('s.jsonl', '{"loss":1}\n{"loss":2}\n');
    // Behind its first rows a hole, which takes no disk.
    await truncate(path, 10_000_000_000);
    const begun = performance.now();
    const found = await metrics.finish(never);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(found.faults.map(({ message }) => message).join(' ')).toMatch(/holds more than 268435456 bytes/);
    expect(found.series[0]?.points).toHaveLength(2);
  });

  it('a 10 GB file of before is not read through', async () => {
    await using place = await openPlace();
    const path = await place.write('s.jsonl', '{"loss":1}\n');
    await truncate(path, 10_000_000_000);
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    appendFileSync(path, '\n{"loss":5}\n');
    const found = await metrics.finish(never);
    expect(found).toMatchObject({ faults: [], series: [{ metric: 'loss', points: [[1, 5]] }] });
  });

  it('NaN is seen live among many rows, so that a stop rule ends the training', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    const rows = Array.from(
      { length: 20_000 },
      (_, step) => `{"step":${step},"loss":${step === 12_345 ? 'NaN' : '1'}}\n`,
    );
    await place.write('s.jsonl', rows.join(''));
    const points = await followUntil(metrics, sleep(700));
    expect(points.length).toBeLessThan(2_100);
    const watch = new StopWatch(parseStopRules(['nan']));
    const stop = points.map((point) => watch.observe(point)).find((one) => one !== undefined);
    expect(stop?.reason).toContain('at step 12345 loss is NaN');
  });

  it('a line that takes a backtracking engine for ever, and a flood of lines', async () => {
    await using place = await openPlace();
    const metrics = place.open([
      'stdout=^(a+)+$|step (?P<step>\\d+) of (?P<steps_total>[\\d,]+): loss=(?P<loss>[^ ]+)',
    ]);
    await metrics.begin(never);
    const begun = performance.now();
    metrics.line('a'.repeat(1_000_000) + 'b');
    for (let step = 1; step <= 100_000; step += 1) metrics.line(`step ${step} of 100,000: loss=${1 / step}`);
    metrics.line('step 100001 of 100001: loss=nan');
    metrics.line('step x of y: loss=1');
    expect(performance.now() - begun).toBeLessThan(30_000);
    const points = await followUntil(metrics, sleep(100));
    expect(points.length).toBeLessThanOrEqual(4_001);
    const { series, faults } = await metrics.finish(never);
    expect(series[0]?.points).toHaveLength(1000);
    expect(faults).toMatchObject([{ failureClass: 'not-a-number' }]);
  });
});

describe('the follower', () => {
  it('ends at once when it is cancelled', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl']);
    await metrics.begin(never);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const begun = performance.now();
    await followUntil(metrics, new Promise(() => undefined), controller.signal);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('without any place of metrics finds none, and no fault', async () => {
    await using place = await openPlace();
    const metrics = openMetrics({
      directory: place.directory,
      metrics: undefined,
      metricsSeries: undefined,
      sources: [],
      environment: {},
    });
    await metrics.begin(never);
    expect(await followUntil(metrics, sleep(20))).toEqual([]);
    expect(await metrics.finish(never)).toEqual({ metrics: {}, series: [], faults: [], notices: [] });
    expect(metrics.files).toEqual([]);
  });

  it('tells by its names which source a metric is from, where two have it', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=a.jsonl', 'lightning=b.csv', 'tensorboard=logs']);
    await metrics.begin(never);
    await place.write('a.jsonl', '{"step":1,"loss":1}\n');
    await place.write('b.csv', 'step,loss\n1,2\n');
    await place.fixture('tensorboardx', 'logs');
    const points = await followUntil(metrics, sleep(100));
    const names = Object.keys(curves(points));
    expect(names).toContain('loss');
    expect(names).toContain('lightning/loss');
    expect(names).toContain('validation/epoch/loss');
  });

  it('refuses a pattern that is none before anything starts', async () => {
    await using place = await openPlace();
    const metrics = place.open(['stdout=(?P<loss>a(?=b))']);
    await expect(metrics.begin(never)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('is no regular expression') as string,
      remedy: expect.stringContaining('RE2') as string,
    });
    const silent = place.open(['stdout=loss (?P<loss>\\d+)']);
    await silent.begin(never);
    silent.line('nothing');
    expect((await silent.finish(never)).faults[0]?.message).toContain('matches no line of the output');
  });
});

it('fixtures hold no path of the machine that made them', () => {
  const bytes = readFileSync(
    join(FIXTURES, 'wandb/wandb/offline-run-20260101_000000-abcd1234/run-abcd1234.wandb'),
  ).toString('latin1');
  expect(bytes).not.toMatch(/\/(home|root|tmp|work)\//);
});
