import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrainingJob } from '../engines/engine.ts';
import { yieldToTheRunner } from '../../../../shared/process/priority.ts';
import { type Group, membersOf } from '../../../../shared/process/processes.ts';

/** Often enough to see a peak, seldom enough to cost nothing. */
const SAMPLE_MS = 500;

/** Where there was least room. */
export interface LeastFree {
  readonly place: string;
  readonly bytes: number;
}

export interface Sampling {
  /** Ends it, and returns what was seen; null where nothing could be measured. */
  finish(): Promise<{ peakMemoryBytes: number | null; leastFree: LeastFree | null }>;
}

/**
 * Watches the memory of a group and the room on the disks it is likely to write to, and keeps its priority low. Pages
 * that processes share are counted for each of them. Notes in `seen` which processes it has found.
 */
export function startSampling(
  group: Group,
  { directory, environment }: TrainingJob,
  seen: Map<number, string>,
): Sampling {
  const places = [directory, environment['TMPDIR'] ?? tmpdir(), '/dev/shm'];
  const ending = new AbortController();
  let peakMemoryBytes: number | null = null;
  let leastFree: LeastFree | null = null;
  const look = async (): Promise<void> => {
    const processes = await membersOf(group, { watched: true, seen }).catch(() => []);
    const now = processes.reduce((sum, one) => sum + one.residentBytes, 0);
    if (now > 0) peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, now);
    for (const one of processes) await yieldToTheRunner(one.pid);
    for (const place of places) {
      const bytes = await freeBytesOf(place);
      if (bytes !== null && (leastFree === null || bytes < leastFree.bytes)) leastFree = { place, bytes };
    }
  };
  const sampled = (async () => {
    while (!ending.signal.aborted) {
      await look();
      await sleep(SAMPLE_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
    // The disk is as full now as the command left it.
    await look();
  })();
  return {
    async finish() {
      ending.abort();
      await sampled;
      return { peakMemoryBytes, leastFree };
    },
  };
}

/** Room for a user without privileges; null where the place does not exist or does not tell. */
async function freeBytesOf(place: string): Promise<number | null> {
  const facts = await statfs(place).catch(() => undefined);
  return facts === undefined || facts.blocks === 0 ? null : facts.bavail * facts.bsize;
}
