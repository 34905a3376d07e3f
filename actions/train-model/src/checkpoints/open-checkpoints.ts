import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Logger } from '../../../../shared/action/logger.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import { RECORD_FOLDER } from '../../../../shared/record/disk-store.ts';
import type { Attempt } from '../../../../shared/record/training-section.ts';
import type { Series } from '../decide/series.ts';
import type { CheckpointArtifacts } from './checkpoint-artifacts.ts';
import { openCheckpointFolder } from './checkpoint-folder.ts';
import { type CheckpointName, checkpointName, parseCheckpointName } from './checkpoint-name.ts';
import { contentDigest, type Manifest, MANIFEST_FILE } from './manifest.ts';
import { ChangedWhileCopied, FILES_FOLDER, packFiles } from './pack.ts';
import { markFolder } from './place.ts';
import { type Restored, restoreCheckpoint } from './restore.ts';
import { type Settled, settledFiles } from './settled-files.ts';

/** The newest, and the one before it where the newest turns out to be of no use. */
const KEPT = 2;
/** A command that writes all the time may change a file while it is copied. */
const MAX_TRIES = 3;

export interface CheckpointState {
  /** The last step; null where none is known. */
  readonly step: number | null;
  /** The series up to here, over all attempts. */
  readonly series: readonly Series[];
  readonly attempts: readonly Attempt[];
}

export interface SaveOptions {
  /**
   * Asked when the files have been copied, which takes a while: a series that ended before its checkpoint would leave
   * a gap where it is gone on from, and one that goes beyond it is cut there.
   */
  readonly state: CheckpointState | (() => CheckpointState);
  /** Given when the command has ended: what a killed one wrote last may be half of what it wanted to. */
  readonly ended?: 'in-order' | 'killed';
  readonly signal: AbortSignal;
}

export interface SavedCheckpoint {
  readonly name: string;
  readonly bytes: number;
  readonly files: FileReference[];
}

/** The checkpoints of one training: a folder that its command writes, and where copies of it are kept. */
export interface Checkpoints {
  /** Undefined where there is nothing to go on from. */
  restore(options: {
    readonly resumeFrom: string | undefined;
    readonly previousRuns: readonly string[];
    readonly signal: AbortSignal;
  }): Promise<Restored | undefined>;
  /** Undefined where there is nothing new that is whole. */
  save(options: SaveOptions): Promise<SavedCheckpoint | undefined>;
  /** What is kept now. */
  usage(): { bytes: number; count: number };
  /** Deletes what this training has kept in this run: nobody will go on from there. Best effort. */
  clear(signal?: AbortSignal): Promise<void>;
}

export interface CheckpointsOptions {
  /** Absolute; where the command writes checkpoints. */
  readonly folder: string;
  /** Undefined: a folder of the working directory. */
  readonly artifacts: CheckpointArtifacts | undefined;
  readonly submissionKey: string;
  readonly generation: number;
  readonly attempt: number;
  /** The model. */
  readonly subject: string;
  readonly temporaryDirectory: string;
  readonly workingDirectory: string;
  /** Where paths of the user may lead; the working directory by default. */
  readonly workspace?: string;
  readonly logger: Logger;
}

export function openCheckpoints(options: CheckpointsOptions): Checkpoints {
  const { folder, subject, submissionKey, generation, attempt, workingDirectory, logger } = options;
  const home = join(workingDirectory, RECORD_FOLDER, subject);
  const ledger = options.artifacts === undefined ? join(home, 'checkpoint-folders.json') : undefined;
  const artifacts = options.artifacts ?? openCheckpointFolder(join(home, 'checkpoints'));
  const kept: { name: string; bytes: number }[] = [];
  let unfinished: Settled['unfinished'] = new Map();
  let lastDigest: string | undefined;
  let lastLook: string | undefined;
  let next: number | undefined;
  let working: Promise<unknown> = Promise.resolve();

  /** Names go on behind those that an earlier process of this attempt has used. */
  const sequences = async (signal: AbortSignal): Promise<number> => {
    const used = (await artifacts.list(undefined, signal)).flatMap(({ name }) => {
      const parsed = parseCheckpointName(name);
      return parsed !== undefined && isOfThis(parsed) ? [parsed.sequence] : [];
    });
    return Math.max(0, ...used) + 1;
  };
  const isOfThis = (name: CheckpointName): boolean =>
    name.submissionKey === submissionKey && name.generation === generation && name.attempt === attempt;

  const upload = async (
    staging: string,
    content: Pick<Manifest, 'files' | 'links'>,
    state: CheckpointState,
    signal: AbortSignal,
  ): Promise<string> => {
    next ??= await sequences(signal);
    for (;;) {
      const named = { submissionKey, generation, attempt, sequence: next };
      const name = checkpointName(named);
      next += 1;
      const manifest: Manifest = {
        version: 1,
        subject,
        ...named,
        createdAt: new Date().toISOString(),
        step: state.step,
        series: [...state.series],
        attempts: [...state.attempts],
        ...content,
      };
      const path = join(staging, MANIFEST_FILE);
      await writeFile(path, JSON.stringify(manifest));
      const digests = new Set(content.files.map(({ sha256 }) => sha256));
      const files = [...digests].map((sha256) => join(staging, FILES_FOLDER, sha256));
      if (await artifacts.upload(name, staging, [path, ...files], signal)) return name;
    }
  };

  const retire = async (signal: AbortSignal): Promise<void> => {
    while (kept.length > KEPT) {
      const [oldest] = kept.splice(0, 1);
      if (oldest !== undefined) await artifacts.remove(oldest.name, signal).catch(() => undefined);
    }
  };

  const save = async (given: SaveOptions): Promise<SavedCheckpoint | undefined> => {
    const { signal, state } = given;
    const root = await realpath(folder).catch(() => undefined);
    if (root === undefined) return undefined;
    await mkdir(options.temporaryDirectory, { recursive: true });
    for (let tried = 1; tried <= MAX_TRIES; tried += 1) {
      const settled: Settled | undefined = await settledFiles(root, {
        ended: given.ended,
        earlier: unfinished,
        signal,
      });
      unfinished = settled?.unfinished ?? new Map();
      if (settled === undefined) return undefined;
      if (settled.files.length === 0) {
        if (given.ended !== undefined && unfinished.size > 0) {
          logger.warning(
            `No checkpoint was saved at the end: what lies there was written so shortly before the command was ended that it may be half (${shownOf(unfinished)}).`,
          );
        }
        return undefined;
      }
      const look = lookOf(settled);
      if (look === lastLook) return undefined;
      const staging = await mkdtemp(join(options.temporaryDirectory, 'checkpoint-'));
      try {
        const files = await packFiles(root, settled.files, staging, signal);
        const content = { files, links: [...settled.links] };
        const digest = contentDigest(content);
        if (digest === lastDigest) {
          lastLook = look;
          return undefined;
        }
        const name = await upload(staging, content, typeof state === 'function' ? state() : state, signal);
        [lastDigest, lastLook] = [digest, look];
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        kept.push({ name, bytes });
        await markFolder({ folder: root, ledger }).catch(() => undefined);
        await retire(signal);
        if (unfinished.size > 0) {
          logger.info(
            `The checkpoint ${name} was saved without what was being written or cut short: ${shownOf(unfinished)}.`,
          );
        }
        return { name, bytes, files: files.map((file) => referenceTo(file, name)) };
      } catch (error) {
        if (!(error instanceof ChangedWhileCopied)) throw error;
        logger.debug(`"${error.message}" changed while it was copied.`);
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    }
    logger.info(
      'No checkpoint was saved: its files changed while they were copied. The next look tries again.',
    );
    return undefined;
  };

  const referenceTo = ({ path, bytes, sha256 }: Manifest['files'][number], name: string): FileReference => ({
    path: relative(workingDirectory, join(folder, path)).split(sep).join('/'),
    role: 'checkpoint',
    bytes,
    sha256,
    locations:
      artifacts.runId === undefined ? [] : [{ kind: 'artifact', artifact: name, runId: artifacts.runId }],
  });

  return {
    async restore({ resumeFrom, previousRuns, signal }) {
      const found = await restoreCheckpoint({
        ...options,
        workspace: options.workspace ?? workingDirectory,
        artifacts,
        ledger,
        resumeFrom,
        previousRuns,
        signal,
      });
      lastDigest = found?.digest;
      return found?.restored;
    },
    save(given) {
      // One after another: the second finds what the first has saved, and has nothing to do.
      const saved = working.then(() => save(given));
      working = saved.catch(() => undefined);
      return saved;
    },
    usage: () => ({ bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0), count: kept.length }),
    async clear(signal = new AbortController().signal) {
      await working;
      const own = await artifacts.list(undefined, signal).catch(() => []);
      for (const { name } of own) {
        if (parseCheckpointName(name)?.submissionKey === submissionKey) {
          await artifacts.remove(name, signal).catch(() => undefined);
        }
      }
      kept.splice(0);
    },
  };
}

/** Changes where any file or link does. */
function lookOf({ files, links }: Settled): string {
  return JSON.stringify([files.map(({ path, state }) => [path, state]), links]);
}

/** The first few paths. */
function shownOf(unfinished: Settled['unfinished']): string {
  return [...unfinished.keys()].slice(0, 3).join(', ');
}
