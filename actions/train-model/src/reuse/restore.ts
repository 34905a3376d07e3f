import { stat } from 'node:fs/promises';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { SubjectError } from '../../../../shared/errors.ts';
import { git } from '../../../../shared/github/git.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import { placeOf } from '../../../../shared/record/reference-path.ts';

/**
 * Brings the files of an earlier training to where the command would have written them, every digest verified: all of
 * them or none. An output that is there may be overwritten, as a training would, but never a file that git tracks.
 */
export async function restoreFiles(
  files: readonly FileReference[],
  { store, workingDirectory, signal }: ActionContext,
): Promise<void> {
  await refuseTracked(files, workingDirectory, signal);
  await store.fetchFiles(files, workingDirectory, signal);
}

async function refuseTracked(
  files: readonly FileReference[],
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  // Outside a repository, or without git, nothing is tracked.
  const listed = await git(
    directory,
    ['--literal-pathspecs', 'ls-files', '-z', '--', ...files.map(({ path }) => path)],
    signal,
  );
  const tracked = new Set((listed?.toString('utf8') ?? '').split('\0'));
  for (const file of files.filter(({ path }) => tracked.has(path))) {
    const place = placeOf(directory, file.path);
    const facts = await stat(place).catch(() => undefined);
    if (facts === undefined) continue;
    if (facts.isFile() && (await hashFile(place, signal)).sha256 === file.sha256) continue;
    throw new SubjectError('code', `"${file.path}" is tracked by git and differs: it is not overwritten`, {
      remedy: 'Take the output out of git ("git rm --cached"), and add it to .gitignore.',
    });
  }
}
