import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureError, messageOf, UsageError } from '../../../../shared/errors.ts';
import { MARK } from '../decide/child-environment.ts';
import { classifyEnd } from '../decide/classify-end.ts';
import { type Child, startChild } from '../local/child.ts';
import { endGroup } from '../local/end-group.ts';
import { findProgram } from '../local/find-program.ts';
import { killsBetween, type MemoryKills, readMemoryKills } from '../local/memory-kills.ts';
import { type Group, residentBytesOf, startOf } from '../local/processes.ts';
import { collectOutputs, type Snapshot, takeSnapshot } from '../output-files.ts';
import { followSeries, noteSeries, type SeriesStart } from '../series-file.ts';
import type { Submission, TrainingEngine, TrainingJob, TrainingStatus } from './engine.ts';

/** Often enough to see a peak, seldom enough to cost nothing. */
const MEMORY_SAMPLE_MS = 500;
const SERIES_POLL_MS = 500;
/** What the command left behind when it ended may take this long to end by itself. */
const LEFTOVER_GRACE_MS = 1_000;
/** Output still in the pipe after the last process has gone. */
const DRAIN_MS = 2_000;

/** What this machine knows of a training that it runs. */
interface Running {
  readonly job: TrainingJob;
  readonly child: Child;
  readonly group: Group;
  readonly snapshot: Snapshot;
  readonly seriesStart: SeriesStart | undefined;
  status: TrainingStatus;
  stopping: boolean;
  /** Settles when the command and all that it left behind have gone. */
  ended: Promise<void>;
}

export interface LocalEngine extends TrainingEngine {
  /** What a post step needs to end what the step left behind. */
  groupOf(submission: Submission): Group;
  /** Rows that were in the series file before this training. */
  seriesStartOf(submission: Submission): SeriesStart | undefined;
  snapshotOf(submission: Submission): Snapshot;
}

/** Trains on this machine: the command in its own process group, whose processes all end with it. */
export function createLocalEngine(): LocalEngine {
  const runs = new Map<string, Running>();
  const of = (submission: Submission): Running => {
    const running = runs.get(submission.id);
    if (running === undefined)
      throw new InfrastructureError(`This machine runs no training "${submission.id}".`);
    return running;
  };

  return {
    async check(job) {
      const [program] = job.command;
      if ((await findProgram(program, job.directory, job.environment)) !== undefined) return [];
      return [
        {
          message: `Input "command": the program "${program}" does not exist, or may not be run.`,
          remedy:
            'Give a program of PATH, or a path from the input "working-directory". There is no shell: of "a && b" or "$HOME" nothing is expanded.',
        },
      ];
    },

    // A process does not outlive its step: the post step sees to that.
    find: () => Promise.resolve(undefined),

    async submit(job, submissionKey) {
      const further = job.metricsSeries === undefined ? [] : [job.metricsSeries];
      const snapshot = await takeSnapshot(job.directory, job.outputs, further);
      const seriesStart = job.metricsSeries === undefined ? undefined : await noteSeries(job.metricsSeries);
      const killsBefore = await readMemoryKills();
      let child: Child;
      try {
        child = await startChild(job);
      } catch (cause) {
        throw new UsageError(
          `Input "command": "${job.command[0]}" could not be started: ${messageOf(cause)}.`,
          {
            cause,
          },
        );
      }
      const group = {
        pid: child.pid,
        started: await startOf(child.pid),
        mark: job.environment[MARK] ?? submissionKey,
      };
      const running: Running = {
        job,
        child,
        group,
        snapshot,
        seriesStart,
        stopping: false,
        status: {
          phase: 'running',
          reason: null,
          failureClass: null,
          exitCode: null,
          signal: null,
          peakMemoryBytes: null,
        },
        ended: Promise.resolve(),
      };
      running.ended = watch(running, killsBefore);
      runs.set(group.mark, running);
      return { id: group.mark, key: submissionKey, url: null };
    },

    status: (submission) => Promise.resolve(of(submission).status),
    logs: (submission, signal) => of(submission).child.queue.read(signal),

    metrics(submission, signal) {
      const running = of(submission);
      const { metricsSeries } = running.job;
      const ended = (): boolean => signal.aborted || running.status.phase !== 'running';
      return metricsSeries === undefined
        ? nothing()
        : followSeries(metricsSeries, running.seriesStart, { pollMs: SERIES_POLL_MS, ended });
    },

    // The runner's minutes are GitHub's to bill; nothing else is spent.
    cost: () => Promise.resolve(undefined),

    async stop(submission, graceMs) {
      const running = of(submission);
      running.stopping = true;
      if (running.status.phase === 'running') running.status = { ...running.status, phase: 'stopping' };
      await endGroup(running.group, graceMs, { watched: true });
      await running.ended;
    },

    async outputs(submission, signal) {
      const { job, snapshot } = of(submission);
      return await collectOutputs(job.directory, job.outputs, snapshot, signal);
    },

    groupOf: (submission) => of(submission).group,
    seriesStartOf: (submission) => of(submission).seriesStart,
    snapshotOf: (submission) => of(submission).snapshot,
  };
}

async function* nothing(): AsyncGenerator<never> {
  // An engine without metrics yields none.
}

/** Waits for the end, samples memory meanwhile, ends what was left behind, and says how it ended. */
async function watch(running: Running, killsBefore: MemoryKills): Promise<void> {
  const { child, group } = running;
  const sampling = new AbortController();
  let peak: number | null = null;
  const sampled = (async () => {
    while (!sampling.signal.aborted) {
      const now = await residentBytesOf(group.pid).catch(() => 0);
      if (now > 0) peak = Math.max(peak ?? 0, now);
      await sleep(MEMORY_SAMPLE_MS, undefined, { signal: sampling.signal }).catch(() => undefined);
    }
  })();
  const { exitCode, signal } = await child.exited;
  sampling.abort();
  await sampled;
  await endGroup(group, running.stopping ? 0 : LEFTOVER_GRACE_MS, { watched: true });
  const drained = new AbortController();
  await Promise.race([
    child.queue.closed,
    sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => undefined),
  ]);
  drained.abort();
  child.closeOutput();

  const outOfMemoryKills = killsBetween(killsBefore, await readMemoryKills());
  const { failureClass, reason } = running.stopping
    ? { failureClass: 'cancelled' as const, reason: 'The training was stopped.' }
    : classifyEnd({ exitCode, signal, outOfMemoryKills, lastLines: child.lastLines });
  running.status = {
    phase: failureClass === null ? 'succeeded' : running.stopping ? 'cancelled' : 'failed',
    reason,
    failureClass,
    exitCode,
    signal,
    peakMemoryBytes: peak,
  };
}
