import { existsSync, realpathSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { containedPath, isInside } from '../../../../shared/action/contained-path.ts';
import type { DataFormat } from '../../../../shared/data/engine.ts';
import { formatOf } from '../../../../shared/data/files.ts';
import { SubjectError, UsageError } from '../../../../shared/errors.ts';
import { LFS_POINTER } from '../../../../shared/lfs-pointer.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import { runnerTemp } from '../../../../shared/runner-temp.ts';
import type { ExamineContext, ExamineOptions } from './options.ts';
import { placeInGate } from '../gate-file/place-in-gate.ts';

/** The file of evaluation rows with their labels. */
export interface RowsFile {
  /** Absolute. */
  readonly path: string;
  /** As the gate file names it. */
  readonly label: string;
  readonly format: DataFormat;
  readonly sha256: string;
  /** It lies where every job checks out, so that a training could read it. */
  readonly inWorkspace: boolean;
}

/** The only variable that a path to evaluation rows may begin with. */
const RUNNER_TEMP = /^\$(?:RUNNER_TEMP|\{RUNNER_TEMP\})\/(.+)$/s;

/** Finds the evaluation rows, and takes their digest. A pointer of DVC or Git LFS in their place is an error. */
export async function findRows({ gate, gatePath, context, signal }: RowsOptions): Promise<RowsFile> {
  const { examination } = gate;
  if (examination === undefined) throw new RangeError('no evaluation rows');
  const { rows, line } = examination;
  const named = placeInGate(gatePath, line, 'evaluation.rows');
  const place = named.where === undefined ? named.place : `${named.place}: "evaluation.rows"`;
  const where = named.where === undefined ? {} : { where: named.where };
  const path = placeOf(rows, place, context);
  if (!existsSync(path)) {
    const pointer = existsSync(`${path}.dvc`);
    throw new UsageError(
      pointer
        ? `${place}: of "${rows}" only DVC's pointer ${rows}.dvc is there, not the rows.`
        : `${place}: the file "${rows}" does not exist.`,
      {
        remedy: pointer
          ? `Run "dvc pull ${rows}" in a step before this one.`
          : 'Paths are relative to "working-directory"; "$RUNNER_TEMP/…" is accepted for rows that a step of this job fetches.',
        ...where,
      },
    );
  }
  if (!statSync(path).isFile()) {
    throw new UsageError(`${place}: "${rows}" is not a file.`, {
      remedy: 'Name one file of rows: Parquet, CSV or JSON Lines.',
      ...where,
    });
  }
  const format = formatOf(rows);
  if (await isLfsPointer(path)) {
    throw new SubjectError('data', `${place}: "${rows}" is a Git LFS pointer, not the rows.`, {
      remedy: `Run "git lfs pull --include ${rows}", or check out with lfs: true.`,
      ...where,
    });
  }
  const { sha256 } = await hashFile(path, signal);
  const inWorkspace = isInside(realpathSync(context.workspace), realpathSync(path));
  return { path, label: rows, format, sha256, inWorkspace };
}

type RowsOptions = Pick<ExamineOptions, 'gate' | 'gatePath' | 'signal'> & {
  readonly context: Pick<ExamineContext, 'workspace' | 'workingDirectory' | 'environment'>;
};

function placeOf(
  rows: string,
  place: string,
  { workspace, workingDirectory, environment }: RowsOptions['context'],
): string {
  const temporary = runnerTemp(environment);
  const below = RUNNER_TEMP.exec(rows)?.[1];
  if (below !== undefined) {
    if (temporary !== undefined) return containedPath(temporary, temporary, below, place);
    throw new UsageError(`${place}: "${rows}" needs RUNNER_TEMP, which is not set here.`, {
      remedy: 'In a terminal set it to the folder that holds the rows.',
    });
  }
  if (temporary !== undefined && isAbsolute(rows) && isInside(temporary, rows)) {
    return containedPath(temporary, temporary, rows, place);
  }
  return containedPath(workspace, workingDirectory, rows, place);
}

async function isLfsPointer(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LFS_POINTER.length), 0, LFS_POINTER.length, 0);
  return buffer.toString('latin1', 0, bytesRead) === LFS_POINTER;
}

/** Makes sure that no code which ran meanwhile has changed the rows. */
export async function refuseTampering({ path, label, sha256 }: RowsFile, signal: AbortSignal): Promise<void> {
  const now = existsSync(path) ? (await hashFile(path, signal)).sha256 : undefined;
  if (now === sha256) return;
  throw new SubjectError(
    'code',
    `The evaluation rows ${label} were ${now === undefined ? 'removed' : 'changed'} while the score-command ran: they had the SHA-256 ${sha256}${now === undefined ? '' : `, and have ${now}`}.`,
    { remedy: 'A score-command must leave the rows alone; it is given a copy without labels.' },
  );
}
