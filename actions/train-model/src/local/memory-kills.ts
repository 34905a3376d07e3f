import { readFile } from 'node:fs/promises';

/** Counters by which Linux tells that it killed something for want of memory. */
export interface MemoryKills {
  /** The kernel's own, of the whole machine; null where it cannot be read. */
  readonly machine: number | null;
  /** Of this control group; null where there is none. */
  readonly controlGroup: number | null;
}

const counter = (text: string, name: string): number | null => {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found);
};

/** Reads the counters. `root` stands for `/` in tests. */
export async function readMemoryKills(root = '/'): Promise<MemoryKills> {
  const read = (path: string): Promise<string> => readFile(`${root}${path}`, 'utf8').catch(() => '');
  const own = /^0::(\/.*)$/m.exec(await read('proc/self/cgroup'))?.[1] ?? '/';
  // Inside a container the own group is mounted as the root of the file system.
  const candidates = [`sys/fs/cgroup${own}/memory.events`, 'sys/fs/cgroup/memory.events'];
  let controlGroup: number | null = null;
  for (const path of candidates) controlGroup ??= counter(await read(path), 'oom_kill');
  return { machine: counter(await read('proc/vmstat'), 'oom_kill'), controlGroup };
}

/** How many kills there were between two readings. */
export function killsBetween(before: MemoryKills, after: MemoryKills): number {
  const delta = (from: number | null, to: number | null): number =>
    from === null || to === null ? 0 : Math.max(0, to - from);
  return Math.max(delta(before.machine, after.machine), delta(before.controlGroup, after.controlGroup));
}
