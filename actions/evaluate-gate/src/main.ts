import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { InfrastructureError, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/record/common.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import { attestEvaluation } from './attest/attest-evaluation.ts';
import { type CollectedBaseline, collectBaseline } from './baseline.ts';
import { budgetMetrics } from './budget.ts';
import { collectCandidate, whyUnusable } from './candidate.ts';
import { concludeRun } from './conclude-run.ts';
import { type Judged, judge } from './decide/judge.ts';
import { metricOutputs } from './decide/metric-outputs.ts';
import { formatNumber } from './decide/metrics.ts';
import { comparesWithBaseline, type GateFile } from './gate-file/gate-file.ts';
import { readGate } from './gate-policy.ts';
import { keepHistory, readPast } from './history/keep-history.ts';
import { keepEvidence } from './keep-evidence.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';
import { measureModels } from './measure-models.ts';
import { countParameters } from './parameters/count-parameters.ts';
import { predict, takeOver, whyTakenOver } from './predict.ts';
import { collectWaivers } from './waivers/collect-waivers.ts';

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
  if (inputs.conclude !== undefined) return await concludeRun(inputs.conclude, context);
  const { store, logger, signal } = context;
  const { gate, policy } = await readGate(inputs, context);
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
  const reason = whyTakenOver(gate, inputs, training);
  const candidate = await logger.group('Candidate', () =>
    collectCandidate(inputs, training?.body ?? undefined, gate.evaluation, context, reason === undefined),
  );
  const baseline = await logger.group('Baseline', () => findBaseline(inputs, subject, context));
  const all = { inputs, gate, policy, training, candidate, baseline, context };
  const predictions =
    reason === undefined ? await logger.group('Examination', () => predict(all)) : takeOver(all, reason);
  const measured = await logger.group('Metrics', () =>
    measureModels({ inputs, gate, gatePath: policy.path, predictions, baseline, context }),
  );
  const { token } = inputs;
  const waivers = await collectWaivers({ token, selfWaiver: gate.selfWaiver, context });
  const past = await readPast({ inputs, model, context });
  const { record: examination, candidateSha256 } = predictions;
  const files = training?.body?.files ?? [];
  const ruled = new Set(gate.rules.map(({ metric }) => metric));
  const parameters = ruled.has('model-parameters') ? await countParameters(files, context) : undefined;
  const judged = judge({
    model,
    gate,
    policy,
    candidate: { ...candidate, predictionsDigest: candidateSha256 },
    baseline,
    ...measured,
    examination,
    budget: budgetMetrics({
      training,
      files,
      examination,
      parameters,
      reported: candidate.reported,
      ruled,
    }),
    waivers,
    past,
  });
  logRules(judged, context);
  const kept = await keepHistory({ inputs, model, context }, judged);
  const proof = await keepEvidence({ inputs, gate, model, predictions, context });

  const { conclusion } = judged;
  const { verdict } = conclusion;
  const attested = await attestEvaluation(
    {
      mode: inputs.attest,
      token,
      judged: { subject: model, dataset, verdict, body: { ...judged.body, evidence: proof.evidence } },
    },
    context,
  );
  const body = { ...judged.body, evidence: proof.evidence, attestation: attested.attestation };
  const notices = [...judged.notices, ...proof.notices, ...attested.notices];
  return {
    subject: model,
    dataset,
    verdict: conclusion.verdict,
    summary: conclusion.summary,
    blame: conclusion.blame,
    notices: [...notices, ...(past?.notices ?? []), ...kept],
    body,
    outputs: {
      ...metricOutputs(body.metrics, OUTPUTS),
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
