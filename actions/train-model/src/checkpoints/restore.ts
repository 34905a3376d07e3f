import { lstat, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Logger } from '../../../../shared/action/logger.ts';
import { containedPath } from '../../../../shared/action/contained-path.ts';
import { messageOf, SubjectError, UsageError } from '../../../../shared/errors.ts';
import type { Attempt } from '../../../../shared/record/training-section.ts';
import type { Series } from '../decide/series.ts';
import type { CheckpointArtifacts } from './checkpoint-artifacts.ts';
import { newestFirst, parseCheckpointName } from './checkpoint-name.ts';
import { contentDigest, type Manifest, MANIFEST_FILE } from './manifest.ts';
import { packFiles } from './pack.ts';
import { placeCheckpoint } from './place.ts';
import { BrokenCheckpoint, readPacked, unpackWatched } from './read-packed.ts';
import { settledFiles } from './settled-files.ts';

/** What a training goes on from. */
export interface Restored {
  readonly name: string;
  /** In words, such as `run 123`. */
  readonly from: string;
  readonly step: number | null;
  readonly series: Series[];
  readonly attempts: Attempt[];
}

export interface RestoreOptions {
  readonly folder: string;
  readonly artifacts: CheckpointArtifacts;
  readonly submissionKey: string;
  readonly subject: string;
  readonly temporaryDirectory: string;
  readonly workingDirectory: string;
  readonly workspace: string;
  /** Where folders are noted that are ours; undefined on a runner. */
  readonly ledger: string | undefined;
  readonly logger: Logger;
  readonly resumeFrom: string | undefined;
  /** Runs of earlier generations. */
  readonly previousRuns: readonly string[];
  readonly signal: AbortSignal;
}

interface Candidate {
  readonly name: string;
  readonly runId: string | undefined;
}

/** What was restored, and the digest of the folder's content then. */
export interface RestoredContent {
  readonly restored: Restored;
  readonly digest: string;
}

/**
 * Restores the newest whole checkpoint of this training; where it has none yet, what the user named. Undefined where
 * there is nothing to go on from. A checkpoint that is not whole is told, and the one before it taken.
 */
export async function restoreCheckpoint(options: RestoreOptions): Promise<RestoredContent | undefined> {
  const own = await ofThisTraining(options);
  const found = await firstWhole(own, options);
  if (found !== undefined) return found;
  const { resumeFrom, logger } = options;
  if (own.length > 0) {
    logger.warning('No checkpoint of this training is whole: it begins anew.');
    return undefined;
  }
  if (resumeFrom === undefined) return undefined;
  const [, runId, key] = /^run:([1-9]\d{0,14})(?:\/([0-9a-f]{40}))?$/.exec(resumeFrom) ?? [];
  if (runId !== undefined) return await fromRun(runId, key, options);
  if (resumeFrom.startsWith('run:')) {
    throw new UsageError(`Input "resume-from" is "${resumeFrom}".`, {
      remedy: 'Accepted: a folder, or "run:<id>" with the number in the address of the page of a run.',
    });
  }
  return await fromFolder(resumeFrom, options);
}

/** The checkpoints of this training in its own run and in those of earlier generations, newest first. */
async function ofThisTraining({
  artifacts,
  submissionKey,
  previousRuns,
  signal,
  logger,
}: RestoreOptions): Promise<Candidate[]> {
  const runs = [undefined, ...new Set(previousRuns)];
  const listed = await Promise.all(
    runs.map(async (runId) => {
      try {
        const kept = await artifacts.list(runId, signal);
        return kept.map(({ name }) => ({ name, runId }));
      } catch (error) {
        signal.throwIfAborted();
        // Nothing of an earlier run is a reason not to train; that of the own one would cost what it holds.
        if (runId === undefined) throw error;
        logger.warning(`The checkpoints of ${artifacts.label(runId)} cannot be read: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return sortedOf(listed.flat(), submissionKey);
}

function sortedOf(candidates: readonly Candidate[], submissionKey: string): Candidate[] {
  return candidates
    .flatMap((candidate) => {
      const parsed = parseCheckpointName(candidate.name);
      return parsed?.submissionKey === submissionKey ? [{ candidate, parsed }] : [];
    })
    .sort((a, b) => newestFirst(a.parsed, b.parsed))
    .map(({ candidate }) => candidate);
}

async function firstWhole(
  candidates: readonly Candidate[],
  options: RestoreOptions,
): Promise<RestoredContent | undefined> {
  const { artifacts, logger, signal, subject } = options;
  for (const { name, runId } of candidates) {
    const found = await unpacked(options, async (directory) => {
      let manifest: Manifest;
      try {
        await unpackWatched(directory, (until) => artifacts.download(name, directory, runId, until), signal);
        manifest = await readPacked(directory, signal);
        refuseOther(manifest, name, subject);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UsageError) throw error;
        const why = error instanceof BrokenCheckpoint ? error.message : `cannot be read: ${messageOf(error)}`;
        logger.warning(
          `The checkpoint ${name} of ${artifacts.label(runId)} ${why}. The one before it is tried.`,
        );
        return undefined;
      }
      // What is wrong with the folder here is wrong for every checkpoint.
      return await place(directory, manifest, name, artifacts.label(runId), options);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A name is given by whoever writes an artifact: the manifest has to say the same. */
function refuseOther(manifest: Manifest, name: string, subject: string): void {
  const named = parseCheckpointName(name);
  const same =
    named?.submissionKey === manifest.submissionKey &&
    named.generation === manifest.generation &&
    named.attempt === manifest.attempt &&
    named.sequence === manifest.sequence;
  if (!same) throw new BrokenCheckpoint('has the manifest of another checkpoint');
  if (manifest.subject !== subject) throw new BrokenCheckpoint('is one of another model');
}

async function fromRun(
  runId: string,
  key: string | undefined,
  options: RestoreOptions,
): Promise<RestoredContent> {
  const { artifacts, signal, subject } = options;
  const label = `Input "resume-from": run ${runId}`;
  const kept = (await artifacts.list(runId, signal)).map(({ name }) => ({ name, runId }));
  const keys = [...new Set(kept.flatMap(({ name }) => parseCheckpointName(name)?.submissionKey ?? []))];
  const [only] = key === undefined ? keys : keys.filter((one) => one === key);
  if (only === undefined) {
    throw new UsageError(`${label} has no checkpoint${key === undefined ? '' : ` of the training ${key}`}.`, {
      remedy: 'Checkpoints are kept of trainings that did not succeed, until they expire.',
    });
  }
  if (key === undefined && keys.length > 1) {
    throw new UsageError(`${label} has checkpoints of ${keys.length} trainings.`, {
      remedy: `Accepted: ${keys.map((one) => `"run:${runId}/${one}"`).join(', ')}.`,
    });
  }
  const found = await firstWhole(sortedOf(kept, only), options);
  if (found !== undefined) return found;
  throw new SubjectError('data', `${label} has no whole checkpoint of "${subject}".`, {
    remedy: 'Leave the input "resume-from" out, and the training begins anew.',
  });
}

/** A folder of the workspace: a packed checkpoint that was downloaded, or the files of a checkpoint as they are. */
async function fromFolder(given: string, options: RestoreOptions): Promise<RestoredContent> {
  const { workspace, workingDirectory, folder, signal } = options;
  const label = `Input "resume-from": "${given}"`;
  const source = containedPath(workspace, workingDirectory, given, 'Input "resume-from"');
  const facts = await lstat(await realpath(source).catch(() => source)).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new UsageError(`${label} is no folder.`, {
      remedy: 'Give the folder of a checkpoint, or "run:<id>".',
    });
  }
  const shown = relative(workingDirectory, source).split(sep).join('/') || '.';
  const packed = await lstat(join(source, MANIFEST_FILE)).catch(() => undefined);
  if (packed?.isFile() === true) {
    try {
      const manifest = await readPacked(source, signal);
      return await place(source, manifest, shown, `the folder "${shown}"`, options);
    } catch (error) {
      if (!(error instanceof BrokenCheckpoint)) throw error;
      throw new SubjectError('data', `${label} ${error.message}.`, {
        remedy: 'Download the checkpoint again.',
      });
    }
  }
  return await unpacked(options, async (directory) => {
    const root = await realpath(source);
    const settled = await settledFiles(root, { ended: 'in-order', signal });
    if (settled !== undefined && settled.unfinished.size > 0) {
      throw new SubjectError(
        'data',
        `${label}: "${[...settled.unfinished.keys()][0] ?? ''}" is cut short, or being written.`,
        {
          remedy: 'Give a checkpoint that is whole.',
        },
      );
    }
    if (settled === undefined || settled.files.length === 0) {
      throw new UsageError(`${label} holds no file.`, { remedy: 'Give the folder of a checkpoint.' });
    }
    const files = await packFiles(root, settled.files, directory, signal);
    const content = { files, links: [...settled.links] };
    // The folder that the command writes to anyway: everything is where it belongs.
    if (root !== (await realpath(folder).catch(() => folder))) {
      tellAside(await placeCheckpoint(directory, content, options), options);
    }
    const restored = { name: shown, from: `the folder "${shown}"`, step: null, series: [], attempts: [] };
    return { restored, digest: contentDigest(content) };
  });
}

async function place(
  directory: string,
  manifest: Manifest,
  name: string,
  from: string,
  options: RestoreOptions,
): Promise<RestoredContent> {
  tellAside(await placeCheckpoint(directory, manifest, options), options);
  const { step, series, attempts } = manifest;
  const at = step === null ? '' : ` of step ${step}`;
  options.logger.info(`Goes on from the checkpoint ${name}${at} of ${from}.`);
  return { restored: { name, from, step, series, attempts }, digest: contentDigest(manifest) };
}

function tellAside(aside: string | undefined, { workingDirectory, logger }: RestoreOptions): void {
  if (aside === undefined) return;
  const shown = relative(workingDirectory, aside).split(sep).join('/');
  logger.info(`What an earlier attempt had written behind that checkpoint was put aside: ${shown}.`);
}

async function unpacked<T>(
  { temporaryDirectory }: RestoreOptions,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  await mkdir(temporaryDirectory, { recursive: true });
  const directory = await mkdtemp(join(temporaryDirectory, 'checkpoint-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
