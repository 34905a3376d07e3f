import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HashingStream } from '../record/hashing-stream.ts';

interface Expected {
  readonly bytes: number;
  readonly sha256: string;
}

/** Makes a rename last through a power cut. Windows cannot open a folder, and orders its renames itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function settle(temporary: string, target: string): Promise<void> {
  const file = await open(temporary, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
  await syncFolder(dirname(target));
}

/**
 * Writes a stream to `target` so that it is there whole or not at all. Returns false, with nothing left behind, where
 * the bytes are not those expected.
 */
export async function writeVerified(
  source: Readable,
  target: string,
  temporaryFolder: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<boolean> {
  await mkdir(temporaryFolder, { recursive: true });
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(temporaryFolder, randomUUID());
  try {
    const hashing = new HashingStream();
    await pipeline(source, hashing, createWriteStream(temporary, { flags: 'wx' }), { signal });
    const { bytes, sha256 } = hashing.result();
    if (bytes !== expected.bytes || sha256 !== expected.sha256) return false;
    await settle(temporary, target);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Copies a file as `writeVerified` does. */
export function copyVerified(
  source: string,
  target: string,
  temporaryFolder: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<boolean> {
  return writeVerified(createReadStream(source), target, temporaryFolder, expected, signal);
}

/** Replaces a small file at once: a reader sees the old text or the new. */
export async function writeAtomic(
  target: string,
  temporaryFolder: string,
  content: string | Buffer,
): Promise<void> {
  await mkdir(temporaryFolder, { recursive: true });
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(temporaryFolder, randomUUID());
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    await settle(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}
