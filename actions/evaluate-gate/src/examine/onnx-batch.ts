import type { Tensor } from 'onnxruntime-common';
import type { ComputedType, Scalar } from '../../../../shared/data/engine.ts';
import { messageOf, SubjectError } from '../../../../shared/errors.ts';
import { tensorOfColumns, valuesOf } from '../../../../shared/onnx/columns.ts';
import type { Datatype } from '../../../../shared/onnx/datatypes.ts';
import type { ModelMetadata } from '../../../../shared/onnx/metadata.ts';
import type { OnnxRuntime, OnnxSession } from '../../../../shared/onnx/runtime.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import type { InputPlan } from './decide/match-inputs.ts';
import { type OutputPlan, scoreColumns, THRESHOLD } from './decide/match-outputs.ts';

export type Columns = readonly (readonly Scalar[])[];

/** What one output gave for some rows. */
interface Values {
  /** Values a row. */
  readonly width: number;
  at(row: number, index: number): Scalar;
}

export interface BatchRunner {
  /** The type of the column of predictions. */
  readonly predictionType: ComputedType;
  /** Predictions, then the scores, of rows whose features are given column by column. */
  run(features: Columns): Promise<readonly (readonly Scalar[])[]>;
  /** Rows in which a score or a numeric prediction was no finite number. */
  notFinite(): number;
}

export interface RunnerOptions {
  readonly runtime: OnnxRuntime;
  readonly session: OnnxSession;
  readonly metadata: ModelMetadata;
  readonly inputs: InputPlan;
  readonly outputs: OutputPlan;
  readonly evaluation: EvaluationColumns;
  /** How the user knows the model. */
  readonly label: string;
}

/** Runs a model on batches of rows. */
export function createBatchRunner(options: RunnerOptions): BatchRunner {
  const { outputs, evaluation, inputs, label } = options;
  const { prediction } = outputs;
  const wanted = [...new Set([prediction.output, ...(outputs.scores === undefined ? [] : [outputs.scores])])];
  let picks: readonly number[] | undefined;
  let notFinite = 0;

  const piece = async (features: Columns): Promise<Scalar[][]> => {
    const rows = features[0]?.length ?? 0;
    const given = await runPadded(options, features, wanted);
    const of = (name: string): Values => {
      const values = given.get(name);
      if (values === undefined) throw new RangeError(name);
      return values;
    };
    const predict = predictor(options, of(prediction.output));
    const scores = outputs.scores === undefined ? undefined : of(outputs.scores);
    if (scores !== undefined) picks ??= scoreColumns(evaluation, scores.width, label);
    const columns: Scalar[][] = [[], ...(picks ?? []).map(() => [])];
    for (let row = 0; row < rows; row += 1) {
      let finite = true;
      for (const [index, column] of columns.entries()) {
        const cell = index === 0 ? predict(row) : (scores?.at(row, picks?.[index - 1] ?? 0) ?? null);
        if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) finite = false;
        column.push(cell);
      }
      if (!finite) notFinite += 1;
    }
    return columns;
  };

  return {
    predictionType: prediction.from === 'output' ? prediction.type : 'VARCHAR',
    notFinite: () => notFinite,
    async run(features) {
      const rows = features[0]?.length ?? 0;
      const size = inputs.batch ?? Math.max(1, rows);
      if (rows <= size) return await piece(features);
      const pieces: Scalar[][][] = [];
      for (let start = 0; start < rows; start += size) {
        pieces.push(await piece(features.map((column) => column.slice(start, start + size))));
      }
      const [first = []] = pieces;
      return first.map((_, index) => pieces.flatMap((columns) => columns[index] ?? []));
    },
  };
}

/** A model of a fixed number of rows gets its last row again and again to fill them. */
async function runPadded(
  { runtime, session, metadata, inputs, label }: RunnerOptions,
  features: Columns,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Values>> {
  const rows = features[0]?.length ?? 0;
  const size = inputs.batch ?? rows;
  const full =
    size === rows
      ? features
      : features.map((column) => [...column, ...Array<Scalar>(size - rows).fill(column.at(-1) ?? null)]);
  const feeds: Record<string, Tensor> = {};
  let next = 0;
  for (const { name, datatype, columns, tail } of inputs.inputs) {
    const own = full.slice(next, next + columns.length);
    next += columns.length;
    feeds[name] = tensorOfColumns(runtime, datatype, own, [size, ...tail]);
  }
  let results: Record<string, Tensor>;
  try {
    results = await session.run(feeds, [...wanted]);
  } catch (cause) {
    throw new SubjectError(
      'model',
      `The model ${label} could not be run on the evaluation rows: ${messageOf(cause)}`,
      {
        remedy:
          'Run it with ONNX Runtime on rows like these. "evaluation.features" names the columns that it is given.',
        cause,
      },
    );
  }
  return new Map(
    wanted.map((name) => {
      const datatype = metadata.outputs.find((output) => output.name === name)?.datatype ?? 'FP32';
      return [name, valuesOfRows(results[name], datatype, size, name, label)];
    }),
  );
}

function valuesOfRows(
  tensor: Tensor | undefined,
  datatype: Datatype,
  rows: number,
  name: string,
  label: string,
): Values {
  const data = tensor === undefined ? [] : valuesOf(tensor, datatype);
  const width = data.length / rows;
  const [first] = tensor?.dims ?? [];
  if (width < 1 || !Number.isInteger(width) || (first !== rows && rows > 1)) {
    throw new SubjectError(
      'model',
      `The model ${label} gave an output "${name}" of shape [${tensor?.dims.join(', ') ?? ''}] for ${rows} rows.`,
      { remedy: 'Export it so that the first dimension of each output is that of the rows.' },
    );
  }
  return { width, at: (row, index) => data[row * width + index] ?? null };
}

/** Tells the prediction of a row from the output that it is to be taken from. */
function predictor(
  { outputs: { prediction }, label }: RunnerOptions,
  values: Values,
): (row: number) => Scalar {
  const refuse = (what: string, remedy: string): never => {
    throw new SubjectError('model', `The model ${label} gave ${values.width} ${what}`, { remedy });
  };
  if (prediction.from === 'output') {
    if (values.width !== 1) {
      return refuse(
        `values a row in "${prediction.output}", which was taken for its prediction.`,
        'Name another output by "evaluation.outputs" in the gate file.',
      );
    }
    return (row) => {
      const value = values.at(row, 0);
      return prediction.type === 'VARCHAR' ? String(value) : value;
    };
  }
  const { labels } = prediction;
  if (prediction.from === 'threshold') {
    if (values.width !== 1) return refuse(`scores a row in "${prediction.output}", not one.`, '');
    return (row) => {
      const score = Number(values.at(row, 0));
      return Number.isNaN(score) ? null : score > THRESHOLD ? prediction.labels[1] : prediction.labels[0];
    };
  }
  if (values.width !== labels.length) {
    return refuse(
      `scores a row in "${prediction.output}"; the gate file declares ${labels.length} classes.`,
      'Declare each class by "evaluation.labels" in the gate file, in the order of the model\'s scores.',
    );
  }
  return (row) => {
    let best = 0;
    for (let index = 0; index < labels.length; index += 1) {
      const score = Number(values.at(row, index));
      // A class by NaN would look like one by a score.
      if (Number.isNaN(score)) return null;
      if (score > Number(values.at(row, best))) best = index;
    }
    return labels[best] ?? null;
  };
}
