import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { UsageError } from '../errors.ts';
import type { Policy } from '../record/common.ts';
import type { ActionContext } from './action.ts';

/** A larger contract or gate file is no policy but an attack or a mistake. */
const MAX_POLICY_BYTES = 1024 * 1024;
/** A report shows the change, not a novel. */
const MAX_DIFF_LINES = 200;
/** Finding a diff takes time by the square of what differs: a pull request must not hold its own gate up by that. */
const MAX_DIFFERING_LINES = 2_000;

export interface PolicyText {
  /** The text in force. */
  readonly text: string;
  readonly policy: Policy;
}

type PolicyContext = Pick<ActionContext, 'host' | 'origin' | 'workspace' | 'signal'>;

/** Policy comes from the base where the change under test could otherwise loosen it. */
export const EVENTS_WITH_BASE: readonly string[] = ['pull_request', 'pull_request_target', 'merge_group'];

/**
 * Reads a policy file (contract, gate file) from where it may be believed: on pull_request and merge_group at the
 * base commit, on other events at the commit itself, in a terminal from the working tree (design, "Trust").
 * `path` is absolute. The proposed change is returned as a diff; it takes effect when it is merged.
 */
export async function readPolicy(
  context: PolicyContext,
  path: string,
  policyFrom: 'base' | 'head',
): Promise<PolicyText> {
  const { host, origin, signal } = context;
  const root = repositoryRoot(context.workspace, path);
  const name = relative(root, path).split(sep).join('/');
  const proposed = await readProposed(path, name);

  if (host.kind === 'terminal' || origin.headSha === null) {
    if (proposed === undefined) throw missing(name, 'the working tree');
    return described(name, proposed, undefined, { from: 'working-tree', ref: null, newInHead: false });
  }
  const onBase = EVENTS_WITH_BASE.includes(origin.event) && policyFrom === 'base';
  const ref = onBase ? origin.baseSha : origin.headSha;
  if (ref === null) {
    throw new UsageError(`The event "${origin.event}" tells no base commit to take ${name} from.`);
  }
  const inForce = await host.fileAt(ref, name, signal);
  const from = onBase ? 'base' : EVENTS_WITH_BASE.includes(origin.event) ? 'head' : 'commit';
  if (inForce !== undefined) return described(name, inForce, proposed, { from, ref, newInHead: false });
  if (!onBase || proposed === undefined) throw missing(name, `commit ${ref.slice(0, 12)}`);
  return described(name, proposed, undefined, { from: 'head', ref: origin.headSha, newInHead: true });
}

/** The text that the workspace holds; undefined where it holds none. Its size is the pull request's to choose. */
async function readProposed(path: string, name: string): Promise<Buffer | undefined> {
  if (!existsSync(path)) return undefined;
  const { size } = await stat(path);
  if (size > MAX_POLICY_BYTES) throw tooLarge(name, size);
  return await readFile(path);
}

/** The folder of the checkout that holds `path`: the workspace, or a folder in it where checkout was given a path. */
export function repositoryRoot(workspace: string, path: string): string {
  for (let folder = dirname(path); folder.startsWith(workspace); folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) break;
  }
  return workspace;
}

function tooLarge(name: string, bytes: number): UsageError {
  return new UsageError(`${name} has ${bytes} bytes; at most ${MAX_POLICY_BYTES} are read.`);
}

function missing(name: string, place: string): UsageError {
  return new UsageError(`${name} does not exist in ${place}.`, {
    remedy: 'Commit the file, and give its path relative to the input "working-directory".',
  });
}

function described(
  name: string,
  inForce: Buffer,
  proposed: Buffer | undefined,
  source: Pick<Policy, 'from' | 'ref' | 'newInHead'>,
): PolicyText {
  if (inForce.length > MAX_POLICY_BYTES) throw tooLarge(name, inForce.length);
  const text = decode(inForce, name);
  const changed = proposed !== undefined && !proposed.equals(inForce);
  return {
    text,
    policy: {
      path: name,
      digest: createHash('sha256').update(inForce).digest('hex'),
      ...source,
      diff: changed ? unifiedDiff(name, text, proposed.toString('utf8')) : null,
    },
  };
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${name} is not UTF-8 text.`, { remedy: 'Save it as UTF-8.', cause });
  }
}

function unifiedDiff(name: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(name, name, before, after, 'in force', 'proposed', {
    context: 2,
    maxEditLength: MAX_DIFFERING_LINES,
  });
  if (patch === undefined)
    return `More than ${MAX_DIFFERING_LINES} lines of ${name} differ from the proposed text.`;
  const lines = patch.split('\n').slice(1);
  const rest = lines.length - MAX_DIFF_LINES;
  return rest <= 0
    ? lines.join('\n')
    : [...lines.slice(0, MAX_DIFF_LINES), `… ${rest} further lines of the change`].join('\n');
}
