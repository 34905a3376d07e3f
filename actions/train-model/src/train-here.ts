import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { InfrastructureError, UsageError } from '../../../shared/errors.ts';
import { STEADY_CLOCK } from './clock.ts';
import { concludeHere } from './conclude-here.ts';
import { openStore } from '../../../shared/stores/open.ts';
import { MARK } from '../../../shared/process/decide/stripped-environment.ts';
import { childEnvironment } from './decide/child-environment.ts';
import { maskerOf } from '../../../shared/process/decide/masker.ts';
import type { Submission, TrainingJob } from './engines/engine.ts';
import { createLocalEngine, type LocalEngine } from './engines/local.ts';
import { type Followed, followTraining } from './follower.ts';
import { gpuWanted, preflightGpus } from './gpu/preflight.ts';
import type { Inputs } from './inputs.ts';
import { guardRunner } from '../../../shared/process/guard-runner.ts';
import { metricsOutputs } from './metrics-outputs.ts';
import { type Monitors, startMonitors } from './monitors.ts';
import { GROUP_STATE } from './post-state.ts';
import type { Prepared } from './prepare.ts';
import { startProgressLine } from './progress-line.ts';
import { openResumption, type Resumption } from './resumption.ts';
import { maskMetrics } from './series/masked-metrics.ts';
import { type MetricsFollower, openMetrics } from './series/open-metrics.ts';
import { parseMetricSource } from './series/metric-source.ts';

/** Trains on this machine: in a step of the user's own, or as a worker that was dispatched. */
export async function trainHere(
  inputs: Inputs,
  context: ActionContext,
  prepared: Prepared,
): Promise<Outcome<'training'>> {
  const { logger, workingDirectory, signal } = context;
  if (inputs.dispatched !== undefined) {
    const { outcomeOfDuplicate } = await import('./worker/find-duplicate.ts');
    const duplicate = await outcomeOfDuplicate(inputs.dispatched, context);
    if (duplicate !== undefined) return duplicate;
  }
  const masker = maskerOf(context.environment, inputs.secrets);
  const opened = openMetrics({
    directory: workingDirectory,
    metrics: inputs.metrics,
    metricsSeries: inputs.metricsSeries,
    sources: inputs.metricsSources.map((line) =>
      parseMetricSource(line, { workspace: context.workspace, workingDirectory }),
    ),
    environment: childEnvironment(context.environment, {
      parameters: inputs.parameters,
      seed: inputs.seed,
      secrets: inputs.secrets,
      mark: 'metrics',
    }),
    workspace: context.workspace,
    nanIsFault: inputs.stopOn.includes('nan'),
  });
  const metrics = maskMetrics(opened, masker);
  const engine = createLocalEngine({ metrics, masker });
  const resumption = await openResumption(inputs, context, prepared);
  const job = jobOf(inputs, context, prepared, metrics, resumption);
  const finding = (await engine.check(job, signal))[0];
  if (finding !== undefined) throw new UsageError(finding.message, { remedy: finding.remedy });
  const notices = checkGpus(inputs, prepared);
  // A bucket that is wrong, or a right that is missing, is told before hours of training.
  if (inputs.store !== undefined) await (await openStore(inputs.store, context)).check(signal);
  await metrics.begin(signal);
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
  return await concludeHere({
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
        clock: STEADY_CLOCK,
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
