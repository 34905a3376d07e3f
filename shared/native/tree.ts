import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { treeDigest } from './decide/layout.ts';

/** A file's digest in the given algorithm and encoding, streamed. */
export async function digestOf(
  path: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash, { signal });
  return hash.digest(encoding);
}

/** The digest of all that lies below `directory`; a link or a device counts as a file of its own kind. */
export async function digestOfTree(directory: string, signal: AbortSignal): Promise<string> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path).split(sep).join('/');
    files.set(name, entry.isFile() ? await digestOf(path, 'sha256', 'hex', signal) : 'no file');
  }
  return treeDigest(files);
}
