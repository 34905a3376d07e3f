import { availableParallelism } from 'node:os';
import type { ScoringEngine } from '../../../../shared/data/engine.ts';
import { SubjectError } from '../../../../shared/errors.ts';
import type { OnnxRuntime } from '../../../../shared/onnx/runtime.ts';
import { openModel } from '../../../../shared/onnx/session.ts';
import type { ExaminationRecord } from '../../../../shared/record/evaluation-section.ts';
import type { EvaluationColumns, Examination } from '../gate-file/gate-file.ts';
import type { Features } from './decide/features.ts';
import { matchInputs } from './decide/match-inputs.ts';
import { matchOutputs } from './decide/match-outputs.ts';
import { onnxFiles } from './decide/why-not-examined.ts';
import { refuseUnfit, selectFeatures } from './feature-values.ts';
import { LATENCY_ROWS, measureLatency } from './latency.ts';
import { type BatchRunner, type Columns, createBatchRunner } from './onnx-batch.ts';
import type { Examinee } from './options.ts';
import { SCORED_PREDICTION, scoreName } from './prediction-rows.ts';
import type { RowsTable } from './rows-table.ts';

export interface OnnxOptions {
  readonly engine: ScoringEngine;
  readonly runtime: OnnxRuntime;
  readonly table: RowsTable;
  readonly features: Features;
  readonly evaluation: EvaluationColumns;
  readonly examination: Examination;
  readonly withLatency: boolean;
  readonly signal: AbortSignal;
}

/** The row's number in a table of scored rows. */
export const SCORED_ROW = 'scored_row';

/**
 * Runs an ONNX model on all evaluation rows, in the chunks that the engine gives, and keeps what it gave as the table
 * `into`. The labels stay in the engine.
 */
export async function scoreByOnnx(
  { what, files }: Examinee,
  into: string,
  options: OnnxOptions,
): Promise<ExaminationRecord['latencyMs']> {
  const { engine, runtime, table, features, evaluation, examination, withLatency, signal } = options;
  const [file, ...others] = onnxFiles(
    files.map(({ path, reference }) => ({ place: path, path: reference.path })),
  );
  if (file === undefined || others.length > 0) {
    throw new SubjectError(
      'model',
      `The model of ${what} has ${others.length + (file === undefined ? 0 : 1)} .onnx files, so the gate cannot run it itself.`,
      { remedy: 'Give one .onnx file of role model, or the input "score-command".' },
    );
  }
  const label = `${file.path} of ${what}`;
  const model = await openModel(runtime, { path: file.place, label, threads: availableParallelism() });
  try {
    const { metadata, session } = model;
    const inputs = matchInputs(metadata.inputs, features, label, examination.rows);
    const named = examination.outputs;
    const outputs = matchOutputs({ outputs: metadata.outputs, evaluation, named, label });
    await refuseUnfit(engine, inputs, table.columns, { label, rows: examination.rows }, signal);
    const runner = createBatchRunner({ runtime, session, metadata, inputs, outputs, evaluation, label });
    await fill({ engine, runner, evaluation, signal }, selectFeatures(inputs), into);
    if (runner.notFinite() > 0) {
      throw new SubjectError(
        'model',
        `The model ${label} gave NaN or infinity for ${runner.notFinite()} of ${table.n} rows.`,
        { remedy: 'Look for missing values and scaling in what it was exported with.' },
      );
    }
    // A model of a fixed batch has no latency of one row.
    if (!withLatency || (inputs.batch ?? 1) > 1) return null;
    return await measureLatency(runner, await few(engine, selectFeatures(inputs, LATENCY_ROWS), signal));
  } finally {
    await model.close();
  }
}

interface Filling {
  readonly engine: ScoringEngine;
  readonly runner: BatchRunner;
  readonly evaluation: EvaluationColumns;
  readonly signal: AbortSignal;
}

async function fill(
  { engine, runner, evaluation, signal }: Filling,
  sql: string,
  into: string,
): Promise<void> {
  const appender = await engine.append(
    into,
    [
      { name: SCORED_ROW, type: 'BIGINT' },
      { name: SCORED_PREDICTION, type: runner.predictionType },
      ...evaluation.scores.map((_, index) => ({ name: scoreName(index), type: 'DOUBLE' as const })),
    ],
    signal,
  );
  try {
    for await (const [numbers = [], ...features] of engine.stream({ name: 'features', sql }, signal)) {
      appender.push([numbers, ...(await runner.run(features))]);
    }
  } finally {
    appender.close();
  }
}

/** The features of the first rows, which are at most one chunk. */
async function few(engine: ScoringEngine, sql: string, signal: AbortSignal): Promise<Columns> {
  let first: Columns = [];
  for await (const [, ...features] of engine.stream({ name: 'features', sql }, signal)) {
    if (first.length === 0) first = features;
  }
  return first;
}
