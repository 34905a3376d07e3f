import { isFloat } from '../../../../shared/onnx/datatypes.ts';
import type { ModelMetadata, TensorMetadata } from '../../../../shared/onnx/metadata.ts';
import type { InferenceRequest, InferenceResponse } from '../server/inference-protocol.ts';

/** A dimension of any size gets one: one row. */
const ANY_SIZE = 1;

function zeros({ name, datatype, shape }: TensorMetadata): InferenceRequest['inputs'][number] {
  const sizes = shape.map((size) => (size === -1 ? ANY_SIZE : size));
  const count = sizes.reduce((product, size) => product * size, 1);
  const zero = datatype === 'BOOL' ? false : datatype === 'BYTES' ? '' : 0;
  return { name, datatype, shape: sizes, data: Array.from({ length: count }, () => zero) };
}

/** A request that any model must be able to answer: one row of zeros, built from the model's own metadata. */
export function probeRequest(metadata: ModelMetadata): InferenceRequest {
  return { inputs: metadata.inputs.map(zeros) };
}

/** What is wrong with an answer by the model's own metadata; undefined where nothing is. */
export function problemOf(metadata: ModelMetadata, response: InferenceResponse): string | undefined {
  for (const expected of metadata.outputs) {
    const output = response.outputs.find(({ name }) => name === expected.name);
    if (output === undefined) return `The answer lacks the output "${expected.name}".`;
    const { datatype, shape, data } = output;
    if (datatype !== expected.datatype) {
      return `The output "${expected.name}" has the datatype ${datatype}, not ${expected.datatype}.`;
    }
    const fits =
      shape.length === expected.shape.length &&
      shape.every((size, index) => expected.shape[index] === -1 || expected.shape[index] === size);
    if (!fits) {
      return `The output "${expected.name}" has the shape [${shape.join(', ')}], not [${expected.shape.join(', ')}].`;
    }
    const values = data.flat(Infinity);
    if (values.length !== shape.reduce((product, size) => product * size, 1)) {
      return `The output "${expected.name}" has ${values.length} values, which its shape [${shape.join(', ')}] does not hold.`;
    }
    if (isFloat(expected.datatype) && !values.every((value) => Number.isFinite(value))) {
      return `The output "${expected.name}" holds values that are not finite numbers.`;
    }
  }
  return undefined;
}
