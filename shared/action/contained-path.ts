import { existsSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../errors.ts';

/** True where `path` is `root` or lies below it. */
export function isInside(root: string, path: string): boolean {
  const step = relative(root, path);
  return step === '' || (step !== '..' && !step.startsWith(`..${sep}`) && !isAbsolute(step));
}

/** Follows symbolic links of the part of a path that exists. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), relative(parent, path));
}

/**
 * Resolves a path that came from outside against `base`, inside `root` also after symbolic links.
 * `label` is how the user knows it, for the error.
 */
export function containedPath(root: string, base: string, path: string, label: string): string {
  const absolute = resolve(base, path);
  if (path.includes('\0') || !isInside(realPath(root), realPath(absolute))) {
    throw new UsageError(`${label}: "${path}" lies outside the workspace.`, {
      remedy: 'Give a path inside the repository that is checked out.',
    });
  }
  return absolute;
}
