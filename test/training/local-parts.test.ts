import { writeFile } from 'node:fs/promises';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLocalEngine } from '../../actions/train-model/src/engines/local.ts';
import { LineQueue } from '../../actions/train-model/src/local/line-queue.ts';
import { killsBetween, readMemoryKills } from '../../actions/train-model/src/local/memory-kills.ts';
import {
  listProcesses,
  parsePsLine,
  parseStat,
  startOf,
} from '../../actions/train-model/src/local/processes.ts';
import { followSeries, noteSeries, readSeries } from '../../actions/train-model/src/series-file.ts';
import { openWorkplace } from './workplace.ts';

const { signal } = new AbortController();

describe('processes', () => {
  it('are read from /proc, with any name', () => {
    const fields = ['S', '1', '7', '8', ...Array<string>(15).fill('0'), '4242', '0', '3', '0'];
    expect(parseStat(`99 (a) b (c)) ${fields.join(' ')}`)).toEqual({
      pid: 99,
      group: 7,
      session: 8,
      started: '4242',
      residentBytes: 3 * 4096,
    });
    expect(parseStat(`99 (zombie) Z ${fields.slice(1).join(' ')}`)).toBeUndefined();
    expect(parseStat('')).toBeUndefined();
  });

  it('are read from ps', () => {
    expect(parsePsLine('  12  10  2048 Ss   Sun Nov 22 10:00:00 2026  ')).toEqual({
      pid: 12,
      group: 10,
      session: 10,
      started: 'Sun Nov 22 10:00:00 2026',
      residentBytes: 2048 * 1024,
    });
    expect(parsePsLine('  12  10  0 Z+   Sun Nov 22 10:00:00 2026')).toBeUndefined();
    expect(parsePsLine('')).toBeUndefined();
  });

  it('are found alike by both, where both are there', async () => {
    const here = (list: Awaited<ReturnType<typeof listProcesses>>) =>
      list.find((one) => one.pid === process.pid);
    expect(here(await listProcesses('linux'))?.residentBytes).toBeGreaterThan(1_000_000);
    expect(here(await listProcesses('darwin'))?.residentBytes).toBeGreaterThan(1_000_000);
    expect(await listProcesses('win32')).toEqual([]);
    expect(await startOf(process.pid)).toBe(here(await listProcesses())?.started);
    expect(await startOf(2 ** 30)).toBeNull();
  });
});

describe('kills for want of memory', () => {
  it('are counted in the own control group and on the machine', async () => {
    await using place = await openWorkplace();
    const root = `${place.directory}/`;
    expect(await readMemoryKills(root)).toEqual({ machine: null, controlGroup: null });
    await place.write('proc/self/cgroup', '0::/job\n');
    await place.write('sys/fs/cgroup/job/memory.events', 'oom 1\noom_kill 2\n');
    await place.write('proc/vmstat', 'pgfault 1\noom_kill 5\n');
    const before = await readMemoryKills(root);
    expect(before).toEqual({ machine: 5, controlGroup: 2 });
    expect(killsBetween(before, { machine: 6, controlGroup: 2 })).toBe(1);
    expect(killsBetween(before, { machine: null, controlGroup: 4 })).toBe(2);
    expect(killsBetween(before, before)).toBe(0);
    await place.write('proc/self/cgroup', '1:cpu:/x\n');
    await place.write('sys/fs/cgroup/memory.events', 'oom_kill 9\n');
    expect((await readMemoryKills(root)).controlGroup).toBe(9);
  });
});

describe('a queue of lines', () => {
  it('asks a fast writer to wait until it is read', async () => {
    let drained = 0;
    const queue = new LineQueue(() => (drained += 1));
    expect(queue.push(['a'])).toBe(true);
    expect(queue.push(Array<string>(2000).fill('b'))).toBe(false);
    setTimeout(() => {
      queue.push(['c']);
      queue.close();
    }, 20);
    const lines: string[] = [];
    for await (const line of queue.read(signal)) lines.push(line);
    expect(lines).toHaveLength(2002);
    expect(drained).toBeGreaterThan(0);
    await queue.closed;
  });

  it('ends when its reader is told', async () => {
    const controller = new AbortController();
    const queue = new LineQueue(() => undefined);
    setTimeout(() => controller.abort(), 20);
    for await (const line of queue.read(controller.signal)) expect.unreachable(line);
  });
});

describe('a series', () => {
  it('may end in a line that is cut short, and in nothing else', async () => {
    await using place = await openWorkplace();
    const path = await place.write('s.jsonl', '{"loss":1}\n\n{"loss":0.5}\n{"los');
    const result = await readSeries(path, undefined);
    expect(result).toMatchObject({ ok: true, rows: 2 });
    await place.write('s.jsonl', '{"loss":1}\n{"los\n');
    expect(await readSeries(path, undefined)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^row 2 is not JSON/) as string,
    });
  });

  it('that was written anew is read from its beginning', async () => {
    await using place = await openWorkplace();
    const path = await place.write('s.jsonl', '{"loss":1}\n');
    const before = await noteSeries(path);
    await writeFile(path, '{"loss":2}\n{"loss":3}\n');
    expect(await readSeries(path, before)).toMatchObject({ ok: true, rows: 2 });
    await writeFile(path, '{"a":2}\n');
    expect(await readSeries(path, before)).toMatchObject({ ok: true, rows: 1 });
    expect(await noteSeries(join(place.directory, 'none'))).toBeUndefined();
  });

  it('is followed while it grows, is cut and grows again', async () => {
    await using place = await openWorkplace();
    const path = join(place.directory, 's.jsonl');
    const steps: (() => void)[] = [
      () => undefined,
      () => writeFileSync(path, '{"loss":3}\n{"lo'),
      () => appendFileSync(path, 'ss":2}\nnonsense\n\n'),
      () => writeFileSync(path, '{"loss":1}\n'),
      () => undefined,
    ];
    const ended = (): boolean => {
      const step = steps.shift();
      step?.();
      return step === undefined;
    };
    const seen: unknown[] = [];
    for await (const point of followSeries(path, undefined, { pollMs: 1, ended })) seen.push(point.values);
    expect(seen).toEqual([{ loss: 3 }, { loss: 2 }, { loss: 1 }]);
  });
});

describe('the local engine', () => {
  it('knows only what it runs, attaches to nothing and costs nothing', async () => {
    const engine = createLocalEngine();
    const stranger = { id: 'x', key: 'y', url: null };
    expect(() => engine.status(stranger, signal)).toThrow('runs no training "x"');
    expect(await engine.find('y', signal)).toBeUndefined();
    expect(await engine.cost(stranger, signal)).toBeUndefined();
  });

  it('says so where a program cannot be started', async () => {
    await using place = await openWorkplace();
    await writeFile(join(place.directory, 'broken'), '#!/does/not/exist\n', { mode: 0o755 });
    await expect(place.train({ command: './broken' })).rejects.toThrow(/"\.\/broken" could not be started/);
  });

  it('hears every command to its end, also one that ends before anybody could listen', async () => {
    await using place = await openWorkplace();
    const engine = createLocalEngine();
    const said = Array.from({ length: 24 }, async (_, number) => {
      const command: [string, ...string[]] = ['sh', '-c', `echo ${number}`];
      const environment = { PATH: process.env['PATH'] ?? '', TRAINYARD_SUBMISSION: `quick-${number}` };
      const job = { command, directory: place.directory, environment, outputs: [], metricsSeries: undefined };
      const submission = await engine.submit(job, `quick-${number}`, signal);
      const lines: string[] = [];
      for await (const line of engine.logs(submission, signal)) lines.push(line);
      return lines.join();
    });
    expect(await Promise.all(said)).toEqual(said.map((_, number) => String(number)));
  });
});
