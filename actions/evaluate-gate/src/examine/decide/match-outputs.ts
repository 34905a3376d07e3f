import { SubjectError, UsageError } from '../../../../../shared/errors.ts';
import { isFloat } from '../../../../../shared/onnx/datatypes.ts';
import type { TensorMetadata } from '../../../../../shared/onnx/metadata.ts';
import type { EvaluationColumns, Examination } from '../../gate-file/gate-file.ts';

/** Where a single score parts the two classes, as scikit-learn's `predict` does. */
export const THRESHOLD = 0.5;

export type PlannedPrediction =
  /** The output tells it. */
  | { readonly from: 'output'; readonly output: string; readonly type: 'BIGINT' | 'DOUBLE' | 'VARCHAR' }
  /** The class of the greatest score; of two equal ones the first. */
  | { readonly from: 'greatest'; readonly output: string; readonly labels: readonly string[] }
  /** A single score: above one half it is the positive class. */
  | { readonly from: 'threshold'; readonly output: string; readonly labels: readonly [string, string] };

export interface OutputPlan {
  readonly prediction: PlannedPrediction;
  /** The output of scores; undefined where the gate file names none. */
  readonly scores: string | undefined;
}

type Columns = Pick<EvaluationColumns, 'scores' | 'labels' | 'positive'>;

interface Wanted {
  readonly outputs: readonly TensorMetadata[];
  readonly evaluation: Columns;
  readonly named: Examination['outputs'];
  /** How the user knows the model. */
  readonly label: string;
}

const isUnknown = ({ shape }: TensorMetadata): boolean => shape.length === 0;
/** One value a row. A second dimension of any size may be one too. */
const isPerRow = (output: TensorMetadata): boolean =>
  isUnknown(output) || output.shape.length === 1 || (output.shape.length === 2 && output.shape[1] === 1);
const isWhole = ({ datatype }: TensorMetadata): boolean => datatype.includes('INT');

/** Tells which outputs of a model are its prediction and its scores. What is not clear is an error that lists them. */
export function matchOutputs(wanted: Wanted): OutputPlan {
  const { outputs, evaluation, named } = wanted;
  const prediction =
    named.prediction === undefined ? undefined : find(wanted, named.prediction, 'prediction');
  const classes = outputs.filter((output) => !isFloat(output.datatype) && isPerRow(output));
  const scores = scoreOutput(wanted, (prediction ?? classes[0]) === undefined, prediction);
  const kept = evaluation.scores.length > 0 ? scores?.name : undefined;
  const told = prediction ?? soleClass(wanted, classes, scores);
  if (told !== undefined) return { prediction: predictionOf(wanted, told, scores), scores: kept };
  if (scores !== undefined && evaluation.labels !== undefined) {
    return { prediction: decided(wanted, scores), scores: kept };
  }
  const numbers = outputs.filter(({ datatype, name }) => isFloat(datatype) && name !== scores?.name);
  const [number] = numbers;
  if (number !== undefined && numbers.length === 1 && (isPerRow(number) || number.shape[1] === -1)) {
    return { prediction: { from: 'output', output: number.name, type: 'DOUBLE' }, scores: kept };
  }
  const remedy =
    evaluation.labels === undefined && outputs.some(({ datatype }) => isFloat(datatype))
      ? 'Declare the classes by "evaluation.labels" in the gate file, in the order of the scores; or name the output by "evaluation.outputs".'
      : 'Name it by "evaluation.outputs: {prediction: …}" in the gate file.';
  throw unclear(wanted, 'has no output that can be its prediction', remedy);
}

function find({ outputs, label }: Wanted, name: string, key: string): TensorMetadata {
  const found = outputs.find((output) => output.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `"evaluation.outputs.${key}" of the gate file names "${name}", which the model ${label} does not have.`,
    { remedy: `Its outputs: ${listed(outputs)}.` },
  );
}

function soleClass(
  wanted: Wanted,
  classes: readonly TensorMetadata[],
  scores: TensorMetadata | undefined,
): TensorMetadata | undefined {
  if (classes.length < 2) return classes[0] === scores ? undefined : classes[0];
  throw unclear(
    wanted,
    `has ${classes.length} outputs that can be its prediction`,
    'Name one by "evaluation.outputs: {prediction: …}" in the gate file.',
  );
}

function scoreOutput(
  wanted: Wanted,
  needed: boolean,
  prediction: TensorMetadata | undefined,
): TensorMetadata | undefined {
  const { outputs, evaluation, named } = wanted;
  if (named.scores !== undefined) return find(wanted, named.scores, 'scores');
  const { scores, labels } = evaluation;
  if (scores.length === 0 && labels === undefined) return undefined;
  const sizes = scores.length > 0 ? [scores.length] : [labels?.length ?? 0];
  // One column of scores speaks of the positive class, and a model of two classes has a score for each.
  if (scores.length === 1) sizes.push(2);
  const fits = outputs.filter(
    (output) =>
      isFloat(output.datatype) &&
      output !== prediction &&
      (sizes.includes(output.shape[1] ?? 1) || output.shape[1] === -1 || isUnknown(output)) &&
      output.shape.length <= 2,
  );
  if (fits.length === 1) return fits[0];
  if (scores.length === 0 && !needed) return undefined;
  if (scores.length === 0 && fits.length === 0) return undefined;
  throw unclear(
    wanted,
    fits.length === 0
      ? `has no output of ${sizes.join(' or ')} scores a row, and the gate file names the scores ${scores.join(', ')}`
      : `has ${fits.length} outputs that can be its scores`,
    'Name it by "evaluation.outputs: {scores: …}" in the gate file.',
  );
}

function predictionOf(
  wanted: Wanted,
  output: TensorMetadata,
  scores: TensorMetadata | undefined,
): PlannedPrediction {
  const { labels } = wanted.evaluation;
  const numbers = labels?.some((label) => label !== '' && Number.isFinite(Number(label))) ?? true;
  // An index of a class tells no class: the order of the scores is declared, that of the indices is not.
  if (isWhole(output) && !numbers) {
    if (scores !== undefined) return decided(wanted, scores);
    throw unclear(
      wanted,
      `predicts whole numbers by "${output.name}", and none of the declared classes is a number`,
      'Export the classes as they are declared under "evaluation.labels", or the scores of all classes.',
    );
  }
  if (isFloat(output.datatype) && !isPerRow(output) && labels !== undefined) return decided(wanted, output);
  const type = isWhole(output) ? 'BIGINT' : isFloat(output.datatype) ? 'DOUBLE' : 'VARCHAR';
  return { from: 'output', output: output.name, type };
}

/** The class that scores decide on. */
function decided(wanted: Wanted, { name, shape }: TensorMetadata): PlannedPrediction {
  const { labels = [], positive, scores } = wanted.evaluation;
  const single = shape[1] === 1 || shape.length === 1 || (shape[1] === -1 && scores.length === 1);
  if (!single || labels.length === 1) return { from: 'greatest', output: name, labels };
  const other = labels.find((label) => label !== positive);
  if (labels.length === 2 && positive !== undefined && labels.includes(positive) && other !== undefined) {
    return { from: 'threshold', output: name, labels: [other, positive] };
  }
  throw unclear(
    wanted,
    `has one score a row ("${name}"), and the gate file does not say of which of two classes`,
    'Declare two classes by "evaluation.labels", and which of them it speaks of by "evaluation.positive".',
  );
}

/** Which of a model's scores fill the columns that the gate file names, in their order. */
export function scoreColumns(evaluation: Columns, found: number, label: string): readonly number[] {
  const { scores, labels, positive } = evaluation;
  if (found === scores.length) return scores.map((_, index) => index);
  const index = positive === undefined ? -1 : (labels?.indexOf(positive) ?? -1);
  if (scores.length === 1 && found === 2 && labels?.length === 2 && index !== -1) return [index];
  throw new SubjectError(
    'model',
    `The model ${label} gives ${found} scores a row; the gate file names ${scores.length} (${scores.join(', ')}).`,
    {
      remedy:
        scores.length === 1
          ? 'Declare both classes by "evaluation.labels", in the order of the model\'s scores, and "evaluation.positive".'
          : 'Name one column a score by "evaluation.scores", in the order of the classes.',
    },
  );
}

const listed = (outputs: readonly TensorMetadata[]): string =>
  outputs
    .map(
      ({ name, datatype, shape }) =>
        `"${name}" (${datatype}, [${shape.map((size) => (size === -1 ? 'n' : size)).join(', ')}])`,
    )
    .join(', ');

function unclear({ outputs, label }: Wanted, what: string, remedy: string): SubjectError {
  return new SubjectError('model', `The model ${label} ${what}. Its outputs: ${listed(outputs)}.`, {
    remedy,
  });
}
