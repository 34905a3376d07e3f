import { open } from 'node:fs/promises';
import { SubjectError } from '../../../shared/errors.ts';
import { checkModelFile } from '../../../shared/onnx/model-file.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import type { LocalFile } from '../../../shared/registries/registry.ts';

/** Git LFS, docs/spec.md: a pointer is a text file that begins with this line, and is below 1,024 bytes. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1';

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Refuses what is no model, though a file of the right name: nothing, a Git LFS pointer, an ONNX file that is none. */
export async function checkModelFiles(files: readonly LocalFile[]): Promise<void> {
  for (const { reference, path } of files) {
    if (reference.role !== 'model') continue;
    if (reference.bytes === 0) {
      throw new SubjectError('model', `The model file ${reference.path} is empty.`, {
        remedy: 'Let the training write it before it ends.',
      });
    }
    if ((await firstBytes(path, LFS_POINTER.length)) === LFS_POINTER) {
      throw new SubjectError(
        'model',
        `The model file ${reference.path} is a Git LFS pointer, not the model.`,
        {
          remedy: 'Check out with lfs: true, or let the training write the file.',
        },
      );
    }
    if (reference.path.endsWith('.onnx')) checkModelFile(path, reference.path);
  }
}

/** Refuses a record whose model digest is not that of its files: then the gate has judged something else. */
export function checkModelDigest(files: readonly FileReference[], stated: string): void {
  const computed = modelDigest(files);
  if (computed === stated) return;
  throw new SubjectError(
    'model',
    `The training section states the model digest ${stated.slice(0, 12)}, and its files give ${computed?.slice(0, 12) ?? 'none'}.`,
    {
      remedy: 'The record was changed after it was written. Train and gate again.',
    },
  );
}
