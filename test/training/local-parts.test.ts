import { describe, expect, it } from 'vitest';
import { withinBudget } from '../../shared/process/log-budget.ts';
import { LineQueue } from '../../shared/process/line-queue.ts';
import { killsBetween, readMemoryKills } from '../../actions/train-model/src/local/memory-kills.ts';
import { listProcesses, parsePsLine, parseStat, startOf } from '../../shared/process/processes.ts';
import { openScratch } from './scratch.ts';

const { signal } = new AbortController();

describe('processes', () => {
  it('are read from /proc, with any name', () => {
    const fields = ['S', '1', '7', '8', ...Array<string>(15).fill('0'), '4242', '0', '3', '0'];
    expect(parseStat(`99 (a) b (c)) ${fields.join(' ')}`)).toEqual({
      pid: 99,
      parent: 1,
      group: 7,
      session: 8,
      started: '4242',
      residentBytes: 3 * 4096,
    });
    expect(parseStat(`99 (zombie) Z ${fields.slice(1).join(' ')}`)).toBeUndefined();
    expect(parseStat('')).toBeUndefined();
  });

  it('are read from ps', () => {
    expect(parsePsLine('  12  3  10  2048 Ss   Sun Nov 22 10:00:00 2026  ')).toEqual({
      pid: 12,
      parent: 3,
      group: 10,
      session: 10,
      started: 'Sun Nov 22 10:00:00 2026',
      residentBytes: 2048 * 1024,
    });
    expect(parsePsLine('  12  3  10  0 Z+   Sun Nov 22 10:00:00 2026')).toBeUndefined();
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
    await using place = await openScratch();
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

describe('the budget of a log', () => {
  async function* lines(count: number, length: number): AsyncGenerator<string> {
    await Promise.resolve();
    for (let index = 1; index <= count; index += 1) yield `${index}`.padEnd(length, '.');
  }
  const shown = async (count: number, budget: number): Promise<string[]> => {
    const seen: string[] = [];
    for await (const line of withinBudget(lines(count, 9), budget)) seen.push(line.replace(/\.*$/, ''));
    return seen;
  };

  it('passes on what is within', async () => {
    expect(await shown(100, 1_000)).toHaveLength(100);
  });

  it('counts what is beyond, says so once, and ends with the last lines', async () => {
    const seen = await shown(300, 1_000);
    expect(seen.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)));
    expect(seen[100]).toMatch(/^The log is longer than \d+ MiB: further lines are counted/);
    expect(seen[101]).toBe('150 lines were not shown. The last 50:');
    expect(seen.slice(102)).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 251)));
    // The first that does not fit closes the log for shorter ones too.
    expect((await shown(101, 1_000)).slice(100)).toHaveLength(3);
  });
});
