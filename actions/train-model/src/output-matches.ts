import type { Stats } from 'node:fs';
import { glob, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isInside } from '../../../shared/action/contained-path.ts';
import { SubjectError } from '../../../shared/errors.ts';
import type { DeclaredOutput } from './engines/engine.ts';

/** A training writes some files; a pattern that matches more matches what it should not. */
const MAX_FILES = 5_000;

/** A file that an output matches. */
export interface OutputMatch {
  /** Absolute. */
  readonly path: string;
  /** Why it cannot be an output; closes a sentence that begins with its path. Undefined for a plain file. */
  readonly problem: string | undefined;
}

/** How a path below the working directory is shown and recorded. */
export function shownPath(directory: string, path: string): string {
  return relative(directory, path).split(sep).join('/');
}

/**
 * What an output matches, sorted: files, those of folders, and what can be no output, as a pipe or a link that leads
 * out. A folder that a link leads to inside the working directory counts like any other, and only once.
 */
export async function matchesOf(
  directory: string,
  { glob: pattern, label }: DeclaredOutput,
): Promise<OutputMatch[]> {
  const root = await realpath(directory);
  const found = new Map<string, string | undefined>();
  const visited = new Set<string>();
  const add = async (path: string): Promise<void> => {
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) {
      const link = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
      if (link) found.set(path, 'is a link to nothing');
      return;
    }
    const real = await realpath(path);
    if (!isInside(root, real)) {
      found.set(path, await describeLeaving(directory, root, path));
    } else if (facts.isDirectory()) {
      if (visited.has(real)) return;
      visited.add(real);
      for (const name of await readdir(path)) await add(join(path, name));
    } else {
      found.set(path, kindOf(facts));
    }
    if (found.size > MAX_FILES) {
      throw new SubjectError('code', `${label} matches more than ${MAX_FILES} files.`, {
        remedy: 'Give a narrower pattern.',
      });
    }
  };
  // A name with brackets is a name before it is a pattern.
  await add(resolve(directory, pattern));
  for await (const match of glob(pattern, { cwd: directory })) await add(resolve(directory, match));
  return [...found].map(([path, problem]) => ({ path, problem })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Undefined for a plain file. Reading from a pipe or a device may never end. */
function kindOf(facts: Stats): string | undefined {
  if (facts.isFile()) return undefined;
  if (facts.isFIFO()) return 'is a pipe and no file';
  return facts.isSocket() ? 'is a socket and no file' : 'is a device and no file';
}

/** Names the link by which a path leaves, which may be a folder in the middle of it. */
async function describeLeaving(directory: string, root: string, path: string): Promise<string> {
  let link = path;
  for (
    let folder = dirname(path);
    isInside(directory, folder) && folder !== directory;
    folder = dirname(folder)
  ) {
    if (!isInside(root, await realpath(folder))) link = folder;
  }
  return link === path
    ? 'is a link that leaves the working directory'
    : `lies behind "${shownPath(directory, link)}", a link that leaves the working directory`;
}
