import { z } from 'zod';
import { isDatatype, DATATYPES } from '../../../../shared/onnx/datatypes.ts';
import type { ModelMetadata, TensorMetadata } from '../../../../shared/onnx/metadata.ts';
import { type JsonTensor, TensorError } from '../../../../shared/onnx/tensors.ts';

/** The body of an inference request. Members that the protocol does not know are left alone, as it asks. */
export const inferenceRequestSchema = z.object({
  id: z.string().optional(),
  inputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.number()),
      datatype: z.string(),
      data: z.array(z.unknown()),
    }),
  ),
  outputs: z.array(z.object({ name: z.string() })).optional(),
});
export type InferenceRequest = z.infer<typeof inferenceRequestSchema>;

const tensorMetadataSchema = z.object({
  name: z.string(),
  datatype: z.string().refine(isDatatype),
  shape: z.array(z.int()),
});

/** What a server answers to a request for a model's metadata; other servers leave out inputs and outputs. */
export const modelMetadataSchema = z.object({
  name: z.string(),
  platform: z.string(),
  inputs: z.array(tensorMetadataSchema).default([]),
  outputs: z.array(tensorMetadataSchema).default([]),
});

export const inferenceResponseSchema = z.object({
  model_name: z.string(),
  outputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int()),
      datatype: z.string().refine(isDatatype),
      data: z.array(z.unknown()),
    }),
  ),
});
export type InferenceResponse = z.infer<typeof inferenceResponseSchema>;

/** Checks a request against what the model takes; returns its tensors and the names of the outputs wanted. */
export function checkRequest(
  request: InferenceRequest,
  metadata: ModelMetadata,
): { inputs: JsonTensor[]; outputs: TensorMetadata[] } {
  const inputs = new Map<string, JsonTensor>();
  for (const input of request.inputs) {
    const expected = metadata.inputs.find(({ name }) => name === input.name);
    if (expected === undefined) {
      throw new TensorError(`The model has no input "${input.name}"; it has: ${namesOf(metadata.inputs)}.`);
    }
    if (inputs.has(input.name)) throw new TensorError(`The input "${input.name}" is given twice.`);
    inputs.set(input.name, checkTensor(input, expected));
  }
  const missing = metadata.inputs.filter(({ name }) => !inputs.has(name));
  if (missing.length > 0)
    throw new TensorError(`These inputs of the model are missing: ${namesOf(missing)}.`);
  return { inputs: [...inputs.values()], outputs: wantedOutputs(request, metadata) };
}

const namesOf = (tensors: readonly TensorMetadata[]): string => tensors.map(({ name }) => name).join(', ');

function checkTensor(input: InferenceRequest['inputs'][number], expected: TensorMetadata): JsonTensor {
  const { name, datatype, shape, data } = input;
  if (!isDatatype(datatype)) {
    throw new TensorError(`"${name}" has the datatype "${datatype}"; accepted: ${DATATYPES.join(', ')}.`);
  }
  if (datatype !== expected.datatype) {
    throw new TensorError(`"${name}" has the datatype ${datatype}; the model takes ${expected.datatype}.`);
  }
  const fits =
    shape.length === expected.shape.length &&
    shape.every((size, index) => expected.shape[index] === -1 || expected.shape[index] === size);
  if (!fits) {
    throw new TensorError(
      `"${name}" has the shape [${shape.join(', ')}]; the model takes [${expected.shape.join(', ')}], where -1 is any size.`,
    );
  }
  return { name, datatype, shape, data };
}

function wantedOutputs(request: InferenceRequest, metadata: ModelMetadata): TensorMetadata[] {
  if (request.outputs === undefined || request.outputs.length === 0) return [...metadata.outputs];
  return request.outputs.map(({ name }) => {
    const output = metadata.outputs.find((candidate) => candidate.name === name);
    if (output !== undefined) return output;
    throw new TensorError(`The model has no output "${name}"; it has: ${namesOf(metadata.outputs)}.`);
  });
}
