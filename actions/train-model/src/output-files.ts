import { type BigIntStats } from 'node:fs';
import { glob, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { isInside } from '../../../shared/action/contained-path.ts';
import { SubjectError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { hashFile } from '../../../shared/record/digest.ts';
import type { CollectedOutputs, DeclaredOutput } from './engines/engine.ts';

/** A training writes some files; a pattern that matches more matches what it should not. */
const MAX_FILES = 5_000;

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
    for (const path of await matchesOf(directory, output)) paths.add(path);
  }
  const states = new Map<string, string>();
  for (const path of paths) {
    const state = await stateAt(path);
    if (state !== undefined) states.set(path, state);
  }
  return states;
}

/** Absolute paths of the files that an output matches, sorted. */
async function matchesOf(directory: string, { glob: pattern, label }: DeclaredOutput): Promise<string[]> {
  const found = new Set<string>();
  const add = async (path: string): Promise<void> => {
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) return;
    if (facts.isDirectory()) {
      for await (const below of glob('**/*', { cwd: path })) {
        const file = join(path, below);
        if ((await stat(file).catch(() => undefined))?.isFile() === true) found.add(file);
      }
    } else if (facts.isFile()) {
      found.add(path);
    }
  };
  // A name with brackets is a name before it is a pattern.
  await add(resolve(directory, pattern));
  for await (const match of glob(pattern, { cwd: directory })) await add(resolve(directory, match));
  if (found.size > MAX_FILES) {
    throw new SubjectError('code', `${label} matches ${found.size} files, more than ${MAX_FILES}.`, {
      remedy: 'Give a narrower pattern.',
    });
  }
  return [...found].sort();
}

/** Finds, checks and hashes what a training has written. */
export async function collectOutputs(
  directory: string,
  outputs: readonly DeclaredOutput[],
  before: Snapshot,
  signal: AbortSignal,
): Promise<CollectedOutputs> {
  const root = await realpath(directory).catch((cause: unknown) => {
    throw new SubjectError('code', 'The working directory is gone: the command took it away.', { cause });
  });
  const files = new Map<string, FileReference>();
  const missing: string[] = [];
  const stale = new Set<string>();
  for (const output of outputs) {
    let fresh = 0;
    const matches = await matchesOf(directory, output);
    for (const path of matches) {
      const shown = relative(directory, path).split(sep).join('/');
      if (!isInside(root, await realpath(path))) {
        throw new SubjectError(
          'code',
          `${output.label}: "${shown}" is a link that leaves the working directory.`,
          {
            remedy: 'Let the command write the file itself.',
          },
        );
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
          ...(await hashFile(path, signal)),
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
