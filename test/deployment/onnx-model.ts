import { writeFile } from 'node:fs/promises';

/** Writes small ONNX models by hand, so that the tests need no Python. Field numbers are those of onnx.proto3. */

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const integerField = (number: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);

export const bytesField = (number: number, ...parts: (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
};

/** Element types of TensorProto.DataType. */
export const ELEMENT = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
} as const;
export type Element = keyof typeof ELEMENT;

/** A tensor in the model. `location` says that its data lies in a file. */
export interface Initializer {
  readonly name: string;
  readonly type: Element;
  readonly shape: readonly number[];
  readonly raw?: Buffer;
  readonly location?: string;
}

export const tensor = ({ name, type, shape, raw, location }: Initializer): Buffer =>
  Buffer.concat([
    ...shape.map((size) => integerField(1, size)),
    integerField(2, ELEMENT[type]),
    bytesField(8, name),
    ...(raw === undefined ? [] : [bytesField(9, raw)]),
    ...(location === undefined
      ? []
      : [bytesField(13, bytesField(1, 'location'), bytesField(2, location)), integerField(14, 1)]),
  ]);

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers only. */
  readonly attributes?: Readonly<Record<string, number>>;
  /** More attributes, encoded. */
  readonly encoded?: readonly Buffer[];
}

const INTEGER_ATTRIBUTE = 2;

const node = ({ operator, inputs, outputs, attributes = {}, encoded = [] }: Node): Buffer =>
  Buffer.concat([
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      bytesField(5, bytesField(1, name), integerField(3, value), integerField(20, INTEGER_ATTRIBUTE)),
    ),
    ...encoded.map((attribute) => bytesField(5, attribute)),
  ]);

export interface Value {
  readonly name: string;
  readonly type: Element;
  /** A name is a dimension of any size. */
  readonly shape: readonly (number | string)[];
}

const value = ({ name, type, shape }: Value): Buffer => {
  const dimensions = shape.map((size) =>
    bytesField(1, typeof size === 'number' ? integerField(1, size) : bytesField(2, size)),
  );
  const tensorType = bytesField(1, integerField(1, ELEMENT[type]), bytesField(2, ...dimensions));
  return Buffer.concat([bytesField(1, name), bytesField(2, tensorType)]);
};

export interface Graph {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly initializers?: readonly Initializer[];
}

/** A whole model: format version 8, operators of opset 13. */
export function encodeModel({ nodes, inputs, outputs, initializers = [] }: Graph): Buffer {
  return Buffer.concat([
    integerField(1, 8),
    bytesField(2, 'trainyard tests'),
    bytesField(
      7,
      ...nodes.map((entry) => bytesField(1, node(entry))),
      bytesField(2, 'graph'),
      ...initializers.map((entry) => bytesField(5, tensor(entry))),
      ...inputs.map((entry) => bytesField(11, value(entry))),
      ...outputs.map((entry) => bytesField(12, value(entry))),
    ),
    bytesField(8, bytesField(1, ''), integerField(2, 13)),
  ]);
}

const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const integers = (values: readonly bigint[]): Buffer => Buffer.from(BigInt64Array.from(values).buffer);

export interface ClassifierOptions {
  /** The label of each column of the weights. */
  readonly labels?: readonly [bigint, bigint, bigint];
  /** Changes the model's digest and its probabilities. */
  readonly scale?: number;
}

/** Two features, three classes: the largest of x, y and -(x + y) wins. Outputs a label and probabilities. */
export function classifier({ labels = [10n, 20n, 30n], scale = 4 }: ClassifierOptions = {}): Buffer {
  return encodeModel({
    inputs: [{ name: 'x', type: 'FP32', shape: ['rows', 2] }],
    outputs: [
      { name: 'label', type: 'INT64', shape: ['rows'] },
      { name: 'probabilities', type: 'FP32', shape: ['rows', 3] },
    ],
    initializers: [
      { name: 'weights', type: 'FP32', shape: [2, 3], raw: floats([scale, 0, -scale, 0, scale, -scale]) },
      { name: 'labels', type: 'INT64', shape: [3], raw: integers(labels) },
    ],
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'weights'], outputs: ['logits'] },
      { operator: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: { axis: 1 } },
      { operator: 'ArgMax', inputs: ['logits'], outputs: ['index'], attributes: { axis: 1, keepdims: 0 } },
      { operator: 'Gather', inputs: ['labels', 'index'], outputs: ['label'] },
    ],
  });
}

/** Gives back what it gets. */
export function identity(type: Element, shape: readonly (number | string)[] = ['rows']): Buffer {
  return encodeModel({
    inputs: [{ name: 'in', type, shape }],
    outputs: [{ name: 'out', type, shape }],
    nodes: [{ operator: 'Identity', inputs: ['in'], outputs: ['out'] }],
  });
}

/** 1 / x: not finite where x is zero. */
export function reciprocal(): Buffer {
  return encodeModel({
    inputs: [{ name: 'in', type: 'FP32', shape: ['rows'] }],
    outputs: [{ name: 'out', type: 'FP32', shape: ['rows'] }],
    nodes: [{ operator: 'Reciprocal', inputs: ['in'], outputs: ['out'] }],
  });
}

export async function writeModel(path: string, model: Buffer): Promise<string> {
  await writeFile(path, model);
  return path;
}
