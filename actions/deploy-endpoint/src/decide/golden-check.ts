import { UsageError } from '../../../../shared/errors.ts';
import { type Datatype, integerRange, isDatatype } from '../../../../shared/onnx/datatypes.ts';
import type { ModelMetadata, TensorMetadata } from '../../../../shared/onnx/metadata.ts';
import { type GoldenRow, goldenRequest, type GoldenTensor, shapeOf } from './golden-rows.ts';

/** The greatest finite values of the floats that are not JSON's own (IEEE 754, binary16 and binary32). */
const GREATEST: Partial<Record<Datatype, number>> = { FP16: 65_504, FP32: 3.4028234663852886e38 };

/**
 * Makes sure that golden rows speak of this model, so that a slip in the file is not told as a fault of the model:
 * names, element types and shapes of inputs and outputs, and finite numbers. Names no value: the rows are data.
 * Metadata that declares no inputs or no outputs (some servers leave them out) says nothing of that side.
 */
export function checkGoldenRows(rows: readonly GoldenRow[], metadata: ModelMetadata): void {
  for (const row of rows) {
    const problem = inputProblem(row, metadata.inputs) ?? outputProblem(row, metadata.outputs);
    if (problem === undefined) continue;
    throw new UsageError(`Input "golden-rows": ${row.place} does not fit the model: ${problem}.`, {
      remedy: `The model takes ${described(metadata.inputs)} and gives ${described(metadata.outputs)}; -1 is any size. A row may leave the first dimension out where it is 1.`,
      where: row.where,
    });
  }
}

const described = (tensors: readonly TensorMetadata[]): string =>
  tensors.map((tensor) => `"${tensor.name}" (${typeOf(tensor)})`).join(', ') || 'what it does not declare';

const typeOf = ({ datatype, shape }: Pick<TensorMetadata, 'datatype' | 'shape'>): string =>
  `${datatype} [${shape.join(', ')}]`;

const names = (tensors: readonly TensorMetadata[]): string =>
  tensors.map(({ name }) => `"${name}"`).join(', ');

function inputProblem(row: GoldenRow, declared: readonly TensorMetadata[]): string | undefined {
  if (declared.length === 0) return undefined;
  const given = Array.isArray(row.inputs) ? row.inputs.map(({ name }) => name) : Object.keys(row.inputs);
  const unknown = given.find((name) => !declared.some((tensor) => tensor.name === name));
  if (unknown !== undefined) {
    return `it gives the input "${unknown}", which the model does not have; it has ${names(declared)}`;
  }
  const twice = given.find((name, index) => given.indexOf(name) !== index);
  if (twice !== undefined) return `it gives the input "${twice}" twice`;
  const missing = declared.find(({ name }) => !given.includes(name));
  if (missing !== undefined) return `it lacks the input "${missing.name}" (${typeOf(missing)})`;

  const request = goldenRequest(row, { inputs: declared, outputs: [] });
  for (const expected of declared) {
    const tensor = request.inputs.find(({ name }) => name === expected.name);
    const written = Array.isArray(row.inputs)
      ? row.inputs.find(({ name }) => name === expected.name)?.data
      : row.inputs[expected.name];
    const problem =
      nestingProblem(written) ??
      (tensor && (tensorProblem(tensor, expected, 'takes') ?? valueProblem([written], expected.datatype)));
    if (problem !== undefined) return `the input "${expected.name}" ${problem}`;
  }
  return undefined;
}

function outputProblem(row: GoldenRow, declared: readonly TensorMetadata[]): string | undefined {
  if (declared.length === 0) return undefined;
  for (const [name, values] of row.outputs) {
    const expected = declared.find((tensor) => tensor.name === name);
    if (expected === undefined) {
      return `it expects the output "${name}", which the model does not have; it has ${names(declared)}`;
    }
    const written = row.outputTensors.find((tensor) => tensor.name === name);
    const problem =
      (written && tensorProblem(written, expected, 'gives')) ??
      countProblem(values, expected) ??
      valueProblem(values, expected.datatype);
    if (problem !== undefined) return `the output "${name}" ${problem}`;
  }
  return undefined;
}

/** Of a tensor as the protocol writes it: element type, shape, and as many values as the shape holds. */
function tensorProblem(
  { datatype, shape, data }: GoldenTensor,
  expected: TensorMetadata,
  verb: 'takes' | 'gives',
): string | undefined {
  if (!isDatatype(datatype) || datatype !== expected.datatype) {
    return `is not of the element type that the model ${verb}, which is ${expected.datatype}`;
  }
  const fits =
    shape.length === expected.shape.length &&
    shape.every((size, index) => expected.shape[index] === -1 || expected.shape[index] === size);
  if (!fits) return `has the shape [${shape.join(', ')}]; the model ${verb} ${typeOf(expected)}`;
  const count = data.flat(Infinity).length;
  const held = shape.reduce((product, size) => product * size, 1);
  return count === held ? undefined : `has ${count} values; its shape [${shape.join(', ')}] holds ${held}`;
}

/** Outputs are compared value by value, so that their nesting is free; their number is not. */
function countProblem(values: readonly unknown[], expected: TensorMetadata): string | undefined {
  const fixed = expected.shape.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  const open = expected.shape.includes(-1);
  const possible = open && fixed > 0 ? values.length % fixed === 0 : values.length === fixed;
  return possible ? undefined : `has ${values.length} values; the model gives ${typeOf(expected)}`;
}

/** Lists that lie beside each other must be of one length. */
function nestingProblem(value: unknown): string | undefined {
  const shape = shapeOf(value);
  const regular = (item: unknown, depth: number): boolean =>
    Array.isArray(item)
      ? item.length === shape[depth] && item.every((inner) => regular(inner, depth + 1))
      : depth === shape.length;
  return regular(value, 0) ? undefined : 'has lists of different lengths';
}

function valueProblem(values: readonly unknown[], datatype: Datatype): string | undefined {
  for (const value of values.flat(Infinity)) {
    const held = misfit(value, datatype);
    if (held !== undefined) return `holds ${held} where a value of ${datatype} belongs`;
  }
  return undefined;
}

/** What a value is, in words, where it is none of that element type; undefined where it is one. */
function misfit(value: unknown, datatype: Datatype): string | undefined {
  if (value === null) return 'null';
  if (datatype === 'BOOL') return typeof value === 'boolean' ? undefined : kindOf(value);
  if (datatype === 'BYTES') return typeof value === 'string' ? undefined : kindOf(value);
  const range = integerRange(datatype);
  if (range === undefined) {
    if (typeof value !== 'number' && typeof value !== 'bigint') return kindOf(value);
    const greatest = GREATEST[datatype] ?? Number.MAX_VALUE;
    return Math.abs(Number(value)) <= greatest ? undefined : 'a number that is not finite';
  }
  // Beyond 2^53 JSON's numbers are not exact everywhere; digits in a string are.
  const digits = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!digits && typeof value !== 'bigint') {
    if (typeof value !== 'number') return kindOf(value);
    if (!Number.isFinite(value)) return 'a number that is not finite';
    if (!Number.isSafeInteger(value)) return 'a number that is not whole';
  }
  const integer = BigInt(value);
  return integer >= range.min && integer <= range.max ? undefined : 'a number out of range';
}

const kindOf = (value: unknown): string =>
  typeof value === 'object' ? 'an object' : typeof value === 'bigint' ? 'a number' : `a ${typeof value}`;
