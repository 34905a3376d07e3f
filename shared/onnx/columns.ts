/// <reference lib="es2025.float16" />
import type { Tensor } from 'onnxruntime-common';
import { type Datatype, RUNTIME_TYPES } from './datatypes.ts';
import type { OnnxRuntime } from './runtime.ts';

type Cell = string | number | bigint | boolean | null;
type TypedData = Tensor.DataTypeMap[(typeof RUNTIME_TYPES)[Datatype]];

const NUMBERS = {
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};
const BIG_NUMBERS = { INT64: BigInt64Array, UINT64: BigUint64Array };

/**
 * A tensor of rows from columns of values that fit its datatype; `shape` begins with the number of rows, and the
 * columns follow one another in each row. Unlike JSON's, floats may be NaN.
 */
export function tensorOfColumns(
  runtime: OnnxRuntime,
  datatype: Datatype,
  columns: readonly (readonly Cell[])[],
  shape: readonly number[],
): Tensor {
  const typed = typedData(datatype, columns, shape[0] ?? 0);
  const built = new runtime.Tensor(RUNTIME_TYPES[datatype], typed, shape);
  // See decodeTensor: the native part of onnxruntime-node 1.30 takes the bits of halves only.
  if (datatype === 'FP16') Reflect.set(built, 'cpuData', typed);
  return built;
}

function typedData(datatype: Datatype, columns: readonly (readonly Cell[])[], rows: number): TypedData {
  const width = columns.length;
  const fill = <T>(data: Record<number, T>, convert: (value: Cell) => T): void => {
    for (const [offset, column] of columns.entries()) {
      for (let row = 0; row < rows; row += 1) data[row * width + offset] = convert(column[row] ?? null);
    }
  };
  switch (datatype) {
    case 'BYTES': {
      const data: string[] = [];
      fill(data, String);
      return data;
    }
    case 'BOOL': {
      const data = new Uint8Array(rows * width);
      fill(data, (value) => (value === true ? 1 : 0));
      return data;
    }
    case 'INT64':
    case 'UINT64': {
      const data = new BIG_NUMBERS[datatype](rows * width);
      fill(data, (value) => BigInt(value ?? 0));
      return data;
    }
    default: {
      const data = new NUMBERS[datatype](rows * width);
      fill(data, Number);
      return data instanceof Float16Array ? new Uint16Array(data.buffer) : data;
    }
  }
}

/** The values of a tensor, row by row in one line: numbers, or for other types text, whole numbers and truth values. */
export function valuesOf(tensor: Tensor, datatype: Datatype): ArrayLike<Cell> {
  const { data } = tensor;
  if (datatype === 'FP16' && data instanceof Uint16Array) {
    return new Float16Array(data.buffer, data.byteOffset, data.length);
  }
  if (datatype === 'BOOL')
    return Array.from<unknown, boolean>(data, (value) => value === 1 || value === true);
  return data;
}
