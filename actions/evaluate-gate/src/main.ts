import { availableParallelism } from 'node:os';
import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { readPolicy } from '../../../shared/action/policy.ts';
import { InfrastructureError, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/record/common.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import { type CollectedBaseline, collectBaseline } from './baseline.ts';
import { type Candidate, collectCandidate, whyUnusable } from './candidate.ts';
import { type Judged, judge } from './decide/judge.ts';
import { formatNumber } from './decide/metrics.ts';
import { comparesWithBaseline, type GateFile } from './gate-file/gate-file.ts';
import { parseGateFile } from './gate-file/parse.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';
import { type Measurement, measure } from './metrics/measure.ts';

/** Longer than any sensible join of two files of predictions takes; a hung query must not hold a runner for hours. */
const QUERY_TIMEOUT_MS = 10 * 60_000;

export const action: Action<'evaluation', Inputs> = {
  name: 'evaluate-gate',
  kind: 'evaluation',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run,
};

/** Judges a model by the rules of the gate file. */
async function run(inputs: Inputs, context: ActionContext): Promise<Outcome<'evaluation'>> {
  const { store, logger, signal } = context;
  const { text, policy } = await readPolicy(context, inputs.gate, inputs.policyFrom);
  const gate = parseGateFile(text, policy.path);
  const { subject, fromKey, recordFrom } = inputs;
  const training = await store.find('training', { subject, fromKey, recordFrom }, signal);
  const model = subject ?? training?.subject;
  if (model === undefined) {
    throw new UsageError('Input "model" was not given, and the record has no training section to tell it.', {
      remedy: 'Add "model: <name>", or run train-model in an earlier step or a job that this one needs.',
    });
  }
  const about: About = { model, dataset: inputs.dataset ?? training?.dataset ?? null };
  const unusable = training === undefined ? undefined : whyUnusable(training);
  if (training?.verdict === 'pending') return judgedLater(about, training);
  if (training !== undefined && unusable !== undefined) return nothingToJudge(about, training, unusable);

  try {
    return await evaluate(inputs, { ...about, gate, policy, training }, context);
  } catch (error) {
    // A usage error has its own exit code, which the shell gives to what is thrown.
    if (!(error instanceof InfrastructureError) && !(error instanceof SubjectError)) throw error;
    logger.debug(error.stack ?? error.message);
    const remedy = error.remedy ?? null;
    const blame = { owner: error.owner, message: error.message, remedy };
    const advice = remedy === null ? '' : ` ${remedy}`;
    return ended(about, error.message, blame, `${error.message}${advice}`);
  }
}

/** What a gate that judged nothing sets. */
const NO_OUTPUTS = { metrics: '{}', 'failed-rules': '[]', 'baseline-version': '' };

interface About {
  readonly model: string;
  readonly dataset: string | null;
}

interface Subject extends About {
  readonly gate: GateFile;
  readonly policy: Policy;
  readonly training: SectionOf<'training'> | undefined;
}

async function evaluate(
  inputs: Inputs,
  subject: Subject,
  context: ActionContext,
): Promise<Outcome<'evaluation'>> {
  const { model, dataset, gate, policy, training } = subject;
  const { logger } = context;
  const candidate = await logger.group('Candidate', () =>
    collectCandidate(inputs, training?.body ?? undefined, gate.evaluation, context),
  );
  const baseline = await logger.group('Baseline', () => findBaseline(inputs, subject, context));
  const measurement = await logger.group('Metrics', () =>
    measureBoth(inputs, gate, policy.path, candidate, baseline, context),
  );
  const judged = judge({ model, gate, policy, candidate, baseline, measurement });
  logRules(judged, context);

  const { body, conclusion, notices } = judged;
  return {
    subject: model,
    dataset,
    verdict: conclusion.verdict,
    summary: conclusion.summary,
    blame: conclusion.blame,
    notices,
    body,
    outputs: {
      metrics: JSON.stringify(Object.fromEntries(body.metrics.map(({ name, value }) => [name, value]))),
      'failed-rules': JSON.stringify(judged.failedRules),
      'baseline-version': body.baseline?.version ?? '',
    },
    annotations: conclusion.annotations,
  };
}

async function findBaseline(
  inputs: Inputs,
  { gate, policy, model }: Subject,
  context: ActionContext,
): Promise<CollectedBaseline> {
  if (!comparesWithBaseline(gate)) return { kind: 'not-needed' };
  const { from, line } = gate.baseline;
  const place = { file: policy.path, line };
  const baseline = await collectBaseline({
    inputs,
    source: from,
    evaluation: gate.evaluation,
    model,
    gate: place,
    context,
  });
  const told = {
    found: () => (baseline.kind === 'found' ? baseline.what : ''),
    'first-run': () => 'none: the registry is empty',
    unavailable: () => (baseline.kind === 'unavailable' ? baseline.blame.message : ''),
    'not-needed': () => 'none',
  }[baseline.kind]();
  context.logger.info(`baseline: ${told}`);
  return baseline;
}

async function measureBoth(
  inputs: Inputs,
  { evaluation, rules, minCellSize }: GateFile,
  gatePath: string,
  candidate: Candidate,
  baseline: CollectedBaseline,
  { logger, environment, signal, temporaryDirectory }: ActionContext,
): Promise<Measurement | undefined> {
  if (evaluation === undefined || candidate.predictions === undefined) return undefined;
  const { createDataEngine } = await import('../../../shared/data/create-engine.ts');
  const engine = await createDataEngine({ logger, environment, signal, path: inputs.duckdbPath });
  try {
    const measurement = await measure({
      engine,
      limits: {
        memoryMiB: inputs.maxMemoryMiB,
        threads: availableParallelism(),
        temporaryDirectory,
        queryTimeoutMs: QUERY_TIMEOUT_MS,
      },
      gate: { rules, minCellSize, evaluation },
      gatePath,
      candidate: candidate.predictions,
      baseline: baseline.kind === 'found' ? baseline.predictions : undefined,
      signal,
    });
    logger.info(`rows: ${measurement.candidate.n}`);
    return measurement;
  } finally {
    await engine.close();
  }
}

function logRules({ body, conclusion }: Judged, { logger }: ActionContext): void {
  for (const { name, value, baseline } of body.metrics) {
    logger.debug(
      `${name}: ${formatNumber(value)}${baseline === null ? '' : ` (baseline ${formatNumber(baseline)})`}`,
    );
  }
  for (const { id, result, reason } of body.rules) logger.info(`${result.padEnd(12)} ${id}: ${reason}`);
  logger.info(`verdict: ${conclusion.verdict}`);
}

/** A dispatched training goes on elsewhere, and is judged there: neither is it judged here, nor has it failed. */
function judgedLater({ model, dataset }: About, { summary }: SectionOf<'training'>): Outcome<'evaluation'> {
  return {
    subject: model,
    dataset,
    verdict: 'skipped',
    passed: false,
    summary: `The training has not ended yet, so there is no model to judge here: ${summary}`,
    blame: null,
    notices: [],
    body: null,
    outputs: NO_OUTPUTS,
    annotations: [],
  };
}

/** The training failed: that is its verdict to give, and here nothing can be measured. */
function nothingToJudge(
  about: About,
  training: SectionOf<'training'>,
  summary: string,
): Outcome<'evaluation'> {
  const { owner, remedy, contact } = training.blame ?? {
    owner: 'code' as const,
    remedy: null,
    contact: null,
  };
  return ended(
    about,
    summary,
    { owner, message: summary, remedy: remedy ?? 'See the training section.', contact },
    summary,
  );
}

function ended(
  { model, dataset }: About,
  summary: string,
  blame: Outcome['blame'],
  annotation: string,
): Outcome<'evaluation'> {
  return {
    subject: model,
    dataset,
    verdict: 'error',
    summary,
    blame,
    notices: [],
    body: null,
    outputs: NO_OUTPUTS,
    annotations: [{ severity: 'error', message: annotation }],
  };
}
