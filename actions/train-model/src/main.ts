import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { InfrastructureError, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { canonicalDigest, modelDigest } from '../../../shared/record/digest.ts';
import type { FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import { childEnvironment, MARK } from './decide/child-environment.ts';
import { ADVICE, VERDICT_OF_FAILURE } from './decide/judge-training.ts';
import { describeCode } from './describe-code.ts';
import { describeEnvironment, describeHardware } from './describe-machine.ts';
import type { Point, TrainingJob, TrainingStatus } from './engines/engine.ts';
import { createLocalEngine, type LocalEngine } from './engines/local.ts';
import { type Clock, followTraining } from './follower.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';
import { metricsOutputs } from './metrics-outputs.ts';
import { GROUP_STATE } from './post-state.ts';
import { type MetricsFound, readMetrics } from './read-metrics.ts';

const POLL_MS = 200;

const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** Trains a model with a command, and records what it was made from and what came of it. */
export const action: Action<'training', Inputs> = {
  name: 'train-model',
  kind: 'training',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run,
};

async function run(inputs: Inputs, context: ActionContext): Promise<Outcome<'training'>> {
  refuseFork(context);
  const { logger, store, commit, workingDirectory, signal } = context;
  const notices: string[] = [];
  const data = await store.find(
    'data',
    { subject: inputs.dataset, fromKey: inputs.fromKey, recordFrom: inputs.recordFrom },
    signal,
  );
  if (inputs.dataset !== undefined && data === undefined) {
    notices.push(`No data section of "${inputs.dataset}" was found: the data fingerprint is unknown.`);
  }
  if (data !== undefined && (data.verdict === 'fail' || data.verdict === 'error')) {
    notices.push(
      `The data of "${data.subject}" ended as ${data.verdict}: what is trained on it cannot be published.`,
    );
  }
  const code = await describeCode(workingDirectory, inputs.paths, commit.patchDigest, signal);
  if (code.notice !== null) notices.push(code.notice);

  const key = submissionKey(inputs, context);
  const environment = childEnvironment(context.environment, {
    parameters: inputs.parameters,
    seed: inputs.seed,
    mark: `${context.run.id}-${key.slice(0, 16)}-${process.pid}`,
  });
  const job: TrainingJob = {
    command: inputs.command,
    directory: workingDirectory,
    environment,
    outputs: [...inputs.outputs, ...metricsOutputs(inputs, workingDirectory)],
    metricsSeries: inputs.metricsSeries,
  };
  const engine = createLocalEngine();
  const finding = (await engine.check(job, signal))[0];
  if (finding !== undefined) throw new UsageError(finding.message, { remedy: finding.remedy });
  const described = {
    environment: await describeEnvironment(inputs.command, workingDirectory, environment, signal),
    hardware: await describeHardware(environment, context.origin.runnerEnvironment),
  };

  const trained = await logger.group(`Training ${inputs.subject}`, () =>
    train(inputs, context, engine, job, key),
  );
  const { status, found, files, faults, stale } = trained;
  if (stale.length > 0) {
    notices.push(`Not written by this training, and left out: ${stale.slice(0, 5).join(', ')}.`);
  }
  const digest = modelDigest(files);
  if (status.failureClass === null && faults.length === 0 && digest === null) {
    notices.push('No output has the role model: there is nothing to gate or to publish.');
  }
  const failureClass = status.failureClass ?? faults[0]?.failureClass ?? null;
  if (failureClass === null && inputs.metrics !== undefined && Object.keys(found.metrics).length === 0) {
    notices.push('The file of the input "metrics" holds no number: it gives a gate nothing to judge.');
  }
  const reason = status.reason ?? (faults.map((fault) => fault.message).join(' ') || null);

  const body: TrainingBody = {
    engine: inputs.engine,
    submission: { id: trained.submissionId, key, url: null },
    command: [...inputs.command],
    parameters: { ...inputs.parameters },
    seed: inputs.seed,
    ...described,
    codeFingerprint: code.fingerprint,
    dataFingerprint: data?.body?.dataFingerprint ?? null,
    fingerprint: null,
    reused: null,
    patch: null,
    attempts: [
      {
        startedAt: trained.startedAt.toISOString(),
        durationMs: trained.durationMs,
        exitCode: status.exitCode,
        signal: status.signal,
        failureClass,
        reason,
        peakMemoryBytes: status.peakMemoryBytes,
        runner: context.origin.runnerEnvironment,
        url: context.run.url,
        resumedFrom: null,
      },
    ],
    stoppedEarly: null,
    series: [...found.series],
    metrics: { ...found.metrics },
    files: [...files],
    modelDigest: digest,
    gpuUse: [],
    energyKwh: null,
    dispatch: null,
    costs: { estimate: null, items: [] },
  };
  return {
    subject: inputs.subject,
    dataset: data?.subject ?? inputs.dataset ?? null,
    ...judged(failureClass, reason, trained.durationMs),
    notices,
    body,
    outputs: {
      'model-digest': digest ?? '',
      'exit-code': status.exitCode === null ? '' : String(status.exitCode),
      files: JSON.stringify(files),
    },
    annotations: [],
  };
}

/** Code of a stranger on a machine of ours could stay there, and read what later jobs bring (design, "Trust"). */
function refuseFork({ origin }: ActionContext): void {
  if (!origin.fork || origin.runnerEnvironment === 'github-hosted') return;
  throw new UsageError('A pull request from a fork does not train on a self-hosted runner.', {
    remedy:
      'Run this job on a GitHub-hosted runner ("runs-on: ubuntu-latest"), or push the branch to this repository after review.',
  });
}

/** Names this training so that a step that is run again can find it: run, job and leg, and what is trained. */
function submissionKey(
  { command, parameters, seed, engine, subject }: Inputs,
  { run }: ActionContext,
): string {
  return canonicalDigest({ run: run.id, key: run.key, engine, subject, command, parameters, seed }).slice(
    0,
    40,
  );
}

/** What makes a training that ended well fail all the same. */
interface TrainingFault {
  readonly failureClass: FailureClass;
  readonly message: string;
}

interface Trained {
  readonly submissionId: string;
  readonly status: TrainingStatus;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly found: MetricsFound;
  readonly files: readonly FileReference[];
  readonly faults: readonly TrainingFault[];
  readonly stale: readonly string[];
}

async function train(
  inputs: Inputs,
  context: ActionContext,
  engine: LocalEngine,
  job: TrainingJob,
  key: string,
): Promise<Trained> {
  const { logger, signal, store, workingDirectory } = context;
  const startedAt = new Date();
  const start = performance.now();
  // Before there is a process: a step that is killed from here on leaves its processes to the post step, which finds
  // them by their mark, and once the pid is known also where a system has no marks.
  const mark = job.environment[MARK] ?? key;
  context.saveState(GROUP_STATE, JSON.stringify({ pid: null, started: null, mark }));
  const submission = (await engine.find(key, signal)) ?? (await engine.submit(job, key, signal));
  context.saveState(GROUP_STATE, JSON.stringify(engine.groupOf(submission)));
  const status = await logger.untrusted((line) =>
    follow(inputs, context, { engine, submission, onLine: line }),
  );
  const durationMs = performance.now() - start;

  // What it told before it failed is worth keeping, its files are not: nobody knows whether they are whole.
  const found = await readMetrics({
    directory: workingDirectory,
    metrics: inputs.metrics,
    metricsSeries: inputs.metricsSeries,
    snapshot: engine.snapshotOf(submission),
    seriesStart: engine.seriesStartOf(submission),
  });
  const common = { submissionId: submission.id, status, startedAt, durationMs, found };
  if (status.failureClass !== null) return { ...common, files: [], faults: [], stale: [] };

  const collected = await engine.outputs(submission, signal).catch(asFault);
  if ('failureClass' in collected) {
    return { ...common, files: [], faults: [...found.faults, collected], stale: [] };
  }
  // A metrics file that is missing is told once, by the input that names it.
  const missing = collected.missing
    .filter((message) => message.startsWith('Input "outputs"'))
    .map((message): TrainingFault => ({ failureClass: 'missing-outputs', message }));
  const faults: TrainingFault[] = [...found.faults, ...missing];
  const saved =
    faults.length === 0
      ? await store.saveFiles(inputs.subject, workingDirectory, collected.files, signal).catch(asFault)
      : [];
  return 'failureClass' in saved
    ? { ...common, files: [], faults: [saved], stale: collected.stale }
    : { ...common, files: saved, faults, stale: collected.stale };
}

/** What a training measured outlasts files that cannot be taken: hours of work are not thrown away with them. */
function asFault(error: unknown): TrainingFault {
  if (!(error instanceof SubjectError) && !(error instanceof InfrastructureError)) throw error;
  return {
    failureClass: error instanceof SubjectError ? 'missing-outputs' : 'infrastructure',
    message: error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`,
  };
}

async function follow(
  inputs: Inputs,
  { logger, signal }: ActionContext,
  {
    engine,
    submission,
    onLine,
  }: {
    engine: LocalEngine;
    submission: Awaited<ReturnType<LocalEngine['submit']>>;
    onLine: (line: string) => void;
  },
): Promise<TrainingStatus> {
  const { epochs } = inputs.parameters;
  const progress = logger.progress(
    `Training ${inputs.subject}`,
    typeof epochs === 'number' ? epochs : undefined,
  );
  const onPoint = ({ step, values, total }: Point): void => {
    const [last] = Object.entries(values);
    const of = total === undefined ? '' : `of ${total} `;
    progress.update(
      step,
      last === undefined ? of.trim() : `${of}${last[0]} ${Number(last[1].toPrecision(4))}`,
    );
  };
  try {
    return await followTraining({
      engine,
      submission,
      clock: CLOCK,
      pollMs: POLL_MS,
      limitMs: inputs.limitMs,
      graceMs: inputs.graceMs,
      signal,
      onLine,
      onPoint,
    });
  } finally {
    progress.end();
  }
}

function judged(
  failureClass: FailureClass | null,
  reason: string | null,
  durationMs: number,
): Pick<Outcome<'training'>, 'verdict' | 'summary' | 'blame'> {
  if (failureClass === null) {
    return { verdict: 'pass', summary: `Trained in ${(durationMs / 1000).toFixed(1)} s.`, blame: null };
  }
  const { owner, remedy } = ADVICE[failureClass];
  const message = reason ?? `The training ended as ${failureClass}.`;
  return { verdict: VERDICT_OF_FAILURE[failureClass], summary: message, blame: { owner, message, remedy } };
}
