import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../../shared/action/logger.ts';
import { messageOf } from '../../../../shared/errors.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import { type Artifacts, createArtifacts } from '../../../../shared/record/artifacts.ts';
import { type Clock, STEADY_CLOCK } from '../clock.ts';
import { progressGap } from '../decide/progress-gap.ts';
import { type Progress, PROGRESS_FILE, progressName, progressSchema } from '../dispatch/progress.ts';
import type { Point } from '../engines/engine.ts';
import { ProgressBuffer } from './progress-buffer.ts';

/** The training does not wait for its progress to be told: one that takes longer is told with the next. */
const UPLOAD_MS = 60_000;
/** The last one holds the step up: a service that is down must not. */
const LAST_UPLOAD_MS = 20_000;

export interface PublishOptions {
  readonly job: Pick<DispatchedJob, 'submissionKey' | 'generation'>;
  /** The runner's name. */
  readonly runner: string | null;
  readonly temporaryDirectory: string;
  readonly logger: Logger;
  /** One line on the GPUs as they are now. */
  readonly gpus: () => string | null;
  /** What the training has cost until now, in US dollars. */
  readonly cost: () => number | null;
  readonly artifacts?: Artifacts;
  readonly clock?: Clock;
  /** Aborted where the step is cancelled: then nothing more is told, as the runner leaves seconds. */
  readonly signal?: AbortSignal;
}

/** Tells a follower elsewhere how a training goes on. */
export interface Publisher {
  /** A line of the log; secrets in it are masked already, for an artifact is masked by nobody. */
  line(text: string): void;
  point(point: Point): void;
  checkpoint(saved: { readonly artifact: string; readonly step: number | null }): void;
  /** Tells what has not been told yet, and ends. Never throws. */
  finish(): Promise<void>;
}

/**
 * Publishes numbered progress artifacts in the worker's run, the first at once. One that fails is a warning, and what
 * it held is told by the next: progress is best effort, the section of the record is the truth.
 */
export function startPublishing(options: PublishOptions): Publisher {
  const { job, logger, clock = STEADY_CLOCK, artifacts = createArtifacts(), signal } = options;
  const buffer = new ProgressBuffer();
  const startedAt = new Date();
  const begun = clock.now();
  const ended = new AbortController();
  let sequence = 1;
  let checkpoint: Progress['checkpoint'] = null;
  let told: string | undefined;
  /** A progress whose upload failed: it may have arrived all the same, so it is tried again as it is. */
  let open: Progress | undefined;
  let warned = false;

  // Read as a reader will: one that no reader takes must not stand in the way of all later ones.
  const next = (): Progress =>
    progressSchema.parse({
      version: 1,
      submissionKey: job.submissionKey,
      generation: job.generation,
      sequence,
      at: new Date(startedAt.getTime() + clock.now() - begun).toISOString(),
      startedAt: startedAt.toISOString(),
      runner: options.runner?.slice(0, 200) ?? null,
      ...buffer.tell(),
      gpus: options.gpus()?.slice(0, 1_000) ?? null,
      costUsd: options.cost(),
      checkpoint,
    } satisfies Progress);
  const publish = async (progress: Progress, limitMs: number): Promise<void> => {
    const name = progressName(job.submissionKey, job.generation, progress.sequence);
    const directory = join(options.temporaryDirectory, `progress-${randomUUID()}`);
    try {
      await mkdir(directory, { recursive: true });
      const path = join(directory, PROGRESS_FILE);
      await writeFile(path, JSON.stringify(progress));
      // Undefined: it is there already, from a try whose answer was lost.
      await artifacts.upload(name, directory, [path], AbortSignal.timeout(limitMs));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };
  const tell = async (limitMs: number): Promise<boolean> => {
    try {
      const progress = (open ??= next());
      await publish(progress, limitMs);
      told = JSON.stringify(progress.checkpoint);
      open = undefined;
      sequence += 1;
      return true;
    } catch (error) {
      const message = `The progress could not be published: ${messageOf(error)}`;
      if (warned) logger.debug(message);
      else logger.warning(`${message} The training goes on, and it is tried again.`);
      warned = true;
      return false;
    }
  };
  const hasEnded = (): boolean => ended.signal.aborted;
  const loop = async (): Promise<void> => {
    while (!hasEnded()) {
      await tell(UPLOAD_MS);
      if (hasEnded()) return;
      await clock.sleep(progressGap(clock.now() - begun), ended.signal);
    }
  };
  const running = loop();

  return {
    line: (text) => buffer.line(text),
    point: (point) => buffer.point(point),
    checkpoint(saved) {
      checkpoint = { ...saved };
    },
    async finish() {
      ended.abort();
      if (signal?.aborted === true) return;
      await running;
      // What an upload that failed held comes first, and what was told since then in one of its own.
      if (open !== undefined && !(await tell(LAST_UPLOAD_MS))) return;
      if (buffer.hasNews || told !== JSON.stringify(checkpoint)) await tell(LAST_UPLOAD_MS);
    },
  };
}
