import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Group, membersOf, type Watch } from './processes.ts';

/** How often it is looked whether the group has gone. */
const POLL_MS = 50;
/** After SIGKILL a process goes as soon as the kernel comes to it; one in uninterruptible sleep may not. */
const KILL_WAIT_MS = 2_000;

/** How a group is asked to end: the signals in order, between which the grace is divided evenly. */
const ASKED = {
  /** As the runner ends a step. */
  cancelled: ['SIGINT', 'SIGTERM'],
  /** As schedulers do before a limit: what frameworks save a checkpoint on. */
  limit: ['SIGTERM'],
} as const;

/** Sends a signal to every process of a group; those that have gone meanwhile do not matter. */
async function signalGroup(group: Group, signal: NodeJS.Signals, watch: Watch): Promise<number> {
  if (process.platform === 'win32') return await killTree(group.pid);
  const members = await membersOf(group, watch);
  for (const { pid } of members) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone, or no longer ours.
    }
  }
  return members.length;
}

/** Windows knows no groups: its own command follows the tree of parents. */
async function killTree(pid: number): Promise<number> {
  if (pid === 0) return 0;
  return await new Promise((resolve) => {
    execFile('taskkill', ['/T', '/F', '/PID', String(pid)], (error) => resolve(error === null ? 1 : 0));
  });
}

/**
 * Ends a group: asks it by signals, and kills what is left when `graceMs` have passed.
 * Returns how many processes had to be killed.
 */
export async function endGroup(
  group: Group,
  graceMs: number,
  watch: Watch,
  why: keyof typeof ASKED = 'cancelled',
): Promise<number> {
  if (process.platform === 'win32') return await killTree(group.pid);
  const signals = graceMs > 0 ? ASKED[why] : [];
  for (const signal of signals) {
    await signalGroup(group, signal, watch);
    if (await isGone(group, graceMs / signals.length, watch)) return 0;
  }
  // A process that forks while it is killed leaves a child: kill until nothing is found.
  let killed = 0;
  const until = performance.now() + KILL_WAIT_MS;
  do {
    const found = await signalGroup(group, 'SIGKILL', watch);
    if (found === 0) break;
    killed = Math.max(killed, found);
    await sleep(POLL_MS);
  } while (performance.now() < until);
  return killed;
}

async function isGone(group: Group, withinMs: number, watch: Watch): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    if ((await membersOf(group, watch)).length === 0) return true;
    await sleep(POLL_MS);
  }
  return (await membersOf(group, watch)).length === 0;
}
