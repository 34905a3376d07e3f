import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName } from '../../../actions/train-model/src/checkpoints/checkpoint-name.ts';
import { type Manifest, manifestSchema } from '../../../actions/train-model/src/checkpoints/manifest.ts';
import {
  type Checkpoints,
  type CheckpointsOptions,
  openCheckpoints,
} from '../../../actions/train-model/src/checkpoints/open-checkpoints.ts';
import { keepLogs } from '../../record/logs.ts';
import { openScratch, type Scratch } from '../scratch.ts';

export const KEY = '0123456789'.repeat(4);
export const STATE = { step: null, series: [], attempts: [] };
export const { signal } = new AbortController();

/** A working directory with a folder of checkpoints. */
export interface CheckpointPlace extends Scratch {
  readonly work: string;
  /** Where the command writes checkpoints. */
  readonly folder: string;
  /** Where copies are kept. */
  readonly kept: string;
  readonly lines: string[];
  open(overrides?: Partial<CheckpointsOptions>): Checkpoints;
  /** As another process, which knows nothing of this one. */
  restore(
    options?: { resumeFrom?: string; previousRuns?: readonly string[] },
    overrides?: Partial<CheckpointsOptions>,
  ): ReturnType<Checkpoints['restore']>;
  /** What was kept of a checkpoint. */
  manifest(sequence: number): Promise<Manifest>;
  keptAt(sequence: number, ...path: string[]): string;
  /** A fresh machine has the commit, and nothing that a training wrote. */
  loseFolder(): Promise<void>;
}

export async function openCheckpointPlace(): Promise<CheckpointPlace> {
  const scratch = await openScratch();
  const work = join(scratch.directory, 'work');
  await mkdir(work);
  const folder = join(work, 'ckpt');
  const kept = join(work, '.trainyard/digits/checkpoints');
  const { logger, lines } = keepLogs();
  const place: CheckpointPlace = {
    ...scratch,
    work,
    folder,
    kept,
    lines,
    open: (overrides = {}) =>
      openCheckpoints({
        folder,
        artifacts: undefined,
        submissionKey: KEY,
        generation: 1,
        attempt: 1,
        subject: 'digits',
        temporaryDirectory: join(scratch.directory, 'temporary'),
        workingDirectory: work,
        logger,
        ...overrides,
      }),
    restore: ({ resumeFrom, previousRuns = [] } = {}, overrides = {}) =>
      place.open(overrides).restore({ resumeFrom, previousRuns, signal }),
    keptAt: (sequence, ...path) =>
      join(kept, checkpointName({ submissionKey: KEY, generation: 1, attempt: 1, sequence }), ...path),
    async manifest(sequence) {
      return manifestSchema.parse(
        JSON.parse(await readFile(place.keptAt(sequence, 'manifest.json'), 'utf8')),
      );
    },
    loseFolder: () => rm(folder, { recursive: true, force: true }),
  };
  return place;
}
