import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError } from '../../../../shared/errors.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import type { Manifest } from './manifest.ts';
import type { FoundFile } from './scan-folder.ts';

/** The folder of a packed checkpoint in which its files lie, each named by its SHA-256. */
export const FILES_FOLDER = 'files';
/** Left to everybody else on the disk. */
const SPARE_BYTES = 256 * 1024 * 1024;

/** A file changed while it was copied: what was copied is neither the old nor the new one. */
export class ChangedWhileCopied extends Error {}

/** Refuses to fill a disk. */
export async function requireRoom(directory: string, bytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (bytes + SPARE_BYTES <= free) return;
  const mebibytes = (count: number): string => `${Math.ceil(count / 1024 / 1024)} MiB`;
  throw new InfrastructureError(
    `${what} needs ${mebibytes(bytes + SPARE_BYTES)} in "${directory}", which has ${mebibytes(free)} left.`,
    { remedy: 'Let the command keep fewer checkpoints, or give the runner a larger disk.' },
  );
}

/** Copies files into `staging`, and makes sure of each that what was copied is what lies there before and after. */
export async function packFiles(
  folder: string,
  files: readonly FoundFile[],
  staging: string,
  signal: AbortSignal,
): Promise<Manifest['files']> {
  const target = join(staging, FILES_FOLDER);
  await mkdir(target, { recursive: true });
  await requireRoom(
    staging,
    files.reduce((sum, { bytes }) => sum + bytes, 0),
    'A checkpoint',
  );
  const packed: Manifest['files'] = [];
  for (const file of files) packed.push(await packFile(folder, file, target, signal));
  return packed;
}

async function packFile(
  folder: string,
  file: FoundFile,
  target: string,
  signal: AbortSignal,
): Promise<Manifest['files'][number]> {
  const { path, bytes, state, growing } = file;
  const source = join(folder, path);
  const draft = join(target, 'draft');
  try {
    const copied = await copyHashed(source, draft, bytes, signal);
    const facts = await lstat(source, { bigint: true });
    const now = `${facts.ino}.${facts.size}.${facts.mtimeNs}.${facts.ctimeNs}`;
    const same = growing ? facts.size >= BigInt(bytes) : now === state;
    const again =
      bytes === 0 ? copied.sha256 : (await hashFile(source, signal, { start: 0, end: bytes })).sha256;
    if (!same || copied.bytes !== bytes || again !== copied.sha256) throw new ChangedWhileCopied(path);
    await rename(draft, join(target, copied.sha256));
    return { path, ...copied };
  } catch (error) {
    await rm(draft, { force: true });
    signal.throwIfAborted();
    // It vanished, or is a folder by now.
    const gone = await lstat(source).then(
      (facts) => !facts.isFile(),
      () => true,
    );
    throw gone ? new ChangedWhileCopied(path) : error;
  }
}

/** Copies the first bytes of a file while it hashes them. */
async function copyHashed(
  source: string,
  draft: string,
  most: number,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(draft, 'w');
  try {
    if (most > 0) {
      for await (const chunk of createReadStream(source, { end: most - 1, signal })) {
        const piece = chunk as Buffer;
        hash.update(piece);
        bytes += piece.length;
        await file.writeFile(piece);
      }
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
