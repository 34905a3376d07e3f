/// <reference lib="es2025.float16" />
import type { Tensor } from 'onnxruntime-common';
import { type Datatype, integerRange, isFloat, RUNTIME_TYPES } from './datatypes.ts';
import type { OnnxRuntime } from './runtime.ts';

declare global {
  interface JSON {
    /** A number that JSON.stringify writes digit by digit (ECMAScript proposal "JSON.parse source text access"). */
    rawJSON(text: string): object;
  }
}

/** A value of `data` in JSON. `object` is a raw JSON number, for whole numbers that a double cannot hold. */
export type JsonValue = number | string | boolean | object;
export type JsonData = readonly unknown[];

/** A tensor as the Open Inference Protocol writes it in JSON. */
export interface JsonTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: JsonData;
}

/** A tensor that says something else than its own datatype and shape; the message tells the caller what. */
export class TensorError extends Error {}

/** Builds the runtime's tensor. `data` may be flat, in row-major order, or nested as the shape is. */
export function decodeTensor(tensor: JsonTensor, runtime: OnnxRuntime): Tensor {
  const { name, datatype, shape } = tensor;
  const invalid = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (invalid !== undefined) throw new TensorError(`"${name}" has the dimension ${invalid} in its shape.`);
  const values = flattenData(tensor.data, shape, name);
  const count = shape.reduce((product, size) => product * size, 1);
  if (values.length !== count) {
    throw new TensorError(
      `"${name}" has ${values.length} values; its shape [${shape.join(', ')}] holds ${count}.`,
    );
  }
  const typed = typedData(datatype, values, name);
  const built = new runtime.Tensor(RUNTIME_TYPES[datatype], typed, shape);
  // onnxruntime-common wraps the bits into a Float16Array, which the native part of onnxruntime-node 1.30 cannot
  // read ("not enough space: expected 2, got 0"); the bits themselves it can.
  if (datatype === 'FP16') Reflect.set(built, 'cpuData', typed);
  return built;
}

/** Flattens nested data, whose nesting must be that of `shape`. */
export function flattenData(data: JsonData, shape: readonly number[], name: string): unknown[] {
  const flat: unknown[] = [];
  const visit = (items: readonly unknown[], depth: number): void => {
    const nested = items.some((item) => Array.isArray(item));
    if (!nested && (depth === 0 || depth === shape.length - 1)) {
      if (depth > 0 && items.length !== shape[depth]) throw ragged(name, shape);
      for (const item of items) flat.push(item);
      return;
    }
    if (depth >= shape.length - 1 || items.length !== shape[depth]) throw ragged(name, shape);
    for (const item of items) {
      if (!Array.isArray(item)) throw ragged(name, shape);
      visit(item, depth + 1);
    }
  };
  visit(data, 0);
  return flat;
}

const ragged = (name: string, shape: readonly number[]): TensorError =>
  new TensorError(`The nesting of the data of "${name}" is not that of its shape [${shape.join(', ')}].`);

type TypedData = Tensor.DataTypeMap[(typeof RUNTIME_TYPES)[Datatype]];

function typedData(datatype: Datatype, values: readonly unknown[], name: string): TypedData {
  switch (datatype) {
    case 'BOOL':
      return Uint8Array.from(values, (value) => (booleanOf(value, name) ? 1 : 0));
    case 'BYTES':
      return values.map((value) => stringOf(value, name));
    case 'FP16':
      // The bits of a half; ONNX Runtime takes them as they are.
      return new Uint16Array(Float16Array.from(values, (value) => numberOf(value, name)).buffer);
    case 'FP32':
      return Float32Array.from(values, (value) => numberOf(value, name));
    case 'FP64':
      return Float64Array.from(values, (value) => numberOf(value, name));
    case 'INT64':
      return BigInt64Array.from(values, (value) => integerOf(value, datatype, name));
    case 'UINT64':
      return BigUint64Array.from(values, (value) => integerOf(value, datatype, name));
    default: {
      const integers = values.map((value) => Number(integerOf(value, datatype, name)));
      return SMALL_INTEGERS[datatype](integers);
    }
  }
}

const SMALL_INTEGERS = {
  INT8: (values: number[]) => Int8Array.from(values),
  INT16: (values: number[]) => Int16Array.from(values),
  INT32: (values: number[]) => Int32Array.from(values),
  UINT8: (values: number[]) => Uint8Array.from(values),
  UINT16: (values: number[]) => Uint16Array.from(values),
  UINT32: (values: number[]) => Uint32Array.from(values),
};

/** How a refused value is shown: its type, and never more than a few characters. */
const shown = (value: unknown): string =>
  value === null ? 'null' : `the ${typeof value} ${JSON.stringify(value).slice(0, 40)}`;

function booleanOf(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new TensorError(`"${name}" has the datatype BOOL and holds ${shown(value)}; accepted: true, false.`);
}

function stringOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new TensorError(`"${name}" has the datatype BYTES and holds ${shown(value)}; accepted: strings.`);
}

function numberOf(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TensorError(`"${name}" holds ${shown(value)} where a number belongs.`);
}

function integerOf(value: unknown, datatype: Datatype, name: string): bigint {
  // JSON numbers arrive as doubles: beyond 2^53 they may already be another number than the one that was sent.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new TensorError(`"${name}" holds a number beyond 2^53; send such numbers as strings of digits.`);
  }
  const digits = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!digits && !Number.isSafeInteger(value)) {
    throw new TensorError(
      `"${name}" has the datatype ${datatype} and holds ${shown(value)}; accepted: whole numbers.`,
    );
  }
  const integer = BigInt(value as number | string);
  const range = integerRange(datatype);
  if (range !== undefined && (integer < range.min || integer > range.max)) {
    throw new TensorError(`"${name}" holds ${integer.toString()}, which the datatype ${datatype} cannot.`);
  }
  return integer;
}

/** Writes the runtime's tensor in the protocol's JSON, flat. JSON has no NaN and no infinity: those are an error. */
export function encodeTensor(name: string, datatype: Datatype, tensor: Tensor): JsonTensor {
  const data = datatype === 'FP16' ? halves(tensor.data) : tensor.data;
  const values = Array.from<unknown, JsonValue>(data, (value) => jsonValue(datatype, value, name));
  return { name, datatype, shape: [...tensor.dims], data: values };
}

function halves(data: Tensor['data']): ArrayLike<unknown> {
  return data instanceof Uint16Array ? new Float16Array(data.buffer, data.byteOffset, data.length) : data;
}

function jsonValue(datatype: Datatype, value: unknown, name: string): JsonValue {
  if (datatype === 'BOOL') return value === 1 || value === true;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : JSON.rawJSON(value.toString());
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && (Number.isFinite(value) || !isFloat(datatype))) return value;
  throw new TensorError(
    `The model's output "${name}" holds a value that is not finite, which JSON cannot carry.`,
  );
}
