import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of one test; disposing removes it. */
export interface Scratch extends AsyncDisposable {
  readonly directory: string;
  write(path: string, content: string | Uint8Array): Promise<string>;
}

export async function openScratch(): Promise<Scratch> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-scratch-')));
  return {
    directory,
    async write(path, content) {
      const place = join(directory, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
      return place;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
