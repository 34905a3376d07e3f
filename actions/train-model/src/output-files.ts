import { type BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { SubjectError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { type HashedBytes, hashFile } from '../../../shared/record/digest.ts';
import { hasCode } from '../../../shared/record/section-folder.ts';
import type { CollectedOutputs, DeclaredOutput } from './engines/engine.ts';
import { matchesOf, shownPath } from './output-matches.ts';

/** A file that changes once, as by the last write of another program, is read again. */
const MAX_TRIES = 3;

/** The state of files before a training: by it a file that the training left alone is told from one that it wrote. */
export type Snapshot = ReadonlyMap<string, string>;

/** ctime cannot be set back by a program, as mtime can: whatever writes a file or replaces it changes this. */
function stateOf(facts: BigIntStats): string {
  return `${facts.ino}.${facts.size}.${facts.mtimeNs}.${facts.ctimeNs}`;
}

async function stateAt(path: string): Promise<string | undefined> {
  return await stat(path, { bigint: true }).then(stateOf, () => undefined);
}

/** True where the file is as it was when the snapshot was taken. */
export async function isUntouched(path: string, before: Snapshot): Promise<boolean> {
  const known = before.get(path);
  return known !== undefined && known === (await stateAt(path));
}

/** Notes the files that outputs match now. `further` are files that are read besides. */
export async function takeSnapshot(
  directory: string,
  outputs: readonly DeclaredOutput[],
  further: readonly string[],
): Promise<Snapshot> {
  const paths = new Set(further);
  for (const output of outputs) {
    for (const { path } of await matchesOf(directory, output)) paths.add(path);
  }
  const states = new Map<string, string>();
  for (const path of paths) {
    const state = await stateAt(path);
    if (state !== undefined) states.set(path, state);
  }
  return states;
}

/** Hashes a file that nobody changes meanwhile. */
async function hashStable(path: string, label: string, signal: AbortSignal): Promise<HashedBytes> {
  for (let tried = 1; tried <= MAX_TRIES; tried += 1) {
    const before = await stateAt(path);
    const hashed = await hashFile(path, signal).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (hashed !== undefined && before === (await stateAt(path))) return hashed;
  }
  throw new SubjectError('code', `${label} changed while it was read.`, {
    remedy: 'Let nothing else write the outputs of a training, and let the command end when all is written.',
  });
}

/** Finds, checks and hashes what a training has written. */
export async function collectOutputs(
  directory: string,
  outputs: readonly DeclaredOutput[],
  before: Snapshot,
  signal: AbortSignal,
): Promise<CollectedOutputs> {
  await realpath(directory).catch((cause: unknown) => {
    throw new SubjectError('code', 'The working directory is gone: the command took it away.', { cause });
  });
  const files = new Map<string, FileReference>();
  const missing: string[] = [];
  const stale = new Set<string>();
  for (const output of outputs) {
    let fresh = 0;
    const matches = await matchesOf(directory, output);
    for (const { path, problem } of matches) {
      const shown = shownPath(directory, path);
      if (problem !== undefined) {
        throw new SubjectError('code', `${output.label}: "${shown}" ${problem}.`, {
          remedy: 'Let the command write the file itself, below the working directory.',
        });
      }
      if (await isUntouched(path, before)) {
        stale.add(shown);
        continue;
      }
      fresh += 1;
      const known = files.get(shown);
      if (known === undefined) {
        files.set(shown, {
          path: shown,
          role: output.role,
          ...(await hashStable(path, `${output.label}: "${shown}"`, signal)),
          locations: [],
        });
      } else if (known.role !== output.role) {
        throw new SubjectError(
          'code',
          `The file "${shown}" is an output of two roles, ${known.role} and ${output.role}.`,
          {
            remedy: 'Give each file one role in the input "outputs".',
          },
        );
      }
    }
    if (matches.length === 0) missing.push(`${output.label} matches no file after the training.`);
    else if (fresh === 0) {
      missing.push(
        `${output.label} matches only what was there before and was not written by this training (${[...stale].slice(0, 3).join(', ')}).`,
      );
    }
  }
  return { files: [...files.values()], missing, stale: [...stale] };
}
