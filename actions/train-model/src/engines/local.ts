import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureError, messageOf, UsageError } from '../../../../shared/errors.ts';
import { MARK } from '../../../../shared/process/decide/stripped-environment.ts';
import { classifyEnd } from '../decide/classify-end.ts';
import { createMasker, type Masker } from '../../../../shared/process/decide/masker.ts';
import { type Child, startChild } from '../../../../shared/process/child.ts';
import { checkCommand } from '../local/check-command.ts';
import { endGroup } from '../../../../shared/process/end-group.ts';
import { withinBudget } from '../../../../shared/process/log-budget.ts';
import { killsBetween, type MemoryKills, readMemoryKills } from '../local/memory-kills.ts';
import { type Group, startOf } from '../../../../shared/process/processes.ts';
import { startSampling } from '../local/sampling.ts';
import { collectOutputs, type Snapshot, takeSnapshot } from '../output-files.ts';
import {
  QUIET,
  type Submission,
  type TrainingEngine,
  type TrainingJob,
  type TrainingStatus,
} from './engine.ts';
import type { LiveMetrics } from './live-metrics.ts';

/** Looking costs nothing here. */
const POLL_MS = 200;
const METRICS_POLL_MS = 500;
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
  /** Every process of it that was ever found, by pid with its start. */
  readonly seen: Map<number, string>;
  status: TrainingStatus;
  stopping: boolean;
  /** Settles when the command and all that it left behind have gone. */
  ended: Promise<void>;
}

export interface LocalEngine extends TrainingEngine {
  /** What a post step needs to end what the step left behind. */
  groupOf(submission: Submission): Group;
  /** The id of what was submitted last; empty before. */
  lastSubmissionId(): string;
  snapshotOf(submission: Submission): Snapshot;
}

export interface LocalEngineOptions {
  /** Hears every line of output, and tells the points. Whoever submits has begun it. */
  readonly metrics: LiveMetrics;
  /** By default nothing is masked. */
  readonly masker?: Masker;
}

/** Trains on this machine: the command in its own process group, whose processes all end with it. */
export function createLocalEngine({ metrics, masker = createMasker([]) }: LocalEngineOptions): LocalEngine {
  const runs = new Map<string, Running>();
  const of = (submission: Submission): Running => {
    const running = runs.get(submission.id);
    if (running === undefined)
      throw new InfrastructureError(`This machine runs no training "${submission.id}".`);
    return running;
  };

  return {
    pollMs: POLL_MS,

    check: (job) => checkCommand(job),

    // A process does not outlive its step: the post step sees to that.
    find: () => Promise.resolve(undefined),

    async submit(job, submissionKey) {
      const snapshot = await takeSnapshot(job.directory, job.outputs, job.seriesFiles);
      const killsBefore = await readMemoryKills();
      let child: Child;
      try {
        child = await startChild(job, { masker, onLine: (line) => metrics.line(line) });
      } catch (cause) {
        throw new UsageError(
          `Input "command": "${job.command[0]}" could not be started: ${messageOf(cause)}.`,
          { cause },
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
        seen: new Map(),
        stopping: false,
        status: { ...QUIET, phase: 'running' },
        ended: Promise.resolve(),
      };
      running.ended = watch(running, killsBefore);
      runs.set(group.mark, running);
      return { id: group.mark, key: submissionKey, url: null };
    },

    status: (submission) => Promise.resolve(of(submission).status),
    logs: (submission, signal) => withinBudget(of(submission).child.queue.read(signal)),

    metrics(submission, signal) {
      const running = of(submission);
      const ended = (): boolean => signal.aborted || running.status.phase !== 'running';
      return metrics.points({ pollMs: METRICS_POLL_MS, ended, signal });
    },

    // The runner's minutes are counted by whoever knows its price; the engine itself spends nothing.
    cost: () => Promise.resolve([]),

    async stop(submission, graceMs, why) {
      const running = of(submission);
      running.stopping = true;
      if (running.status.phase === 'running') running.status = { ...running.status, phase: 'stopping' };
      await endGroup(running.group, graceMs, { watched: true, seen: running.seen }, why);
      await running.ended;
    },

    async outputs(submission, signal) {
      const { job, snapshot } = of(submission);
      return await collectOutputs(job.directory, job.outputs, snapshot, signal);
    },

    // The step that follows it is the one that records it.
    recorded: () => Promise.resolve(undefined),

    groupOf: (submission) => of(submission).group,
    lastSubmissionId: () => [...runs.keys()].at(-1) ?? '',
    snapshotOf: (submission) => of(submission).snapshot,
  };
}

/** Waits for the end, samples meanwhile, ends what was left behind, and says how it ended. */
async function watch(running: Running, killsBefore: MemoryKills): Promise<void> {
  const { child, group, job, seen } = running;
  const sampling = startSampling(group, job, seen);
  const { exitCode, signal } = await child.exited;
  // What has ended by itself was not stopped, whoever asks for it while its leftovers are cleared away.
  const { stopping } = running;
  const { peakMemoryBytes, leastFree } = await sampling.finish();
  await endGroup(group, stopping ? 0 : LEFTOVER_GRACE_MS, { watched: true, seen });
  const drained = new AbortController();
  await Promise.race([
    child.queue.closed,
    sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => undefined),
  ]);
  drained.abort();
  child.closeOutput();

  const outOfMemoryKills = killsBetween(killsBefore, await readMemoryKills());
  const { failureClass, reason } = stopping
    ? { failureClass: 'cancelled' as const, reason: 'The training was stopped.' }
    : classifyEnd({ exitCode, signal, outOfMemoryKills, leastFree, lastLines: child.lastLines });
  running.status = {
    phase: failureClass === null ? 'succeeded' : stopping ? 'cancelled' : 'failed',
    reason,
    failureClass,
    exitCode,
    signal,
    peakMemoryBytes,
    waiting: null,
  };
}
