import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError } from '../../../shared/errors.ts';
import { git, PATCH_WORDS } from '../../../shared/github/git.ts';

/** What is larger is no change of code any more: a data file or a model that git follows. */
const MAX_PATCH_BYTES = 50_000_000;
const PATCH_NAME = 'changes.patch';

export interface KeptPatch {
  /** Relative to the temporary directory. */
  readonly path: string;
  readonly bytes: number;
  /** The commit's `patchDigest`, unless something has changed since. */
  readonly sha256: string;
}

/**
 * Keeps what differs from the commit, of the whole repository and of tracked files only, for `git apply`. Undefined
 * where nothing differs or there is no commit; an InfrastructureError where it is too large.
 */
export async function keepPatch(
  workingDirectory: string,
  temporaryDirectory: string,
  signal: AbortSignal,
  maxBytes = MAX_PATCH_BYTES,
): Promise<KeptPatch | undefined> {
  const patch = await git(workingDirectory, PATCH_WORDS, signal);
  if (patch === undefined) {
    const head = await git(workingDirectory, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal);
    if (head === undefined) return undefined;
    throw new InfrastructureError(
      'git could not tell the uncommitted changes, or they are too many to keep.',
      {
        remedy: 'Commit large files, or let git ignore them, so that the training can be repeated.',
      },
    );
  }
  if (patch.length === 0) return undefined;
  if (patch.length > maxBytes) {
    throw new InfrastructureError(
      `The uncommitted changes come to ${(patch.length / 1e6).toFixed(1)} MB, more than the ${maxBytes / 1e6} MB that are kept.`,
      { remedy: 'Commit large files, or let git ignore them, so that the training can be repeated.' },
    );
  }
  await mkdir(temporaryDirectory, { recursive: true });
  await writeFile(join(temporaryDirectory, PATCH_NAME), patch, { mode: 0o600 });
  const sha256 = createHash('sha256').update(patch).digest('hex');
  return { path: PATCH_NAME, bytes: patch.length, sha256 };
}
