import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from '../../../../shared/action/contained-path.ts';
import { MAX_DEPTH, MAX_FILES } from './limits.ts';

/**
 * Files below a folder that `wanted` takes, sorted by path: bounded in number and depth, and no link is followed out
 * of the folder. A path of a file is that file.
 */
export async function findFiles(place: string, wanted: (path: string) => boolean): Promise<string[]> {
  const facts = await stat(place).catch(() => undefined);
  if (facts?.isFile() === true) return [place];
  if (facts?.isDirectory() !== true) return [];
  const found: string[] = [];
  const search = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MAX_FILES) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < MAX_DEPTH) await search(path, depth + 1);
      else if (entry.isFile() && wanted(path)) found.push(path);
    }
  };
  await search(place, 0);
  return found;
}

/** True where a file lies inside `root`, also after symbolic links. */
export async function liesInside(root: string, path: string): Promise<boolean> {
  try {
    return isInside(await realpath(root), await realpath(path));
  } catch {
    return false;
  }
}
