import { open } from 'node:fs/promises';
import { SubjectError } from './errors.ts';

/** Git LFS, docs/spec.md: a pointer is a text file that begins with this line, and is below 1,024 bytes. */
export const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

/** Refuses a model file that Git LFS has not replaced by the model. `label` is how the user knows the file. */
export async function refuseLfsPointer(path: string, label: string): Promise<void> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LFS_POINTER.length), 0, LFS_POINTER.length, 0);
  if (buffer.toString('latin1', 0, bytesRead) !== LFS_POINTER) return;
  throw new SubjectError('model', `The model file ${label} is a Git LFS pointer, not the model.`, {
    remedy: 'Check out with lfs: true, or let the training write the file.',
  });
}
