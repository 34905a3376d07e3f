import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { ActionContext } from '../../../shared/action/action.ts';
import { quoteIdentifier } from '../../../shared/data/sql.ts';
import { isExpected, messageOf } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { hashFile } from '../../../shared/record/digest.ts';
import { RECORD_FOLDER } from '../../../shared/record/disk-store.ts';
import { SHARED_FOLDER } from '../../../shared/record/create-store.ts';
import { runnerTemp } from '../../../shared/runner-temp.ts';
import type { EvaluationColumns, GateFile } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import type { PredictionFile } from './metrics/prediction-file.ts';
import type { Predictions } from './predict.ts';

/** As train-model has it for outputs without a store. */
const LIMIT_BYTES = 4_096_000_000;
const QUERY_TIMEOUT_MS = 10 * 60_000;
const FILE = 'evidence.parquet';

export interface KeepOptions {
  readonly inputs: Pick<Inputs, 'duckdbPath' | 'maxMemoryMiB'>;
  readonly gate: Pick<GateFile, 'evidence' | 'evaluation'>;
  readonly model: string;
  readonly predictions: Pick<Predictions, 'candidate' | 'record'>;
  readonly context: Pick<
    ActionContext,
    'store' | 'host' | 'run' | 'environment' | 'logger' | 'signal' | 'temporaryDirectory' | 'workingDirectory'
  >;
  /** Of an artifact; a terminal has none that could be too large. */
  readonly limitBytes?: number;
}

export interface Kept {
  readonly evidence: FileReference | null;
  readonly notices: readonly string[];
}

/**
 * Keeps what the gate computed for the candidate, where the policy says: id, prediction and scores of every row, and no
 * label. What goes wrong is told, and changes no verdict.
 */
export async function keepEvidence(options: KeepOptions): Promise<Kept> {
  const { gate, predictions, context } = options;
  const { candidate, record } = predictions;
  if (gate.evidence === 'none' || gate.evaluation === undefined || candidate === undefined) return NOTHING;
  if (record.by !== 'gate') return NOTHING;
  const { logger, signal } = context;
  try {
    return await keep(options, gate.evaluation, candidate);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) logger.debug(error.stack ?? error.message);
    const remedy = isExpected(error) && error.remedy !== undefined ? ` ${error.remedy}` : '';
    return unkept(`${messageOf(error)}${remedy}`);
  }
}

const NOTHING: Kept = { evidence: null, notices: [] };

function unkept(why: string): Kept {
  return { evidence: null, notices: [`The predictions that the gate computed were not kept: ${why}`] };
}

async function keep(
  options: KeepOptions,
  evaluation: EvaluationColumns,
  candidate: PredictionFile,
): Promise<Kept> {
  const { model, context, limitBytes = LIMIT_BYTES } = options;
  const { store, host, logger, signal, temporaryDirectory } = context;
  if (evaluation.id.toLowerCase() === evaluation.label?.toLowerCase()) {
    return unkept('the ids of the rows are their labels.');
  }
  const draft = join(temporaryDirectory, FILE);
  await write(options, evaluation, candidate, draft);
  const { bytes, sha256 } = await hashFile(draft, signal);
  if (host.kind !== 'terminal' && bytes > limitBytes) {
    const size = `they have ${megabytes(bytes)}, and an artifact of evidence may have ${megabytes(limitBytes)}.`;
    return unkept(`${size} "evidence: none" in the gate file keeps none.`);
  }
  const { directory, path } = placeOf(options);
  await moveInto(draft, join(directory, path));
  const reference: FileReference = { path, role: 'predictions', bytes, sha256, locations: [] };
  const [evidence] = await store.saveFiles(model, directory, [reference], signal);
  if (evidence === undefined) return unkept('the record took no file.');
  logger.info(`evidence: ${evidence.path}, ${megabytes(bytes)}`);
  return { evidence, notices: [] };
}

/** Where later steps of the job, or the user of a terminal, find the file. Never the workspace of a runner. */
function placeOf({ model, context }: KeepOptions): { directory: string; path: string } {
  const { host, run, environment, temporaryDirectory, workingDirectory } = context;
  if (host.kind === 'terminal')
    return { directory: workingDirectory, path: `${RECORD_FOLDER}/${model}/${FILE}` };
  const shared = join(runnerTemp(environment) ?? temporaryDirectory, SHARED_FOLDER, 'evidence');
  return { directory: join(shared, `${model}.${run.key}.${run.attempt}`), path: FILE };
}

/** Only columns that the gate computed, beside the id: the rows' own may hold labels, whatever they are called. */
async function write(
  { inputs, context }: KeepOptions,
  { id, prediction, scores }: EvaluationColumns,
  { path, label, format }: PredictionFile,
  place: string,
): Promise<void> {
  const { logger, environment, signal, temporaryDirectory } = context;
  const { createDataEngine } = await import('../../../shared/data/create-engine.ts');
  const engine = await createDataEngine({ logger, environment, signal, path: inputs.duckdbPath });
  try {
    const limits = {
      memoryMiB: inputs.maxMemoryMiB,
      threads: availableParallelism(),
      temporaryDirectory,
      queryTimeoutMs: QUERY_TIMEOUT_MS,
    };
    await engine.open([{ table: 'computed', path, label, format }], limits, signal);
    const columns = [id, ...(prediction === undefined ? [] : [prediction]), ...scores].map(quoteIdentifier);
    const sql = `SELECT ${columns.join(', ')} FROM computed ORDER BY __row`;
    await engine.write({ name: 'evidence', sql }, place, 'parquet', signal);
  } finally {
    await engine.close();
  }
}

/** A link that lies at the place is replaced, and not written through. */
async function moveInto(draft: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  const beside = join(dirname(place), `.${randomUUID()}.draft`);
  try {
    await copyFile(draft, beside);
    await rename(beside, place);
  } finally {
    await rm(beside, { force: true });
    await rm(draft, { force: true });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`;
}
