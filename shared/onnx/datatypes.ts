import type { Tensor } from 'onnxruntime-common';

/** The datatypes of the Open Inference Protocol v2, "Tensor Data Types", each with ONNX Runtime's name of it. */
export const RUNTIME_TYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<string, Tensor.Type>;

export type Datatype = keyof typeof RUNTIME_TYPES;

export function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(RUNTIME_TYPES, text);
}

export const DATATYPES = Object.keys(RUNTIME_TYPES).filter(isDatatype);

/** The protocol's datatype for a type of ONNX Runtime's; undefined where the protocol has none (bfloat16, int4). */
export function datatypeOf(type: Tensor.Type): Datatype | undefined {
  return DATATYPES.find((datatype) => RUNTIME_TYPES[datatype] === type);
}

export const isFloat = (datatype: Datatype): boolean => datatype.startsWith('FP');

/** The least and greatest value of the whole-number datatypes; undefined for the others. */
export function integerRange(datatype: Datatype): { min: bigint; max: bigint } | undefined {
  const match = /^(U?)INT(\d+)$/.exec(datatype);
  if (match === null) return undefined;
  const bits = BigInt(match[2] ?? '');
  return match[1] === 'U'
    ? { min: 0n, max: (1n << bits) - 1n }
    : { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n };
}
