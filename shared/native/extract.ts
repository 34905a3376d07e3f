import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Unpacks those files of a verified npm tarball for which `place` names a place below `directory`. Links are left out. */
export async function extractTarball(
  tarball: string,
  directory: string,
  place: (entry: string) => string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { extract } = await import('tar-stream');
  const unpack = extract();
  await Promise.all([
    pipeline(createReadStream(tarball), createGunzip(), unpack, { signal }),
    (async () => {
      for await (const entry of unpack) {
        const target = entry.header.type === 'file' ? place(entry.header.name) : undefined;
        if (target === undefined) {
          entry.resume();
          continue;
        }
        const path = join(directory, target);
        await mkdir(dirname(path), { recursive: true });
        await pipeline(entry, createWriteStream(path), { signal });
      }
    })(),
  ]);
}
