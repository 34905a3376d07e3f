import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { verifyEvaluation } from '../../../shared/attestation/verify-evaluation.ts';
import { sha256Of } from '../../../shared/registries/hashing.ts';
import { openRegistry } from '../../../shared/registries/choose.ts';
import { collectRecord, fetchFiles, readAppendix } from './collect.ts';
import { decideAdmission } from './decide/admission.ts';
import { writeCard } from './decide/card.ts';
import { finishedOutcome, unpublishedOutcome } from './decide/outcome.ts';
import { planPublication } from './decide/plan.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';
import { checkModelDigest, checkModelFiles } from './model-files.ts';
import { publish } from './publish.ts';

/** Publishes one model, or says what publishing it would do. */
async function run(inputs: Inputs, context: ActionContext): Promise<Outcome<'publication'>> {
  const { environment, logger, origin, signal } = context;
  const record = await collectRecord(inputs, context);
  const { training, evaluation, data } = record;
  const dataset = inputs.dataset ?? training.dataset;
  const facts = { record, dataset, registry: inputs.registry, gateRequired: inputs.requireGate };

  const admission = decideAdmission(record, inputs.requireGate);
  if (admission.kind !== 'admitted') return unpublishedOutcome(facts, admission);
  if (inputs.requireGate && evaluation !== undefined) {
    const attested = await verifyEvaluation({ ...inputs, section: evaluation }, context);
    if (attested.kind === 'refused') {
      return unpublishedOutcome(facts, { ...attested, owner: 'configuration' });
    }
  }
  const modelDigest = training.body?.modelDigest ?? '';
  for (const notice of admission.notices) logger.warning(notice);

  const files = await logger.group('Verify the model', async () => {
    const fetched = await fetchFiles(record, context);
    checkModelDigest(
      fetched.model.map(({ reference }) => reference),
      modelDigest,
    );
    await checkModelFiles(fetched.model);
    logger.info(`  model digest: ${modelDigest}`);
    return fetched;
  });
  const appendix = await readAppendix(inputs.card, context);
  const card = writeCard({ record, serverUrl: origin.serverUrl, gateRequired: inputs.requireGate, appendix });

  const token = inputs.token ?? environment['GITHUB_TOKEN'];
  const registry = await openRegistry('registry', inputs.registry, { ...context, token });
  const references = [...files.model, ...files.beside].map(({ reference }) => reference);
  const versions = await registry.list(training.subject, signal);
  const plan = planPublication(versions, modelDigest, inputs.alias, references);
  const sections = [...data, training, ...(evaluation === undefined ? [] : [evaluation])];
  const published =
    inputs.mode === 'plan'
      ? undefined
      : await logger.group(`Publish to ${registry.name}`, () =>
          publish({
            registry,
            model: training.subject,
            modelDigest,
            plan,
            files,
            sections,
            card,
            logger,
            signal,
          }),
        );
  const outcome = finishedOutcome({
    ...facts,
    mode: inputs.mode,
    plan,
    published,
    card: { path: 'README.md', sha256: sha256Of(card) },
    notices: admission.notices,
  });
  logger.info(outcome.summary);
  return outcome;
}

export const action: Action<'publication', Inputs> = {
  name: 'publish-model',
  kind: 'publication',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run,
};
