import { z } from 'zod';
import { messageOf, UsageError } from '../../../../shared/errors.ts';
import { isDatatype, isFloat } from '../../../../shared/onnx/datatypes.ts';
import { parseExactly } from '../../../../shared/onnx/exact-json.ts';
import type { ModelMetadata } from '../../../../shared/onnx/metadata.ts';
import type { InferenceRequest, InferenceResponse } from '../server/inference-protocol.ts';

const tensorSchema = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  datatype: z.string(),
  data: z.array(z.unknown()),
});

export type GoldenTensor = z.infer<typeof tensorSchema>;

/** By name: a value, or nested lists of them. Or tensors as the Open Inference Protocol writes them. */
const sideSchema = z.union([
  z.record(z.string(), z.unknown()).refine((side) => Object.keys(side).length > 0, 'at least one tensor'),
  z.array(tensorSchema).min(1),
]);
export const rowSchema = z.strictObject({
  id: z.string().optional(),
  inputs: sideSchema,
  outputs: sideSchema,
});

export interface GoldenRow {
  /** As a person finds it again: the row's id, else its line. */
  readonly label: string;
  /** File and line as the user knows them: `golden.jsonl:3`. */
  readonly place: string;
  /** The same, relative to the workspace. */
  readonly where: { readonly file: string; readonly line: number };
  readonly inputs: z.infer<typeof sideSchema>;
  readonly outputs: ReadonlyMap<string, readonly unknown[]>;
  /** The outputs once more where they are written as tensors of the protocol; else none. */
  readonly outputTensors: readonly GoldenTensor[];
}

/** Golden rows are a sample for a smoke test; an evaluation set belongs into the gate. */
export const MAX_GOLDEN_ROWS = 1000;

/**
 * Reads golden rows: JSON Lines, of which each gives inputs and the outputs that must come of them. `file` is relative
 * to the workspace, `written` as the user wrote it.
 */
export function parseGoldenRows(text: string, file: string, written = file): GoldenRow[] {
  const rows = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => parseRow(line, number, file, written));
  if (rows.length === 0 || rows.length > MAX_GOLDEN_ROWS) {
    throw new UsageError(`Input "golden-rows": "${written}" holds ${rows.length} rows.`, {
      remedy: `Accepted: from 1 to ${MAX_GOLDEN_ROWS} rows, one JSON object a line.`,
    });
  }
  return rows;
}

function parseRow(line: string, number: number, file: string, written: string): GoldenRow {
  const place = `${written}:${number}`;
  const where = { file, line: number };
  const invalid = (why: string): UsageError =>
    new UsageError(`Input "golden-rows": ${place} is no golden row: ${why}.`, {
      remedy:
        'Accepted: {"inputs": {"<name>": <values>}, "outputs": {"<name>": <values>}}, one object a line.',
      where,
    });
  let document: unknown;
  try {
    document = parseExactly(line);
  } catch (error) {
    throw invalid(messageOf(error));
  }
  const parsed = rowSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`);
  }
  const { id, inputs, outputs } = parsed.data;
  const expected = Array.isArray(outputs)
    ? outputs.map(({ name, data }) => [name, data.flat(Infinity)] as const)
    : Object.entries(outputs).map(([name, value]) => [name, [value].flat(Infinity)] as const);
  return {
    label: id ?? `line ${number}`,
    place,
    where,
    inputs,
    outputs: new Map(expected),
    outputTensors: Array.isArray(outputs) ? outputs : [],
  };
}

/** The lengths of nested lists, by the first of each. */
export function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** A request for one golden row. Values one dimension short of the model's are one row of a batch. */
export function goldenRequest({ label, inputs }: GoldenRow, metadata: ModelMetadata): InferenceRequest {
  if (Array.isArray(inputs)) {
    return {
      inputs: inputs.map((tensor) => ({
        ...tensor,
        data: tensor.data.flat(Infinity).map(sendableAs(tensor.datatype)),
      })),
    };
  }
  return {
    inputs: Object.entries(inputs).map(([name, value]) => {
      const expected = metadata.inputs.find((candidate) => candidate.name === name);
      if (expected === undefined) {
        throw new UsageError(
          `Input "golden-rows": ${label} gives the input "${name}", which the model does not have.`,
          {
            remedy: `The model has: ${metadata.inputs.map((input) => input.name).join(', ') || 'no declared inputs'}.`,
          },
        );
      }
      const shape = shapeOf(value);
      const batch = shape.length === expected.shape.length - 1 ? [1] : [];
      return {
        name,
        datatype: expected.datatype,
        shape: [...batch, ...shape],
        data: [value].flat(Infinity).map(sendableAs(expected.datatype)),
      };
    }),
  };
}

/** JSON has no bigint; servers of ours take whole numbers as digits, and floats as numbers alone. */
const sendableAs =
  (datatype: string) =>
  (value: unknown): unknown => {
    if (typeof value !== 'bigint') return value;
    return isDatatype(datatype) && isFloat(datatype) ? Number(value) : value.toString();
  };

/**
 * What differs between an answer and a golden row; undefined where they agree. Labels are compared exactly, floats
 * by |observed - expected| <= tolerance * max(1, |expected|). Names no value: the rows are data.
 */
export function differenceOf(
  row: GoldenRow,
  response: InferenceResponse,
  tolerance: number,
): string | undefined {
  for (const [name, expected] of row.outputs) {
    const output = response.outputs.find((candidate) => candidate.name === name);
    if (output === undefined) return `${row.label}: the answer lacks the output "${name}"`;
    const observed: unknown[] = output.data.flat(Infinity);
    if (observed.length !== expected.length) {
      return `${row.label}: the output "${name}" has ${observed.length} values, expected are ${expected.length}`;
    }
    const agrees = isFloat(output.datatype) ? closeTo(tolerance) : equal;
    if (!observed.every((value, index) => agrees(value, expected[index]))) {
      return `${row.label}: the output "${name}" is another`;
    }
  }
  return undefined;
}

const equal = (observed: unknown, expected: unknown): boolean => String(observed) === String(expected);

const closeTo =
  (tolerance: number) =>
  (observed: unknown, expected: unknown): boolean => {
    if (!isNumber(observed) || !isNumber(expected)) return false;
    const [seen, wanted] = [Number(observed), Number(expected)];
    return Math.abs(seen - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
  };

/** A whole float beyond 2^53 is read as a bigint. */
const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';
