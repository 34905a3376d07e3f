import type { Datatype } from './datatypes.ts';
import type { ModelMetadata, TensorMetadata } from './metadata.ts';
import { type Field, MalformedMessage, MessageFile, type Range } from './protobuf.ts';

/** Field numbers of onnx.proto3 (github.com/onnx/onnx) that lead to the inputs and outputs of a graph. */
const MODEL_GRAPH = 7;
const GRAPH = { initializer: 5, input: 11, output: 12 } as const;
const TENSOR_NAME = 8;
const VALUE = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TENSOR_TYPE = { element: 1, shape: 2 } as const;
const SHAPE_DIMENSION = 1;
const DIMENSION_SIZE = 1;
/** A name that is longer is none that a person wrote. */
const MAX_NAME_BYTES = 4096;

/** onnx.proto3, TensorProto.DataType, as far as the Open Inference Protocol carries them. */
const ELEMENTS: Readonly<Record<number, Datatype>> = {
  1: 'FP32',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'BYTES',
  9: 'BOOL',
  10: 'FP16',
  11: 'FP64',
  12: 'UINT32',
  13: 'UINT64',
};

/**
 * What an ONNX file says that its model takes and gives, without loading the model. Undefined where the file does not
 * say it wholly (no shape, another type than a tensor), or is no ONNX file: who loads it will tell.
 */
export function graphMetadata(path: string): ModelMetadata | undefined {
  const file = new MessageFile(path);
  try {
    const graphs = [...file.fields()].filter(({ number }) => number === MODEL_GRAPH);
    return graphs.length === 1 && graphs[0] ? metadataOfGraph(file, rangeOf(graphs[0])) : undefined;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  } finally {
    file.close();
  }
}

function rangeOf({ number, value }: Field): Range {
  if (typeof value === 'object') return value;
  throw new MalformedMessage(`field ${number} is a number where a message belongs`);
}

function metadataOfGraph(file: MessageFile, graph: Range): ModelMetadata | undefined {
  const inputs: TensorMetadata[] = [];
  const outputs: TensorMetadata[] = [];
  const weights = new Set<string>();
  for (const field of file.fields(graph)) {
    if (field.number === GRAPH.initializer) weights.add(nameOf(file, rangeOf(field), TENSOR_NAME));
    if (field.number !== GRAPH.input && field.number !== GRAPH.output) continue;
    const tensor = tensorOf(file, rangeOf(field));
    if (tensor === undefined) return undefined;
    (field.number === GRAPH.input ? inputs : outputs).push(tensor);
  }
  // Before version 4 of the format every weight was listed as an input too; nobody need give it.
  return { inputs: inputs.filter(({ name }) => !weights.has(name)), outputs };
}

function nameOf(file: MessageFile, message: Range, number: number): string {
  const field = find(file, message, number);
  if (field === undefined) return '';
  const text = rangeOf(field);
  if (text.end - text.start > MAX_NAME_BYTES) throw new MalformedMessage('a name is too long');
  return file.text(text);
}

function tensorOf(file: MessageFile, value: Range): TensorMetadata | undefined {
  const type = find(file, value, VALUE.type);
  const tensorType = type && find(file, rangeOf(type), TYPE_TENSOR);
  if (tensorType === undefined) return undefined;
  const element = find(file, rangeOf(tensorType), TENSOR_TYPE.element)?.value;
  const datatype = typeof element === 'bigint' ? ELEMENTS[Number(element)] : undefined;
  const shape = find(file, rangeOf(tensorType), TENSOR_TYPE.shape);
  if (datatype === undefined || shape === undefined) return undefined;
  const sizes = [...file.fields(rangeOf(shape))]
    .filter(({ number }) => number === SHAPE_DIMENSION)
    .map((dimension) => {
      const size = find(file, rangeOf(dimension), DIMENSION_SIZE)?.value;
      return typeof size === 'bigint' ? Number(BigInt.asIntN(64, size)) : -1;
    });
  return {
    name: nameOf(file, value, VALUE.name),
    datatype,
    shape: sizes.map((size) => (size >= 0 ? size : -1)),
  };
}

const find = (file: MessageFile, message: Range, wanted: number): Field | undefined =>
  [...file.fields(message)].find(({ number }) => number === wanted);
