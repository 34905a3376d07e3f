import { cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { UsageError } from '../../../../shared/errors.ts';
import { git } from '../../../../shared/github/git.ts';
import { namesIn } from '../../../../shared/record/section-folder.ts';
import { parseCheckpointName } from './checkpoint-name.ts';
import type { CheckpointArtifacts } from './checkpoint-artifacts.ts';

/** Checkpoints in a terminal: a folder each, which appears under its name only when it is whole. */
export function openCheckpointFolder(root: string): CheckpointArtifacts {
  const refuseRun = (runId: string | undefined): void => {
    if (runId === undefined) return;
    throw new UsageError(`Input "resume-from" is "run:${runId}".`, {
      remedy: 'A terminal has no other run: download its artifact and name the folder.',
    });
  };
  return {
    runId: undefined,
    label: () => `"${root}"`,

    async upload(name, staging, files) {
      const place = join(root, name);
      if ((await lstat(place).catch(() => undefined)) !== undefined) return false;
      // Begins with a dot: no name of a checkpoint, also where this process ends here.
      const draft = join(root, `.${name}`);
      await rm(draft, { recursive: true, force: true });
      for (const file of files) {
        const target = join(draft, relative(staging, file));
        await mkdir(dirname(target), { recursive: true });
        await rename(file, target).catch(() => cp(file, target));
      }
      await rename(draft, place);
      return true;
    },

    async list(runId, signal) {
      refuseRun(runId);
      const names = (await namesIn(root)).filter((name) => parseCheckpointName(name) !== undefined);
      if (names.length > 0) await refuseCommitted(root, signal);
      return await Promise.all(
        names.map(async (name) => ({ name, bytes: await bytesBelow(join(root, name)) })),
      );
    },

    async download(name, directory) {
      await cp(join(root, name), directory, { recursive: true, verbatimSymlinks: true });
    },

    async remove(name) {
      if (parseCheckpointName(name) === undefined) return;
      await rm(join(root, name), { recursive: true, force: true });
    },
  };
}

/** What is committed is not what a training saved here: a checkpoint is code to many frameworks. */
async function refuseCommitted(root: string, signal: AbortSignal): Promise<void> {
  const listed = await git(root, ['ls-files', '-z', '--', '.'], signal);
  if (listed === undefined || listed.length === 0) return;
  throw new UsageError(`Checkpoints in "${root}" are committed to git.`, {
    remedy: 'Remove them with "git rm -r --cached", and ignore ".trainyard".',
  });
}

async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const sizes = entries.map(async (entry) =>
    entry.isFile() ? (await lstat(join(entry.parentPath, entry.name))).size : 0,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
