import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Limits, ScoringEngine } from '../../../../shared/data/engine.ts';
import { isExpected } from '../../../../shared/errors.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import type { ExaminationRecord } from '../../../../shared/record/evaluation-section.ts';
import type { EvaluationColumns, Examination } from '../gate-file/gate-file.ts';
import { type PredictionFile, predictionFile } from '../metrics/prediction-file.ts';
import { reachOf } from './decide/reach.ts';
import { rowsChanged } from './decide/rows-identity.ts';
import { examineByCommand } from './examine-by-command.ts';
import { examineByOnnx } from './examine-by-onnx.ts';
import type { Examined, Examinee, ExamineOptions, Unusable } from './options.ts';
import { findRows, type RowsFile } from './rows-file.ts';

/** Longer than any sensible join of rows with their predictions takes. */
const QUERY_TIMEOUT_MS = 10 * 60_000;

/** What both ways of examining work with. */
export interface Examining {
  readonly options: ExamineOptions;
  readonly engine: ScoringEngine;
  readonly limits: Limits;
  readonly rows: RowsFile;
  readonly evaluation: EvaluationColumns;
  readonly examination: Examination;
  readonly candidate: Examinee;
  readonly baseline: Examinee | undefined;
  /** Where the predictions of one model are to be written. */
  readonly outputOf: (examinee: Examinee) => string;
}

/** What came of it: files at `outputOf`, and for a baseline that could not be run the reason. */
export interface Scored {
  readonly n: number;
  readonly baseline: Unusable | undefined;
  readonly latencyMs: ExaminationRecord['latencyMs'];
}

/**
 * Computes the predictions of the candidate and of the baseline on the evaluation rows, and writes them with the labels
 * as files that `measure` reads. What is wrong with the candidate or the rows throws; what is wrong with the baseline is
 * told.
 */
export async function examine(options: ExamineOptions): Promise<Examined> {
  const { gate, gatePath, inputs, context, signal, candidateModel, baselineModel } = options;
  const { evaluation, examination } = gate;
  if (evaluation === undefined || examination === undefined) throw new RangeError('nothing to examine on');
  const rows = await findRows(options);
  const { event } = context.commit;
  const { policyFrom } = inputs;
  const baselineSha256 = options.baselineEvaluation?.rowsSha256 ?? null;
  // A digest in the gate file settles it, and the file of the base need not be brought.
  const base = examination.sha256 === undefined ? await options.baseRows?.(rows.path) : undefined;
  const identity = {
    found: rows.sha256,
    examination,
    base: base ?? null,
    baseline: baselineSha256,
    event,
    policyFrom,
    gatePath,
  };
  const changed = rowsChanged(identity);
  const folder = join(context.temporaryDirectory, 'examination');
  await mkdir(folder, { recursive: true });
  const paths = await context.store.fetchFiles(candidateModel, join(folder, 'model'), signal);
  const candidate: Examinee = {
    who: 'candidate',
    what: 'the candidate',
    files: candidateModel.map((reference, index) => ({ reference, path: paths[index] ?? '' })),
  };
  const baseline: Examinee | undefined =
    baselineModel === undefined
      ? undefined
      : { who: 'baseline', what: `the baseline (${baselineModel.what})`, files: baselineModel.files };
  const outputOf = ({ who }: Examinee): string => join(folder, `${who}.parquet`);
  const scored = await withEngine(options, (engine) => {
    const limits = {
      memoryMiB: inputs.maxMemoryMiB,
      threads: availableParallelism(),
      temporaryDirectory: context.temporaryDirectory,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    };
    const both = { options, engine, limits, rows, evaluation, examination, candidate, baseline, outputOf };
    return inputs.scoreCommand === undefined
      ? examineByOnnx(both)
      : examineByCommand(both, inputs.scoreCommand);
  });
  await rm(join(folder, 'model'), { recursive: true, force: true });
  const file = (examinee: Examinee): PredictionFile =>
    predictionFile(outputOf(examinee), `what the gate computed for ${examinee.what}`);
  return {
    candidate: file(candidate),
    baseline: scored.baseline ?? (baseline === undefined ? undefined : file(baseline)),
    predictionsSha256: (await hashFile(outputOf(candidate), signal)).sha256,
    record: {
      by: 'gate',
      how: inputs.scoreCommand === undefined ? 'onnx' : 'score-command',
      baselineBy: baseline === undefined || scored.baseline !== undefined ? 'none' : 'gate',
      rows: scored.n,
      path: rows.label,
      sha256: rows.sha256,
      changed,
      ...reachOf(rows.inWorkspace, context.run, options.training, inputs.scoreCommand !== undefined),
      latencyMs: scored.latencyMs,
      reason: null,
    },
  };
}

async function withEngine<T>(
  { inputs, context, signal }: ExamineOptions,
  work: (engine: ScoringEngine) => Promise<T>,
): Promise<T> {
  const { createDataEngine } = await import('../../../../shared/data/create-engine.ts');
  const { logger, environment } = context;
  const engine = await createDataEngine({ logger, environment, signal, path: inputs.duckdbPath });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** Runs what may fail for the baseline without taking the candidate along. */
export async function usable(
  work: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<Unusable | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    return { unusable: error.message, remedy: error.remedy ?? '' };
  }
}
