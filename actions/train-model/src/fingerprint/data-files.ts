import { type Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from '../../../../shared/action/contained-path.ts';
import { UsageError } from '../../../../shared/errors.ts';

/** Beyond this the fingerprint would take longer than it saves. */
const MAX_FILES = 1_000_000;
/** Folders of tools, which hold no data of a training. */
const LEFT_OUT = ['.git', '.dvc', '.trainyard'];

/** True for the name of a folder that is passed over. */
export function isLeftOut(name: string): boolean {
  return LEFT_OUT.includes(name);
}

export interface DataFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** The facts of what a path leads to; undefined where there is nothing. Refuses a link out of the workspace. */
export async function factsAt(
  path: string,
  workspace: string,
  nameOf: (path: string) => string,
): Promise<Stats | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return undefined;
  if (isInside(await realpath(workspace), await realpath(path))) return facts;
  throw new UsageError(`Input "data-paths": "${nameOf(path)}" is a link that leaves the workspace.`, {
    remedy: 'Keep the data inside the repository that is checked out, or let DVC copy instead of link.',
  });
}

/**
 * All files below a folder, links followed as long as they stay in the workspace. `enter` says whether a path is
 * looked at: what it refuses is left to the caller.
 */
export async function filesBelow(
  folder: string,
  {
    workspace,
    nameOf,
    enter,
    signal,
  }: {
    readonly workspace: string;
    readonly nameOf: (path: string) => string;
    readonly enter: (path: string) => boolean;
    readonly signal: AbortSignal;
  },
): Promise<DataFile[]> {
  const found: DataFile[] = [];
  const visit = async (directory: string, above: readonly string[]): Promise<void> => {
    const real = await realpath(directory);
    if (above.includes(real)) {
      throw new UsageError(
        `Input "data-paths": "${nameOf(directory)}" is a link to a folder that holds it.`,
        {
          remedy: 'Remove the link, or name the folders one by one.',
        },
      );
    }
    for (const name of (await readdir(directory)).sort()) {
      signal.throwIfAborted();
      const path = join(directory, name);
      if (isLeftOut(name) || !enter(path)) continue;
      const facts = await factsAt(path, workspace, nameOf);
      if (facts === undefined) {
        throw new UsageError(`Input "data-paths": "${nameOf(path)}" is a link that leads nowhere.`, {
          remedy: 'Remove it, or bring what it leads to.',
        });
      }
      if (facts.isDirectory()) await visit(path, [...above, real]);
      else if (facts.isFile()) found.push({ path, bytes: facts.size });
      if (found.length > MAX_FILES) {
        throw new UsageError(`Input "data-paths": "${nameOf(folder)}" holds more than ${MAX_FILES} files.`, {
          remedy: 'Name narrower folders, or let validate-data tell the data fingerprint.',
        });
      }
    }
  };
  await visit(folder, []);
  return found;
}
