import { copyFile, lstat, mkdir, mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DataFormat, ScoringEngine } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { messageOf, SubjectError, UsageError } from '../../../../shared/errors.ts';
import type { Command } from '../../../../shared/process/child.ts';
import { maskerOf } from '../../../../shared/process/decide/masker.ts';
import { MARK, strippedEnvironment } from '../../../../shared/process/decide/stripped-environment.ts';
import { findProgram } from '../../../../shared/process/find-program.ts';
import { guardRunner } from '../../../../shared/process/guard-runner.ts';
import { runCommand } from '../../../../shared/process/run-command.ts';
import { placeOf } from '../../../../shared/record/reference-path.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { isNested } from '../metrics/column-values.ts';
import type { RowColumn } from './decide/features.ts';
import type { Examinee, ExamineContext } from './options.ts';
import { ROWS } from './rows-table.ts';

const MINUTE_MS = 60_000;
/** Tens of millions of rows; a command that writes without end must not have its output read and copied for minutes. */
const MAX_WRITTEN_BYTES = 4 * 1024 ** 3;
/** Longer than a sensible scoring of a test set takes; a command that hangs must not hold a runner for hours. */
const DEFAULT_TIMEOUT_MINUTES = 15;
/** What a step of the runner's knows and a scoring must not be led to: the folder that labels may have been fetched to. */
const LABEL_PLACES = ['RUNNER_TEMP'];

export interface CommandOptions {
  readonly command: readonly string[];
  readonly timeoutMinutes: number | undefined;
  readonly context: ExamineContext;
  readonly signal: AbortSignal;
}

/** What a command wrote. */
export interface Written {
  readonly path: string;
  readonly format: DataFormat;
}

/** Writes the rows without their labels, as a scoring command may see them. */
export async function writeUnlabelled(
  engine: ScoringEngine,
  columns: readonly RowColumn[],
  evaluation: EvaluationColumns,
  path: string,
  format: DataFormat,
  signal: AbortSignal,
): Promise<void> {
  const { label, weight, group, prediction, scores } = evaluation;
  const withheld = new Set([label, weight, group, prediction, ...scores].map((name) => name?.toLowerCase()));
  const given = columns
    .filter(({ name, type }) => !withheld.has(name.toLowerCase()) && (format !== 'csv' || !isNested(type)))
    .map(({ name }) => quoteIdentifier(name));
  const sql = `SELECT ${given.join(', ')} FROM ${ROWS} ORDER BY __row`;
  await engine.write({ name: 'rows without labels', sql }, path, format, signal);
}

/**
 * A folder of its own for what a command is given and writes. Not in RUNNER_TEMP: a path in it would lead to what earlier
 * steps fetched there, such as labels.
 */
export async function openWorkplace(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'trainyard-score-'));
}

/**
 * Runs the score-command for one model, in the stripped environment, with rows that have no labels. It must write a
 * file of predictions and end well, in time.
 */
export async function runScoreCommand(
  examinee: Examinee,
  workplace: string,
  rows: string,
  format: DataFormat,
  { command, timeoutMinutes = DEFAULT_TIMEOUT_MINUTES, context, signal }: CommandOptions,
): Promise<Written> {
  const { environment, workingDirectory, logger } = context;
  const output = join(workplace, `predictions.${format}`);
  const kept = Object.entries(strippedEnvironment(environment)).filter(
    ([name]) => !LABEL_PLACES.includes(name) && !name.startsWith('TRAINYARD_'),
  );
  const scratch = join(workplace, 'tmp');
  await mkdir(scratch);
  const job = await jobOf(command, workingDirectory, {
    ...Object.fromEntries(kept),
    TMPDIR: scratch,
    TRAINYARD_ROWS: rows,
    TRAINYARD_MODEL: await modelFolder(examinee, workplace),
    TRAINYARD_OUTPUT: output,
    [MARK]: `${context.run.id}-score-${examinee.who}-${process.pid}`,
  });
  const guard = await guardRunner({ environment, workingDirectory, signal });
  const label = `The score-command for ${examinee.what}`;
  let end;
  try {
    end = await logger.untrusted((onLine) =>
      runCommand(job, {
        masker: maskerOf(environment, {}),
        timeLimitMs: timeoutMinutes * MINUTE_MS,
        onLine,
        signal,
      }),
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError(
      `Input "score-command": "${job.command[0]}" could not be started: ${messageOf(cause)}.`,
      { cause },
    );
  } finally {
    for (const notice of await guard.finish()) logger.warning(notice);
  }
  if (end.timedOut) {
    throw new SubjectError('code', `${label} ran for ${timeoutMinutes} minutes, and was ended.`, {
      remedy: 'Make it faster, or examine on fewer rows.',
    });
  }
  if (end.exitCode !== 0) {
    const how = end.exitCode === null ? `by ${end.signal ?? 'a signal'}` : `with exit code ${end.exitCode}`;
    throw new SubjectError('code', `${label} ended ${how}.`, { remedy: 'See its output above.' });
  }
  return { path: output, format: await formatOfOutput(output, label) };
}

async function jobOf(
  words: readonly string[],
  directory: string,
  environment: Record<string, string>,
): Promise<Command> {
  const [program, ...rest] = words;
  if (program === undefined) throw new UsageError('Input "score-command" is empty.');
  if ((await findProgram(program, directory, environment)) === undefined) {
    throw new UsageError(
      `Input "score-command": the program "${program}" does not exist, or may not be run.`,
      {
        remedy:
          'Give a program of PATH, or a path from the input "working-directory". There is no shell: of "a && b" or "$HOME" nothing is expanded.',
      },
    );
  }
  return { command: [program, ...rest], directory, environment };
}

/** The deepest folder that holds all of a model's files, copied: what the command does to them touches no other. */
async function modelFolder({ files }: Examinee, workplace: string): Promise<string> {
  const root = join(workplace, 'model');
  await mkdir(root);
  const folders: string[][] = [];
  for (const { path, reference } of files) {
    const place = placeOf(root, reference.path);
    await mkdir(dirname(place), { recursive: true });
    await copyFile(path, place);
    folders.push(reference.path.split('/').slice(0, -1));
  }
  const [first = []] = folders;
  const shared = first.findIndex((step, depth) => folders.some((steps) => steps[depth] !== step));
  return join(root, ...first.slice(0, shared === -1 ? first.length : shared));
}

const PARQUET_MAGIC = 'PAR1';

/** What a file of rows is by its beginning: a command may write any of the three under the one name it is given. */
async function formatOfOutput(path: string, label: string): Promise<DataFormat> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) {
    throw new SubjectError('code', `${label} ended well, and wrote no predictions.`, {
      remedy:
        'Write Parquet, CSV or JSON Lines with id, prediction and scores to the path in TRAINYARD_OUTPUT.',
    });
  }
  if (!facts.isFile()) {
    throw new SubjectError('code', `${label} left something else than a file as its predictions.`, {
      remedy: 'Write one regular file to the path in TRAINYARD_OUTPUT; no folder and no link.',
    });
  }
  const { size } = facts;
  if (size === 0) {
    throw new SubjectError('code', `${label} wrote an empty file of predictions.`, {
      remedy: 'Write one row for each row of TRAINYARD_ROWS to the path in TRAINYARD_OUTPUT.',
    });
  }
  if (size > MAX_WRITTEN_BYTES) {
    throw new SubjectError(
      'code',
      `${label} wrote ${size} bytes of predictions; at most ${MAX_WRITTEN_BYTES} are read.`,
      {
        remedy:
          'Write id, prediction and scores only, one row for each row of TRAINYARD_ROWS; Parquet is smallest.',
      },
    );
  }
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
  const head = buffer.toString('latin1', 0, bytesRead);
  if (head.startsWith(PARQUET_MAGIC)) return 'parquet';
  return head.trimStart().startsWith('{') ? 'jsonl' : 'csv';
}
