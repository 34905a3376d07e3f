import { posix } from 'node:path';
import type { DeclaredOutput } from '../../engines/engine.ts';

/** True where a file of a training is one that the output declares: the path itself, below it, or by its pattern. */
export function matchesOutput(
  file: { readonly path: string; readonly role: string },
  { role, glob }: Pick<DeclaredOutput, 'role' | 'glob'>,
): boolean {
  if (file.role !== role) return false;
  const pattern = posix.normalize(glob).replace(/\/$/, '');
  const above = file.path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return above.some((path) => path === pattern || posix.matchesGlob(path, pattern));
}
