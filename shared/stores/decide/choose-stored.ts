import type { FileReference } from '../../record/common.ts';

/**
 * Which files go to a store where one is given: every file of the model, since whoever names a store wants it there
 * whatever its size; and all others, too, where these alone would still be too large for an artifact.
 */
export function chooseStored(
  files: readonly FileReference[],
  limitBytes: number,
): { chosen: FileReference[]; others: FileReference[] } {
  const others = files.filter(({ role }) => role !== 'model');
  const bytes = others.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > limitBytes) return { chosen: [...files], others: [] };
  return { chosen: files.filter(({ role }) => role === 'model'), others };
}
