import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { InfrastructureError } from '../errors.ts';

/** What a checkout is, taken before anything ran. Outside a repository everything is unknown. */
export interface Checkout {
  readonly headSha: string | null;
  /** The tree of HEAD. */
  readonly treeHash: string | null;
  readonly ref: string | null;
  /** Tracked files differ from HEAD. */
  readonly dirty: boolean;
  /** SHA-256 of `git diff --binary HEAD`; null where nothing differs. */
  readonly patchDigest: string | null;
}

/** Enough for every answer that is read whole; a file of a commit may be large, a diff is only hashed. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** A repository's own settings may name programs to run; what the workspace contains runs nothing of ours. */
const HARDENED = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'diff.external=',
  // A patch that another machine can apply: of the whole repository, and with the usual prefixes.
  'diff.relative=false',
  'diff.noprefix=false',
  'diff.mnemonicPrefix=false',
].flatMap((setting) => ['-c', setting]);

/**
 * What git is given of the environment. A checkout's filters are programs that user code of an earlier step may have
 * put there: no token reaches them, nor a variable that turns git to another repository or other settings.
 */
const PASSED_ON = /^(PATH|HOME|XDG_CONFIG_HOME|TMPDIR|TEMP|TMP|SYSTEMROOT|USERPROFILE|PATHEXT|COMSPEC)$/i;

function environmentOf(): NodeJS.ProcessEnv {
  // Child processes need PATH and the like from the real environment, whoever asks.
  const kept = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  return {
    ...Object.fromEntries(kept),
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

async function start(
  directory: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ChildProcess> {
  signal.throwIfAborted();
  // A runner's checkout may belong to another user, which git refuses unless it is told (safe.directory).
  const trusted = ['-c', 'safe.directory=*'];
  return spawn('git', [...HARDENED, ...trusted, '-C', await realpath(directory), ...words], {
    env: environmentOf(),
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  });
}

async function exitOf(child: ChildProcess): Promise<number | undefined> {
  return await new Promise((resolve) => {
    // A machine without git is like a folder without a repository.
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code ?? undefined));
  });
}

/** Runs git without a shell; undefined where it fails, as outside a repository or without git. */
export async function git(
  directory: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const child = await start(directory, words, signal);
  if (child.stdout === null) return undefined;
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) child.kill();
  });
  const [answer, code] = await Promise.all([buffer(child.stdout).catch(() => undefined), exitOf(child)]);
  signal.throwIfAborted();
  return code === 0 ? answer : undefined;
}

async function line(
  directory: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const answer = (await git(directory, words, signal))?.toString('utf8').trim();
  return answer === undefined || answer === '' ? null : answer;
}

/** Reads a checkout: commit, tree, and whether tracked files differ. */
export async function readCheckout(directory: string, signal: AbortSignal): Promise<Checkout> {
  const headSha = await line(directory, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal);
  if (headSha === null) return { headSha, treeHash: null, ref: null, dirty: false, patchDigest: null };
  const [treeHash, ref, patchDigest] = await Promise.all([
    treeHashAt(directory, headSha, signal),
    line(directory, ['symbolic-ref', '--quiet', 'HEAD'], signal),
    patchDigestOf(directory, signal),
  ]);
  return { headSha, treeHash, ref, dirty: patchDigest !== null, patchDigest };
}

/** The tree's hash of a commit; null where the repository lacks it, as in a shallow checkout. */
export async function treeHashAt(
  directory: string,
  sha: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (!isObjectName(sha)) return null;
  return await line(directory, ['rev-parse', '--verify', '--quiet', `${sha}^{tree}`], signal);
}

/** A file's bytes at a commit; undefined where the commit or the file is not there. `path` is relative to the root. */
export async function fileAtCommit(
  directory: string,
  sha: string,
  path: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (!isObjectName(sha)) return undefined;
  return await git(directory, ['cat-file', 'blob', `${sha}:${path}`], signal);
}

/** Only names of objects reach git: a text that begins with `-` would be an option. */
function isObjectName(sha: string): boolean {
  return /^[0-9a-f]{4,64}$/.test(sha);
}

/** Asks for what differs from the commit, of the whole repository, whichever of its folders is the working directory. */
export const PATCH_WORDS = [
  'diff',
  '--binary',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--full-index',
  'HEAD',
] as const;

async function patchDigestOf(directory: string, signal: AbortSignal): Promise<string | null> {
  const child = await start(directory, PATCH_WORDS, signal);
  if (child.stdout === null) return null;
  const hash = createHash('sha256');
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  const code = await exitOf(child);
  signal.throwIfAborted();
  if (code !== 0) {
    // What could not be compared is not clean.
    throw new InfrastructureError(`git could not compare the files in ${directory} with their commit.`, {
      remedy: `Run \`git ${PATCH_WORDS.join(' ')}\` there to see why.`,
    });
  }
  return bytes > 0 ? hash.digest('hex') : null;
}
