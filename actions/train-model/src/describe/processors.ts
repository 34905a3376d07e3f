import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** Processors and memory that a process here may use. */
export interface Processors {
  readonly cpus: number;
  readonly cpuModel: string | null;
  readonly memoryBytes: number;
}

/** What the machine has, or what a container or a job is given of it where that is less. */
export async function describeProcessors(root = '/'): Promise<Processors> {
  const all = cpus();
  const quota = await processorQuota(root);
  const constrained = process.constrainedMemory();
  return {
    cpus: Math.max(1, Math.min(all.length, availableParallelism(), Math.ceil(quota ?? Infinity))),
    cpuModel: all[0]?.model.trim() ?? null,
    // Node tells 0 or a number beyond all bounds where there is no limit.
    memoryBytes: constrained > 0 ? Math.min(totalmem(), constrained) : totalmem(),
  };
}

/**
 * How many processors' time the control group of this process gets; undefined where there is no limit, as outside
 * Linux. Version 2 has quota and period in one file, version 1 in two (Linux, admin-guide/cgroup-v2 and cgroup-v1/cpu).
 */
export async function processorQuota(root: string): Promise<number | undefined> {
  const read = async (path: string): Promise<string> =>
    await readFile(join(root, path), 'utf8').catch(() => '');
  const own = /^0::\/(.*)$/m.exec(await read('proc/self/cgroup'))?.[1] ?? '';
  for (const path of [join('sys/fs/cgroup', own, 'cpu.max'), 'sys/fs/cgroup/cpu.max']) {
    const [quota, period] = (await read(path)).trim().split(' ').map(Number);
    const share = shareOf(quota, period);
    if (share !== undefined) return share;
  }
  return shareOf(
    Number((await read('sys/fs/cgroup/cpu/cpu.cfs_quota_us')).trim() || Number.NaN),
    Number(await read('sys/fs/cgroup/cpu/cpu.cfs_period_us')),
  );
}

/** `max`, -1 and what is no number are no limit. */
function shareOf(quota: number | undefined, period: number | undefined): number | undefined {
  if (quota === undefined || period === undefined) return undefined;
  return quota > 0 && period > 0 ? quota / period : undefined;
}
