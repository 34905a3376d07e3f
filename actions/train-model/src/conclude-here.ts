import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { isExpected, SubjectError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import type { Attempt, FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import { joinSeries } from './decide/join-series.ts';
import type { Submission } from './engines/engine.ts';
import type { LocalEngine } from './engines/local.ts';
import type { Followed } from './follower.ts';
import type { Inputs } from './inputs.ts';
import type { Monitors } from './monitors.ts';
import { emptyBody, judged, outcomeOf } from './outcome.ts';
import type { Prepared } from './prepare.ts';
import type { Resumption } from './resumption.ts';
import { saveOutputs } from './save-outputs.ts';
import type { MetricsFound } from './series/metrics-found.ts';

/** What makes a training that ended well fail all the same. */
interface TrainingFault {
  readonly failureClass: FailureClass;
  readonly message: string;
}

/** All that is known when a training on this machine has ended. */
export interface Ended {
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

/** Collects what it left, saves it, and says what came of it. */
export async function concludeHere(ended: Ended): Promise<Outcome<'training'>> {
  const { inputs, context, prepared, monitors, resumption, followed, found, durationMs } = ended;
  const { status, stoppedEarly } = followed;
  const notices = [...ended.notices, ...found.notices];
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
