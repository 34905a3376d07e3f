import { join } from 'node:path';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { countInitialised } from '../../../../shared/onnx/parameters.ts';
import { MalformedMessage } from '../../../../shared/onnx/protobuf.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import { chooseWeights } from './decide/choose-weights.ts';
import { countSafetensors, MalformedSafetensors } from './safetensors.ts';

/** A number, or why there is none. */
export type Parameters = { readonly value: number } | { readonly value: null; readonly reason: string };

/** Counts the parameters of a model from what its files say of their tensors; no code of it runs, no weight is read. */
export async function countParameters(
  files: readonly FileReference[],
  { store, temporaryDirectory, signal }: Pick<ActionContext, 'store' | 'temporaryDirectory' | 'signal'>,
): Promise<Parameters> {
  const weights = chooseWeights(files);
  if (weights.format === null) return { value: null, reason: weights.reason };
  const paths = await store.fetchFiles(weights.files, join(temporaryDirectory, 'parameters'), signal);
  let value = 0;
  for (const [index, path] of paths.entries()) {
    const label = weights.files[index]?.path ?? '';
    try {
      if (weights.format === 'safetensors') {
        value += await countSafetensors(path);
        continue;
      }
      const { tensors, elements } = countInitialised(path);
      // Those of scikit-learn keep what they learnt in attributes: 0 would hold under every bound, and be wrong.
      if (tensors === 0) {
        const reason = `"${label}" has no initialisers: what it learnt stands in attributes of its nodes, which are not counted`;
        return { value: null, reason };
      }
      value += elements;
    } catch (error) {
      if (!(error instanceof MalformedMessage || error instanceof MalformedSafetensors)) throw error;
      const format = weights.format === 'onnx' ? 'an ONNX model' : 'a safetensors file';
      return { value: null, reason: `"${label}" is not ${format}: ${error.message}` };
    }
  }
  return Number.isSafeInteger(value)
    ? { value }
    : { value: null, reason: 'the files of the model state more elements than any model has' };
}
