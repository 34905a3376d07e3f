import { SubjectError } from '../../../../../shared/errors.ts';
import type { Datatype } from '../../../../../shared/onnx/datatypes.ts';
import type { TensorMetadata } from '../../../../../shared/onnx/metadata.ts';
import type { Features } from './features.ts';

/** Enough to see which columns are meant. */
const SHOWN_COLUMNS = 8;

export interface PlannedInput {
  readonly name: string;
  readonly datatype: Datatype;
  /** The columns that fill it, row by row. */
  readonly columns: readonly string[];
  /** The dimensions after that of the rows; their product is the number of columns. */
  readonly tail: readonly number[];
}

export interface InputPlan {
  readonly inputs: readonly PlannedInput[];
  /** The number of rows that the model always takes; undefined where it takes any. */
  readonly batch: number | undefined;
}

/**
 * Tells which columns fill which input of a model. One input takes the features in their order, with a shape of
 * [rows, features] or any other of as many values a row; several inputs take the columns of their own names.
 */
export function matchInputs(
  inputs: readonly TensorMetadata[],
  features: Features,
  label: string,
  rows: string,
): InputPlan {
  const [only] = inputs;
  if (only === undefined) {
    throw new SubjectError('model', `The model ${label} has no input, so there is nothing to examine.`);
  }
  const planned =
    inputs.length === 1
      ? [single(only, features, label, rows)]
      : inputs.map((input) => named(input, features, label, rows));
  const sizes = new Set(inputs.map(({ shape }) => shape[0]).filter((size) => size !== undefined && size > 0));
  if (sizes.size > 1) {
    throw new SubjectError(
      'model',
      `The inputs of the model ${label} take different numbers of rows: ${inputs.map(shown).join(', ')}.`,
      { remedy: 'Export it with one dynamic first dimension.' },
    );
  }
  return { inputs: planned, batch: [...sizes][0] };
}

function single(input: TensorMetadata, { names, pool }: Features, label: string, rows: string): PlannedInput {
  const tail = tailOf(input, label);
  const width = tail.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const open = tail.filter((size) => size === -1).length;
  const plan = (columns: readonly string[], dimensions: readonly number[]): PlannedInput => ({
    name: input.name,
    datatype: input.datatype,
    columns,
    tail: dimensions,
  });
  if (open === 0 && names.length === width) return plan(names, tail);
  if (open === 1 && names.length > 0 && names.length % width === 0) {
    return plan(
      names,
      tail.map((size) => (size === -1 ? names.length / width : size)),
    );
  }
  if (open === 0 && width === 1 && pool.includes(input.name)) return plan([input.name], tail);
  const wanted =
    open === 0
      ? `${width} ${width === 1 ? 'value' : 'values'} a row`
      : open === 1
        ? `a multiple of ${width} values a row`
        : 'values in several dimensions of any size';
  throw new SubjectError(
    'model',
    `The input ${shown(input)} of the model ${label} takes ${wanted}; ${rows} has ${names.length} feature ${names.length === 1 ? 'column' : 'columns'} (${listed(names)}).`,
    { remedy: 'Name those that the model takes by "evaluation.features" in the gate file.' },
  );
}

function named(input: TensorMetadata, { pool }: Features, label: string, rows: string): PlannedInput {
  const tail = tailOf(input, label);
  const width = tail.reduce((product, size) => product * Math.abs(size), 1);
  if (!pool.includes(input.name)) {
    throw new SubjectError(
      'model',
      `The model ${label} has an input "${input.name}", and ${rows} has no such column among ${listed(pool)}.`,
      { remedy: 'Each of several inputs is filled by the column of its name.' },
    );
  }
  if (width !== 1) {
    throw new SubjectError(
      'model',
      `The input ${shown(input)} of the model ${label} takes ${width} values a row; the column "${input.name}" of ${rows} has one.`,
      { remedy: 'Export it with one input of all features, or with one input a column.' },
    );
  }
  return { name: input.name, datatype: input.datatype, columns: [input.name], tail: tail.map(() => 1) };
}

function tailOf(input: TensorMetadata, label: string): readonly number[] {
  if (input.shape.length > 0) return input.shape.slice(1);
  throw new SubjectError(
    'model',
    `The input "${input.name}" of the model ${label} has no dimension for rows.`,
    {
      remedy: 'Export it with a dynamic first dimension.',
    },
  );
}

const shown = ({ name, datatype, shape }: TensorMetadata): string =>
  `"${name}" (${datatype}, [${shape.map((size) => (size === -1 ? 'n' : size)).join(', ')}])`;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length - SHOWN_COLUMNS;
  return `${names.slice(0, SHOWN_COLUMNS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
