import { relative, sep } from 'node:path';
import { git } from '../../../shared/github/git.ts';
import { codeFingerprint } from '../../../shared/record/digest.ts';

export interface CodeDescription {
  /** Null where the code is in no commit. */
  readonly fingerprint: string | null;
  /** Why there is none, in a full sentence. */
  readonly notice: string | null;
}

/** The code fingerprint: git's hash of each path as it is committed, and the digest of what differs from it. */
export async function describeCode(
  workingDirectory: string,
  paths: readonly string[],
  patchDigest: string | null,
  signal: AbortSignal,
): Promise<CodeDescription> {
  const hashes: [string, string][] = [];
  for (const path of paths) {
    const shown = relative(workingDirectory, path).split(sep).join('/') || '.';
    const object = `HEAD:./${shown === '.' ? '' : shown}`;
    const hash = await git(workingDirectory, ['rev-parse', '--verify', '--quiet', object], signal);
    if (hash === undefined) {
      return {
        fingerprint: null,
        notice: `There is no code fingerprint: "${shown}" is in no commit of a git repository.`,
      };
    }
    hashes.push([shown, hash.toString('utf8').trim()]);
  }
  return { fingerprint: codeFingerprint(Object.fromEntries(hashes), patchDigest), notice: null };
}
