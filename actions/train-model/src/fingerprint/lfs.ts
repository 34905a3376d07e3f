import { open } from 'node:fs/promises';
import { LFS_POINTER } from '../../../../shared/lfs-pointer.ts';

/** Git LFS, docs/spec.md: a pointer is below 1,024 bytes. */
const MAX_POINTER_BYTES = 1_024;

/** The SHA-256 that a Git LFS pointer names; undefined for any other file. */
export async function lfsDigestOf(path: string, bytes: number): Promise<string | undefined> {
  if (bytes >= MAX_POINTER_BYTES) return undefined;
  await using file = await open(path, 'r');
  const text = (await file.readFile()).toString('latin1');
  if (!text.startsWith(`${LFS_POINTER}\n`)) return undefined;
  return /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
}
