import type { FileReference } from '../../../../../shared/record/common.ts';

/** The files that tell how many parameters a model has, or why none do. */
export type Weights =
  | { readonly format: 'onnx' | 'safetensors'; readonly files: readonly FileReference[] }
  | { readonly format: null; readonly reason: string };

/** Other formats that hold weights: beside safetensors nobody knows which of the two is the model. */
const OTHER_WEIGHTS =
  /\.(?:bin|ckpt|gguf|h5|hdf5|joblib|keras|msgpack|npy|npz|pb|pickle|pkl|pt|pth|tflite)$/i;
const ACCEPTED = 'parameters are counted in .onnx and .safetensors files';

/** Chooses by the names of a model's files. An .onnx file stands for the whole model: it is what the gate runs. */
export function chooseWeights(files: readonly FileReference[]): Weights {
  const model = files.filter(({ role }) => role === 'model');
  if (model.length === 0) {
    return { format: null, reason: 'the training section names no file of role model' };
  }
  const onnx = model.filter(({ path }) => /\.onnx$/i.test(path));
  if (onnx.length > 0) return { format: 'onnx', files: onnx };
  const safetensors = model.filter(({ path }) => /\.safetensors$/i.test(path));
  const [other] = model.filter(({ path }) => OTHER_WEIGHTS.test(path));
  if (safetensors.length > 0 && other === undefined) return { format: 'safetensors', files: safetensors };
  const shown = (other ?? model[0])?.path ?? '';
  const beside = safetensors.length > 0 ? ' lies beside .safetensors files, and' : ' is in another format:';
  return { format: null, reason: `"${shown}"${beside} ${ACCEPTED}` };
}
