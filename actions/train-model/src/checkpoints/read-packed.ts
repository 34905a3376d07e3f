import { lstat, readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../../../../shared/record/digest.ts';
import {
  type Manifest,
  MANIFEST_FILE,
  MAX_CHECKPOINT_BYTES,
  MAX_MANIFEST_BYTES,
  parseManifest,
} from './manifest.ts';
import { FILES_FOLDER } from './pack.ts';

/** A checkpoint that is not whole, or not what it says; the message closes a sentence that names it. */
export class BrokenCheckpoint extends Error {}

/** How often it is looked how much an artifact has unpacked to. */
const WATCH_MS = 250;
/** Left free whatever an artifact unpacks to. */
const SPARE_BYTES = 256 * 1024 * 1024;

/** Reads a packed checkpoint and verifies every size and digest. */
export async function readPacked(directory: string, signal: AbortSignal): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  const facts = await lstat(path).catch(() => undefined);
  if (facts?.isFile() !== true) throw new BrokenCheckpoint('has no manifest');
  if (facts.size > MAX_MANIFEST_BYTES) throw new BrokenCheckpoint('has a manifest that is too large');
  const manifest = parseManifest(await readFile(path, 'utf8'));
  if (typeof manifest === 'string') throw new BrokenCheckpoint(`has a manifest that ${manifest}`);
  for (const { path: name, bytes, sha256 } of manifest.files) {
    const source = join(directory, FILES_FOLDER, sha256);
    const found = await lstat(source).catch(() => undefined);
    if (found?.isFile() !== true) throw new BrokenCheckpoint(`lacks its file "${name}"`);
    if (found.size !== bytes) {
      throw new BrokenCheckpoint(`has ${found.size} bytes of its file "${name}" instead of ${bytes}`);
    }
    if ((await hashFile(source, signal)).sha256 !== sha256) {
      throw new BrokenCheckpoint(`has other bytes in its file "${name}" than it had when it was saved`);
    }
  }
  return manifest;
}

/**
 * Unpacks into `directory` while it is watched how large that grows: a small archive can hold more than a disk.
 * The client cannot be stopped, so the caller removes the folder, and what still comes finds no place.
 */
export async function unpackWatched(
  directory: string,
  unpack: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  mostBytes = MAX_CHECKPOINT_BYTES,
): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const most = Math.min(mostBytes, Math.max(0, bavail * bsize - SPARE_BYTES));
  const tooLarge = new AbortController();
  const look = async (): Promise<void> => {
    if ((await sizeOf(directory)) <= most) return;
    tooLarge.abort(new BrokenCheckpoint(`unpacks to more than ${Math.floor(most / 1024 / 1024)} MiB`));
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = look().catch(() => undefined);
  }, WATCH_MS);
  try {
    await unpack(AbortSignal.any([signal, tooLarge.signal]));
    await look();
    tooLarge.signal.throwIfAborted();
  } finally {
    clearInterval(timer);
    await looking;
  }
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    bytes += (await lstat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
