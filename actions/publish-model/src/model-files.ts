import { SubjectError } from '../../../shared/errors.ts';
import { refuseLfsPointer } from '../../../shared/lfs-pointer.ts';
import { checkModelFile } from '../../../shared/onnx/model-file.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import type { LocalFile } from '../../../shared/registries/registry.ts';

/** Refuses what is no model, though a file of the right name: nothing, a Git LFS pointer, an ONNX file that is none. */
export async function checkModelFiles(files: readonly LocalFile[]): Promise<void> {
  for (const { reference, path } of files) {
    if (reference.role !== 'model') continue;
    if (reference.bytes === 0) {
      throw new SubjectError('model', `The model file ${reference.path} is empty.`, {
        remedy: 'Let the training write it before it ends.',
      });
    }
    await refuseLfsPointer(path, reference.path);
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
