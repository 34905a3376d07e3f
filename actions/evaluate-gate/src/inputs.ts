import type { CommonInputs } from '../../../shared/action/action.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';
import { SUBJECT_PATTERN } from '../../../shared/names.ts';
import type { Shorthand, ShorthandColumns } from './gate-file/from-inputs.ts';
import { ATTEST_MODES, type AttestMode } from './attest/attest-evaluation.ts';
import { type Needs, readNeeds } from './needs.ts';
import { isRemote } from './reported/remote.ts';

/** Inputs that name columns and the like, which a gate file would say itself. */
const OF_SHORTHAND = [
  'id-column',
  'label-column',
  'prediction-column',
  'score-columns',
  'labels',
  'positive',
  'evaluation-rows',
  'baseline',
  'on-no-baseline',
] as const;

/** Every input of action.yml. */
export const INPUTS = [
  'model',
  'dataset',
  'mode',
  'gate',
  'rules',
  ...OF_SHORTHAND,
  'policy-from',
  'metrics',
  'predictions',
  'score-command',
  'score-timeout-minutes',
  'registry',
  'baseline-metrics',
  'baseline-predictions',
  'models',
  'needs',
  'from-key',
  'record-from',
  'attest',
  'max-memory-mb',
  'duckdb-path',
  'onnxruntime-path',
  'working-directory',
  'id',
  'matrix',
  'token',
  'comment',
  'status',
  'on-inconclusive',
  'history',
] as const;

/** Every output of action.yml. */
export const OUTPUTS = [
  'verdict',
  'passed',
  'report-path',
  'metrics',
  'failed-rules',
  'baseline-version',
] as const;

/** One job after a matrix, which looks whether each leg has reported. */
export interface ConcludeInputs {
  /** The models that have to have been gated in this run. */
  readonly models: readonly [string, ...string[]];
  readonly needs: Needs;
}

/** The contract of evaluate-gate. Paths are absolute. */
export interface Inputs extends CommonInputs {
  /** The model under examination; undefined means the run's only one. */
  readonly subject: string | undefined;
  readonly dataset: string | undefined;
  readonly mode: 'judge' | 'conclude';
  /** The gate file; it need not exist in the working tree, as the base's counts. Undefined: `shorthand`. */
  readonly gate: string | undefined;
  /** Rules without a file. In mode `judge` either this or `gate` is given, in mode `conclude` neither. */
  readonly shorthand: Shorthand | undefined;
  readonly policyFrom: 'base' | 'head';
  /** A file or folder of metrics, or `mlflow:<run id>`; undefined means those of the training section. */
  readonly metrics: string | undefined;
  /** A file of predictions; undefined means that of the training section. */
  readonly predictions: string | undefined;
  /** Program and words that score the evaluation rows; no shell. Undefined: ONNX in the process. */
  readonly scoreCommand: readonly [string, ...string[]] | undefined;
  /** After which the score-command is ended, for each model. */
  readonly scoreTimeoutMinutes: number;
  /** As the user wrote it, `directory:registry` or `github-release`. */
  readonly registry: string | undefined;
  readonly baselineMetrics: string | undefined;
  readonly baselinePredictions: string | undefined;
  /** Only in mode `conclude`. */
  readonly conclude: ConcludeInputs | undefined;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
  /** Whether the evaluation is attested: `auto` where the job's permissions let it. */
  readonly attest: AttestMode;
  readonly maxMemoryMiB: number;
  /** A DuckDB binding on this machine, for one that has no package registry. */
  readonly duckdbPath: string | undefined;
  /** ONNX Runtime on this machine, for one that has no package registry. */
  readonly onnxruntimePath: string | undefined;
  /** `auto`: metrics of the default branch are kept and shown where the token allows it. */
  readonly history: 'auto' | 'off';
  /** Needed by the registry `github-release`. */
  readonly token: string | undefined;
}

/** DuckDB cannot work with less. */
const MIN_MEMORY_MIB = 128;
const MAX_MEMORY_MIB = 1024 * 1024;
/** A job of a self-hosted runner lives for five days. */
const MAX_SCORE_MINUTES = 5 * 24 * 60;

export function readInputs(reader: InputReader): Inputs {
  const mode = reader.oneOf('mode', ['judge', 'conclude']);
  const metrics = readMetrics(reader);
  const predictions = reader.path('predictions', { kind: 'file' });
  return {
    subject: reader.subject('model'),
    dataset: reader.subject('dataset'),
    mode,
    ...readGate(reader, mode, metrics !== undefined && predictions === undefined),
    policyFrom: reader.oneOf('policy-from', ['base', 'head']),
    metrics,
    predictions,
    scoreCommand: readScoreCommand(reader),
    scoreTimeoutMinutes: requiredInteger(reader, 'score-timeout-minutes', 1, MAX_SCORE_MINUTES),
    registry: reader.text('registry'),
    baselineMetrics: reader.path('baseline-metrics', { kind: 'file' }),
    baselinePredictions: reader.path('baseline-predictions', { kind: 'file' }),
    conclude: readConclude(reader, mode),
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    attest: reader.oneOf('attest', ATTEST_MODES),
    maxMemoryMiB: requiredInteger(reader, 'max-memory-mb', MIN_MEMORY_MIB, MAX_MEMORY_MIB),
    duckdbPath: reader.text('duckdb-path'),
    onnxruntimePath: reader.text('onnxruntime-path'),
    history: reader.oneOf('history', ['auto', 'off']),
    token: reader.text('token'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}

function readGate(
  reader: InputReader,
  mode: Inputs['mode'],
  metricsOnly: boolean,
): Pick<Inputs, 'gate' | 'shorthand'> {
  const gate = reader.path('gate', { mustExist: false, kind: 'file' });
  const rules = reader.text('rules');
  const columns: ShorthandColumns = {
    id: reader.text('id-column'),
    label: reader.text('label-column'),
    prediction: reader.text('prediction-column'),
    scores: reader.list('score-columns'),
    labels: reader.list('labels'),
    positive: reader.text('positive'),
    rows: reader.text('evaluation-rows'),
  };
  const baseline = reader.text('baseline');
  const onNoBaseline = reader.text('on-no-baseline');
  if (mode === 'conclude') {
    const stray = (['gate', 'rules', ...OF_SHORTHAND] as const).find(
      (name) => reader.text(name) !== undefined,
    );
    if (stray === undefined) return { gate: undefined, shorthand: undefined };
    throw new UsageError(`Input "${stray}" is given in mode conclude, which judges no model itself.`, {
      remedy: "Leave it out: the verdicts of the models' own gates are concluded from.",
    });
  }
  if (gate !== undefined && rules !== undefined) {
    throw new UsageError('Both inputs "gate" and "rules" are given.', {
      remedy: 'Give the path of a gate file by "gate", or the rules themselves by "rules".',
    });
  }
  if (rules === undefined) {
    if (gate === undefined) {
      throw new UsageError(
        'Neither input "gate" nor input "rules" is given, so there is no rule to judge by.',
        {
          remedy: 'Give the path of a gate file by "gate", or rules such as "accuracy >= 0.8" by "rules".',
        },
      );
    }
    const stray = OF_SHORTHAND.find((name) => reader.text(name) !== undefined);
    if (stray === undefined) return { gate, shorthand: undefined };
    throw new UsageError(`Input "${stray}" is given beside "gate", whose file says it itself.`, {
      remedy: `Leave it out, and write it into the gate file: "${stray}" belongs to the input "rules".`,
    });
  }
  // Without predictions there are no columns to name: the metrics are read, and nothing is computed.
  const named = Object.values(columns).some((value) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined,
  );
  const shorthand = { rules, columns: metricsOnly && !named ? undefined : columns, baseline, onNoBaseline };
  return { gate: undefined, shorthand };
}

/** A path, or a run of MLflow's server. */
function readMetrics(reader: InputReader): string | undefined {
  const text = reader.text('metrics');
  return text !== undefined && isRemote(text) ? text : reader.path('metrics', {});
}

function readScoreCommand(reader: InputReader): Inputs['scoreCommand'] {
  const [program, ...words] = reader.command('score-command') ?? [];
  return program === undefined ? undefined : [program, ...words];
}

function readConclude(reader: InputReader, mode: Inputs['mode']): ConcludeInputs | undefined {
  const models = reader.list('models');
  const needs = readNeeds(reader.text('needs'));
  if (mode === 'judge') {
    const stray = models.length > 0 ? 'models' : needs === undefined ? undefined : 'needs';
    if (stray === undefined) return undefined;
    throw new UsageError(`Input "${stray}" is given in mode judge.`, {
      remedy: 'Set "mode" to conclude in the job after the matrix, or leave it out.',
    });
  }
  const [first, ...rest] = models;
  if (first === undefined) {
    throw new UsageError('Input "models" is required in mode conclude, and was not given.', {
      remedy: 'List the models of the matrix, one a line: a leg that has not reported is told from it.',
    });
  }
  if (needs === undefined) {
    throw new UsageError('Input "needs" is required in mode conclude, and was not given.', {
      remedy: 'Add "needs: ${{ toJSON(needs) }}", and let the job run under "if: always()".',
    });
  }
  const wrong = models.find((model) => !SUBJECT_PATTERN.test(model));
  if (wrong !== undefined) {
    throw new UsageError(`Input "models" lists "${wrong}", which is no model's name.`, {
      remedy:
        'Accepted: up to 63 lower-case letters, digits and hyphens, not a hyphen first, one name a line.',
    });
  }
  const twice = models.find((model, index) => models.indexOf(model) !== index);
  if (twice !== undefined) {
    throw new UsageError(`Input "models" lists "${twice}" twice.`, { remedy: 'List each model once.' });
  }
  return { models: [first, ...rest], needs };
}

function requiredInteger(reader: InputReader, name: string, min: number, max: number): number {
  reader.requiredText(name);
  return reader.integer(name, { min, max }) ?? min;
}
