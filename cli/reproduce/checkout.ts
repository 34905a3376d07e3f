import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { git, treeHashAt } from '../../shared/github/git.ts';
import { hashFile } from '../../shared/record/digest.ts';
import type { ReadRecord } from './read-record.ts';

/** The recorded code in a folder of its own. */
export interface Checkout {
  readonly directory: string;
  /** What is not as it was, in full sentences. */
  readonly notices: readonly string[];
  remove(): Promise<void>;
}

/** Who makes the commit of a tree that only a merge had: nobody sees it, and nothing points at it. */
const IDENTITY = ['-c', 'user.name=trainyard', '-c', 'user.email=trainyard@localhost'];

/** The root of the repository that a folder lies in. */
export async function rootOf(directory: string, signal: AbortSignal): Promise<string> {
  const root = (await git(directory, ['rev-parse', '--show-toplevel'], signal))?.toString('utf8').trim();
  if (root !== undefined && root !== '') return await realpath(root);
  throw new UsageError(`${directory} lies in no git repository.`, {
    remedy: 'Run the command in the repository that the training was recorded in.',
  });
}

/** Makes a worktree of the recorded commit in a temporary folder, with the uncommitted changes that were kept. */
export async function checkOut(
  record: ReadRecord,
  root: string,
  patch: string | undefined,
  signal: AbortSignal,
): Promise<Checkout> {
  const { headSha, section } = record;
  const tree = await treeHashAt(root, headSha, signal);
  if (tree === null) {
    throw new UsageError(`This repository has no commit ${headSha}.`, {
      remedy: `Fetch it ("git fetch origin ${headSha}"), or run the command in ${section.commit.repository ?? 'the repository of the record'}.`,
    });
  }
  const { commit, notices } = await commitToTrain(record, tree, root, signal);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-reproduce-')));
  const directory = join(folder, 'code');
  const remove = async (): Promise<void> => {
    // Not the caller's signal: what was made is also taken away after Ctrl-C.
    const always = new AbortController().signal;
    await git(root, ['worktree', 'remove', '--force', directory], always);
    await rm(folder, { recursive: true, force: true });
    await git(root, ['worktree', 'prune'], always);
  };
  try {
    if ((await git(root, ['worktree', 'add', '--detach', directory, commit], signal)) === undefined) {
      throw new InfrastructureError(`git could not check out ${commit} into ${directory}.`, {
        remedy: `Try "git worktree add --detach <folder> ${commit}" to see why.`,
      });
    }
    await applyPatch(record, directory, patch, signal);
    return { directory, notices, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** On a pull request the tree that was trained is that of a merge, which is no commit of the repository. */
async function commitToTrain(
  { headSha, section }: ReadRecord,
  tree: string,
  root: string,
  signal: AbortSignal,
): Promise<{ commit: string; notices: string[] }> {
  const { treeHash, pullRequest } = section.commit;
  if (treeHash === null || treeHash === tree) return { commit: headSha, notices: [] };
  const known = await treeHashAt(root, treeHash, signal);
  if (known !== null) {
    const words = [...IDENTITY, 'commit-tree', known, '-p', headSha, '-m', 'The tree that was trained'];
    const made = (await git(root, words, signal))?.toString('utf8').trim();
    if (made !== undefined) {
      return {
        commit: made,
        notices: [
          `The tree that was trained is not that of ${headSha} but of its merge; it is used as it was.`,
        ],
      };
    }
  }
  const fetch =
    pullRequest === null
      ? ''
      : ` ("git fetch origin refs/pull/${pullRequest}/merge" may bring it as long as it is not merged)`;
  return {
    commit: headSha,
    notices: [
      `The tree that was trained is that of a merge commit, which this repository does not have${fetch}: the head of the branch is trained instead.`,
    ],
  };
}

async function applyPatch(
  { body, section }: ReadRecord,
  directory: string,
  given: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const expected = body.patch?.sha256 ?? section.commit.patchDigest;
  if (expected === null) {
    if (given === undefined) return;
    throw new UsageError('Flag --patch is given, and the record knows of no uncommitted changes.', {
      remedy: 'Leave it out.',
    });
  }
  const kept = body.patch?.locations.find((location) => location.kind === 'file');
  const artifact = body.patch?.locations.find((location) => location.kind === 'artifact');
  const path = given ?? kept?.path;
  const where =
    artifact === undefined
      ? 'it was not kept'
      : `it is in the artifact "${artifact.artifact}" of run ${artifact.runId}; download it first`;
  if (path === undefined) {
    throw new UsageError('It was trained with changes that were not committed, and they are not here.', {
      remedy: `Give them with --patch <file>: ${where}.`,
    });
  }
  const found = await hashFile(path, signal).catch(() => undefined);
  if (found?.sha256 !== expected) {
    throw new UsageError(
      `The changes in ${path} ${found === undefined ? 'cannot be read' : 'are not those that it was trained with'}.`,
      { remedy: `Give the file with the SHA-256 ${expected} with --patch: ${where}.` },
    );
  }
  const applied = await git(
    directory,
    ['apply', '--binary', '--whitespace=nowarn', await realpath(path)],
    signal,
  );
  if (applied !== undefined) return;
  throw new UsageError(`The changes in ${path} do not fit to the commit of the record.`, {
    remedy: 'Make sure that record and changes belong together.',
  });
}
