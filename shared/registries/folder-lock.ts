import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { InfrastructureError } from '../errors.ts';

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  time: z.iso.datetime(),
  nonce: z.uuid(),
});
type Holder = z.infer<typeof holderSchema>;

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs: number;
  /** After this age a lock of another machine counts as left behind, in milliseconds. */
  readonly staleMs: number;
}

/** A holder only writes a manifest and an index, which takes milliseconds; ten minutes outlast a stopped machine. */
export const LOCK_OPTIONS: LockOptions = { waitMs: 60_000, staleMs: 600_000 };

const POLL_MS = 25;

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return codeOf(error) === 'EPERM';
  }
}

/** Who holds the lock; undefined where nobody does; `unreadable` while it is being written or was cut short. */
async function readHolder(path: string): Promise<Holder | 'unreadable' | undefined> {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : 'unreadable';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}

async function olderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).ctimeMs > ageMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function isLeftBehind(path: string, holder: Holder | 'unreadable', staleMs: number): Promise<boolean> {
  if (holder === 'unreadable') return olderThan(path, staleMs);
  if (holder.host === hostname() && !isAlive(holder.pid)) return true;
  return Date.now() - Date.parse(holder.time) > staleMs;
}

/**
 * Removes a lock that was left behind. Only the one process that manages to link the marker of this very lock may
 * unlink it, so that two that wait never remove a third's new lock.
 */
async function breakLock(path: string, holder: Holder | 'unreadable', staleMs: number): Promise<void> {
  const marker = `${path}.${holder === 'unreadable' ? 'unreadable' : holder.nonce}.stale`;
  try {
    await link(path, marker);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    if (codeOf(error) !== 'EEXIST') throw error;
    // Another one is at it; if that one died on the way, its marker is removed after a while.
    if (await olderThan(marker, staleMs)) await unlink(marker);
    return;
  }
  const linked = await readHolder(marker);
  const same =
    typeof linked === 'object' && typeof holder === 'object'
      ? linked.nonce === holder.nonce
      : linked === holder;
  if (same) await unlink(path);
  await unlink(marker);
}

/** Holds a lock that lies in a file, created if absent; also between machines that share the folder. */
export async function withLock<T>(
  path: string,
  signal: AbortSignal,
  work: (stillHeld: () => Promise<void>) => Promise<T>,
  { waitMs, staleMs }: LockOptions = LOCK_OPTIONS,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const nonce = randomUUID();
  const deadline = Date.now() + waitMs;
  for (;;) {
    signal.throwIfAborted();
    const holder: Holder = { pid: process.pid, host: hostname(), time: new Date().toISOString(), nonce };
    try {
      await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const other = await readHolder(path);
    if (other === undefined) continue;
    if (await isLeftBehind(path, other, staleMs)) {
      await breakLock(path, other, staleMs);
    } else if (Date.now() > deadline) {
      const who =
        other === 'unreadable'
          ? 'an unknown process'
          : `process ${other.pid} on ${other.host} since ${other.time}`;
      throw new InfrastructureError(`The registry's lock ${path} is held by ${who}.`, {
        remedy: 'Run again when that process has ended. If it no longer lives, delete the lock file.',
      });
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  const isHeld = async (): Promise<boolean> => {
    const holder = await readHolder(path);
    return typeof holder === 'object' && holder.nonce === nonce;
  };
  try {
    return await work(async () => {
      if (await isHeld()) return;
      throw new InfrastructureError(`The registry's lock ${path} was taken over by another process.`, {
        remedy: 'Nothing was written. Run again.',
      });
    });
  } finally {
    if (await isHeld()) await unlink(path);
  }
}
