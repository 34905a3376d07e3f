import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { InfrastructureError, isExpected, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import type { Attempt, FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import { childEnvironment, MARK } from './decide/child-environment.ts';
import { maskerOf } from './decide/masker.ts';
import { joinSeries } from './decide/join-series.ts';
import type { Submission, TrainingJob } from './engines/engine.ts';
import { createLocalEngine, type LocalEngine } from './engines/local.ts';
import { type Clock, type Followed, followTraining } from './follower.ts';
import { gpuWanted, preflightGpus } from './gpu/preflight.ts';
import type { Inputs } from './inputs.ts';
import { guardRunner } from './local/guard-runner.ts';
import { metricsOutputs } from './metrics-outputs.ts';
import { type Monitors, startMonitors } from './monitors.ts';
import { emptyBody, judged, outcomeOf } from './outcome.ts';
import { GROUP_STATE } from './post-state.ts';
import type { Prepared } from './prepare.ts';
import { startProgressLine } from './progress-line.ts';
import { openResumption, type Resumption } from './resumption.ts';
import { saveOutputs } from './save-outputs.ts';
import { type MetricsFollower, openMetrics } from './series/open-metrics.ts';
import { parseMetricSource } from './series/metric-source.ts';
import type { MetricsFound } from './series/metrics-found.ts';

const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** What makes a training that ended well fail all the same. */
interface TrainingFault {
  readonly failureClass: FailureClass;
  readonly message: string;
}

/** Trains on this machine: in a step of the user's own, or as a worker that was dispatched. */
export async function trainHere(
  inputs: Inputs,
  context: ActionContext,
  prepared: Prepared,
): Promise<Outcome<'training'>> {
  const { logger, workingDirectory, signal } = context;
  const metrics = openMetrics({
    directory: workingDirectory,
    metrics: inputs.metrics,
    metricsSeries: inputs.metricsSeries,
    sources: inputs.metricsSources.map((line) =>
      parseMetricSource(line, { workspace: context.workspace, workingDirectory }),
    ),
    environment: childEnvironment(context.environment, {
      parameters: inputs.parameters,
      seed: inputs.seed,
      mark: 'metrics',
    }),
  });
  const masker = maskerOf(context.environment, inputs.secrets);
  const engine = createLocalEngine({ metrics, masker });
  const resumption = await openResumption(inputs, context, prepared);
  const job = jobOf(inputs, context, prepared, metrics, resumption);
  const finding = (await engine.check(job, signal))[0];
  if (finding !== undefined) throw new UsageError(finding.message, { remedy: finding.remedy });
  const notices = checkGpus(inputs, prepared);
  await metrics.begin(signal);

  if (inputs.dispatched !== undefined) {
    const { outcomeOfDuplicate } = await import('./worker/find-duplicate.ts');
    const duplicate = await outcomeOfDuplicate(inputs.dispatched, context);
    if (duplicate !== undefined) return duplicate;
  }
  const monitors = await startMonitors({ inputs, context, prepared, resumption, job });
  const guard = await guardRunner({ environment: context.environment, workingDirectory, signal });
  const startedAt = new Date();
  const begun = performance.now();
  let ended: { submission: Submission; followed: Followed };
  try {
    ended = await logger.group(`Training ${inputs.subject}`, () =>
      follow({ inputs, context, engine, job, monitors, key: prepared.submissionKey }),
    );
  } finally {
    await monitors.stop();
    notices.push(...(await guard.finish()));
  }
  const durationMs = performance.now() - begun;
  const found = await metrics.finish(signal);
  return await conclude({
    inputs,
    context,
    prepared,
    engine,
    monitors,
    resumption,
    ...ended,
    notices,
    found,
    startedAt,
    durationMs,
  });
}

/** Before anything is spent: a GPU that is missing or taken is told, and where it was asked for it is an error. */
function checkGpus({ dispatched }: Inputs, { gpus, environment }: Prepared): string[] {
  const { findings, notices } = preflightGpus(gpus, {
    wanted: gpuWanted(dispatched?.['runs-on'] ?? []),
    packages: environment.packages,
  });
  const [finding] = findings;
  if (finding === undefined) return notices;
  throw new InfrastructureError(finding.message, { remedy: finding.remedy });
}

function jobOf(
  inputs: Inputs,
  { environment, run, workingDirectory }: ActionContext,
  { submissionKey }: Prepared,
  metrics: MetricsFollower,
  resumption: Resumption,
): TrainingJob {
  return {
    command: inputs.command,
    directory: workingDirectory,
    environment: childEnvironment(environment, {
      parameters: inputs.parameters,
      seed: inputs.seed,
      deterministic: inputs.deterministic,
      secrets: inputs.secrets,
      attempt: resumption.attempt,
      resumeFrom: resumption.folder,
      mark: `${run.id}-${submissionKey.slice(0, 16)}-${process.pid}`,
    }),
    outputs: [...inputs.outputs, ...metricsOutputs(inputs, workingDirectory)],
    seriesFiles: metrics.files,
  };
}

interface Following {
  readonly inputs: Inputs;
  readonly context: ActionContext;
  readonly engine: LocalEngine;
  readonly job: TrainingJob;
  readonly monitors: Monitors;
  readonly key: string;
}

async function follow({
  inputs,
  context,
  engine,
  job,
  monitors,
  key,
}: Following): Promise<{ submission: Submission; followed: Followed }> {
  const { logger, signal } = context;
  // Before there is a process: a step that is killed from here on leaves its processes to the post step, which finds
  // them by their mark, and once the pid is known also where a system has no marks.
  const mark = job.environment[MARK] ?? key;
  context.saveState(GROUP_STATE, JSON.stringify({ pid: null, started: null, mark }));
  const submission = await engine.submit(job, key, signal);
  context.saveState(GROUP_STATE, JSON.stringify(engine.groupOf(submission)));
  const progress = startProgressLine(logger, inputs.subject, inputs.parameters);
  monitors.begin();
  try {
    const followed = await logger.untrusted((show) =>
      followTraining({
        engine,
        submission,
        clock: CLOCK,
        graceMs: inputs.graceMs,
        signal,
        endsEarly: () => monitors.endsEarly(),
        onLine(line) {
          show(line);
          monitors.line(line);
        },
        onPoint(point) {
          progress.point(point);
          monitors.point(point);
        },
      }),
    );
    return { submission, followed };
  } finally {
    progress.end();
  }
}

interface Ended {
  readonly inputs: Inputs;
  readonly context: ActionContext;
  readonly prepared: Prepared;
  readonly engine: LocalEngine;
  readonly submission: Submission;
  readonly notices: readonly string[];
  readonly monitors: Monitors;
  readonly resumption: Resumption;
  readonly followed: Followed;
  readonly found: MetricsFound;
  readonly startedAt: Date;
  readonly durationMs: number;
}

async function conclude(ended: Ended): Promise<Outcome<'training'>> {
  const { inputs, context, prepared, monitors, resumption, followed, found, durationMs } = ended;
  const { status, stoppedEarly } = followed;
  const notices = [...ended.notices];
  const series = joinSeries(resumption.series, found.series);
  const collected = status.failureClass === null ? await collect(ended, notices) : NOTHING;
  const faults = [...found.faults, ...collected.faults];
  const failureClass = status.failureClass ?? faults[0]?.failureClass ?? null;
  const reason = status.reason ?? (faults.map((fault) => fault.message).join(' ') || null);
  const files = faults.length === 0 ? collected.files : [];
  const attempt: Attempt = {
    startedAt: ended.startedAt.toISOString(),
    durationMs,
    exitCode: status.exitCode,
    signal: status.signal,
    failureClass,
    reason,
    peakMemoryBytes: status.peakMemoryBytes,
    runner: context.environment['RUNNER_NAME'] ?? context.origin.runnerEnvironment,
    url: context.origin.worker?.runUrl ?? context.run.url,
    resumedFrom: resumption.name,
  };
  const attempts = [...resumption.attempts, attempt];
  const saved = await resumption.finish({
    failureClass,
    killed: status.signal === 'SIGKILL',
    series,
    attempts,
  });
  const told = await monitors.finish({ durationMs, files, failureClass, checkpoint: saved });
  const body: TrainingBody = {
    ...emptyBody(inputs, prepared),
    submission: {
      id: prepared.submissionKey,
      key: prepared.submissionKey,
      url: context.origin.worker?.runUrl ?? null,
    },
    patch: monitors.patch,
    attempts,
    stoppedEarly,
    series,
    metrics: { ...found.metrics },
    files: [...files, ...saved.files],
    modelDigest: modelDigest(files),
    gpuUse: [...told.gpuUse],
    energyKwh: told.energyKwh,
    costs: { estimate: monitors.estimate, items: [...told.costs] },
  };
  notices.push(
    ...monitors.notices,
    ...resumption.notices,
    ...told.notices,
    ...remarks(inputs, body, failureClass),
  );
  const outcome = outcomeOf(
    inputs,
    prepared,
    body,
    judged(failureClass, reason, successOf(durationMs, attempts, stoppedEarly)),
    notices,
  );
  if (failureClass === null) await monitors.remember(outcome);
  return outcome;
}

function remarks(inputs: Inputs, body: TrainingBody, failureClass: FailureClass | null): string[] {
  if (failureClass !== null) return [];
  const notices: string[] = [];
  if (body.modelDigest === null) {
    notices.push('No output has the role model: there is nothing to gate or to publish.');
  }
  if (inputs.metrics !== undefined && Object.keys(body.metrics).length === 0) {
    notices.push('The file of the input "metrics" holds no number: it gives a gate nothing to judge.');
  }
  return notices;
}

function successOf(durationMs: number, attempts: readonly Attempt[], stoppedEarly: string | null): string {
  const total = attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const base =
    attempts.length === 1
      ? `Trained in ${seconds(durationMs)}.`
      : `Trained in ${seconds(total)} over ${attempts.length} attempts.`;
  return stoppedEarly === null ? base : `${base} ${stoppedEarly}`;
}

interface Collected {
  readonly files: readonly FileReference[];
  readonly faults: readonly TrainingFault[];
}

const NOTHING: Collected = { files: [], faults: [] };

/** What it told before it failed is worth keeping, its files are not: nobody knows whether they are whole. */
async function collect(
  { engine, submission, inputs, context, found }: Ended,
  notices: string[],
): Promise<Collected> {
  const { workingDirectory, signal } = context;
  try {
    const collected = await engine.outputs(submission, signal);
    if (collected.stale.length > 0) {
      notices.push(`Not written by this training, and left out: ${collected.stale.slice(0, 5).join(', ')}.`);
    }
    // A metrics file that is missing is told once, by the input that names it.
    const missing = collected.missing
      .filter((message) => message.startsWith('Input "outputs"'))
      .map((message): TrainingFault => ({ failureClass: 'missing-outputs', message }));
    if (missing.length > 0 || found.faults.length > 0) return { files: [], faults: missing };
    return { files: await saveOutputs(inputs, context, workingDirectory, collected.files), faults: [] };
  } catch (error) {
    return { files: [], faults: [asFault(error)] };
  }
}

/** What a training measured outlasts files that cannot be taken: hours of work are not thrown away with them. */
function asFault(error: unknown): TrainingFault {
  if (!isExpected(error)) throw error;
  return {
    failureClass: error instanceof SubjectError ? 'missing-outputs' : 'infrastructure',
    message: error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`,
  };
}
