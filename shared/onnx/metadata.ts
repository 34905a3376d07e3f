import type { InferenceSession } from 'onnxruntime-common';
import { SubjectError } from '../errors.ts';
import { type Datatype, DATATYPES, datatypeOf } from './datatypes.ts';

/** One input or output of a model. A dimension of any size is -1. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** What a loaded model takes and gives, in the terms of the Open Inference Protocol. */
export function metadataOf(
  session: Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>,
): ModelMetadata {
  return {
    inputs: session.inputMetadata.map((value) => tensorMetadata(value, 'input')),
    outputs: session.outputMetadata.map((value) => tensorMetadata(value, 'output')),
  };
}

function tensorMetadata(value: InferenceSession.ValueMetadata, side: 'input' | 'output'): TensorMetadata {
  if (!value.isTensor) {
    throw new SubjectError(
      'model',
      `The model's ${side} "${value.name}" is no tensor, and cannot be served.`,
      {
        remedy: "Export with tensors only; with skl2onnx that is options={'zipmap': False}.",
      },
    );
  }
  const datatype = datatypeOf(value.type);
  if (datatype === undefined) {
    throw new SubjectError('model', `The model's ${side} "${value.name}" has the type ${value.type}.`, {
      remedy: `The Open Inference Protocol carries: ${DATATYPES.join(', ')}. Cast it inside the model.`,
    });
  }
  return {
    name: value.name,
    datatype,
    shape: value.shape.map((size) => (typeof size === 'number' && size >= 0 ? size : -1)),
  };
}
