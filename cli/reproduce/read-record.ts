import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { isInside } from '../../shared/action/contained-path.ts';
import { isExpected, UsageError } from '../../shared/errors.ts';
import { git } from '../../shared/github/git.ts';
import { KINDS } from '../../shared/names.ts';
import { RECORD_FOLDER } from '../../shared/record/disk-store.ts';
import { parseSection, type SectionOf } from '../../shared/record/section.ts';
import { readSectionText } from '../../shared/record/section-folder.ts';
import type { TrainingBody } from '../../shared/record/training-section.ts';

/** A record that can be reproduced. */
export interface ReadRecord {
  /** Absolute. */
  readonly path: string;
  readonly section: SectionOf<'training'>;
  readonly body: TrainingBody;
  readonly headSha: string;
  /** The record of this repository's own terminal: what it says was run here before. */
  readonly isOwn: boolean;
  /** The folder in which `.trainyard` lies; undefined for a file from elsewhere. */
  readonly recordedIn: string | undefined;
}

const SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Reads a training section: a JSON file, or a folder that holds one, as `.trainyard/<model>` does. */
export async function readRecord(
  given: string,
  directory: string,
  root: string,
  signal: AbortSignal,
): Promise<ReadRecord> {
  const path = await realpath(resolve(directory, given)).catch(() => undefined);
  if (path === undefined) {
    throw new UsageError(`"${given}" does not exist.`, {
      remedy: `Give a training section of a record: a JSON file, or a folder such as ${RECORD_FOLDER}/<model>.`,
    });
  }
  const file = (await stat(path)).isDirectory() ? join(path, 'training.json') : path;
  const text = await readSectionText(file);
  if (text === undefined) {
    throw new UsageError(`The folder "${given}" holds no training.json.`, {
      remedy: `Give a model's folder, such as ${RECORD_FOLDER}/<model>.`,
    });
  }
  const section = read(text, given);
  if (section.kind !== 'training') {
    throw new UsageError(`"${given}" is a section of the kind ${section.kind}.`, {
      remedy: `Only a training can be reproduced (${KINDS.join(', ')} are the kinds).`,
    });
  }
  const { body, commit } = section;
  const [program] = body?.command ?? [];
  if (body === null || program === undefined || section.verdict !== 'pass') {
    throw new UsageError(`"${given}" is of a training that ended as ${section.verdict}: ${section.summary}`, {
      remedy: 'Give the record of a training that passed.',
    });
  }
  if (body.modelDigest === null && Object.keys(body.metrics).length === 0) {
    throw new UsageError(`"${given}" holds neither a metric nor a model: there is nothing to compare with.`, {
      remedy: 'Give a record of a training with the inputs "metrics" or "outputs".',
    });
  }
  if (commit.headSha === null || !SHA.test(commit.headSha)) {
    throw new UsageError(`"${given}" names no commit: its code cannot be had again.`, {
      remedy: 'Only a training in a git repository can be reproduced.',
    });
  }
  const recordedIn = folderOf(file);
  return {
    path: file,
    section,
    body,
    headSha: commit.headSha,
    recordedIn,
    isOwn: recordedIn !== undefined && (await isOwn(file, root, signal)),
  };
}

function read(text: string, given: string): ReturnType<typeof parseSection> {
  try {
    return parseSection(text, given);
  } catch (error) {
    if (!isExpected(error)) throw error;
    // The command was given the wrong file, whoever wrote it.
    throw new UsageError(error.message, {
      remedy: 'Give a training section as train-model writes it.',
      cause: error,
    });
  }
}

function folderOf(file: string): string | undefined {
  const folder = dirname(dirname(file));
  return basename(folder) === RECORD_FOLDER ? dirname(folder) : undefined;
}

/** A record that is committed came with the repository, from whoever wrote the commit. */
async function isOwn(file: string, root: string, signal: AbortSignal): Promise<boolean> {
  if (!isInside(root, file)) return false;
  const path = relative(root, file).split(sep).join('/');
  const listed = await git(root, ['--literal-pathspecs', 'ls-files', '-z', '--', path], signal);
  return listed?.length === 0;
}
