import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { verifyEvaluation } from '../../../shared/attestation/verify-evaluation.ts';
import { messageOf } from '../../../shared/errors.ts';
import { refuseLfsPointer } from '../../../shared/lfs-pointer.ts';
import { graphMetadata } from '../../../shared/onnx/graph-metadata.ts';
import { locateOnnxRuntime } from '../../../shared/onnx/load.ts';
import { whyOwnPolicy } from '../../../shared/record/own-policy.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import { openRegistry } from '../../../shared/registries/choose.ts';
import type { ModelRegistry } from '../../../shared/registries/registry.ts';
import { admit } from './decide/admission.ts';
import { checkGoldenRows } from './decide/golden-check.ts';
import { type GoldenRow, parseGoldenRows } from './decide/golden-rows.ts';
import { endpointsRoot } from './endpoint-folder.ts';
import { entryPath } from './entry-path.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';
import { type ModelSource, publishedModel, servedPath, trainedModel } from './model-source.ts';
import { deployedOutcome, refusedOutcome } from './outcome.ts';
import { runRollout } from './rollout.ts';
import { collectSections, type RunSections } from './sections.ts';
import { strippedEnvironment } from './server/environment.ts';
import type { Programs } from './server/launch.ts';
import { STATE } from './state-keys.ts';
import { stopSupervisor } from './stop.ts';
import { CommandTarget } from './targets/command.ts';
import { LocalTarget } from './targets/local.ts';
import type { Deployable, EndpointTarget } from './targets/target.ts';

/** What serves the model in a process of its own; tests name the programs. */
export type FindPrograms = () => Programs;

const programsBesideThis: FindPrograms = () => {
  const running = process.argv[1] ?? '';
  return { supervisor: entryPath('supervisor', running), worker: entryPath('worker', running) };
};

/** Serves a model that was gated and published, and goes back to the one before when it does not work. */
export async function deployEndpoint(
  inputs: Inputs,
  context: ActionContext,
  findPrograms: FindPrograms = programsBesideThis,
): Promise<Outcome<'deployment'>> {
  const { logger, signal } = context;
  const golden = await readGoldenRows(inputs, context);
  const sections = await collectSections(inputs, context);
  const endpoint = inputs.endpoint ?? sections.subject;
  const registry =
    inputs.registry === undefined || inputs.mode === 'plan'
      ? undefined
      : await openRegistry('registry', inputs.registry, { ...context, token: inputs.token });

  const { training } = sections;
  if (training?.verdict === 'pending' && inputs.version === undefined) {
    const reason = `The training has not ended yet, so there is no model to serve: ${training.summary}`;
    return refusedOutcome(inputs, sections, endpoint, { kind: 'skipped', reason });
  }
  const early = admission(inputs, sections, undefined);
  // What this run says of its own model is enough to stop, before any registry is asked.
  const decided = early.kind === 'skipped' || (early.kind === 'refused' && sections.evaluation !== undefined);
  if (decided && inputs.version === undefined) return refusedOutcome(inputs, sections, endpoint, early);
  const source =
    registry === undefined
      ? trainedModel(sections, context.store)
      : await publishedModel(registry, inputs.version, sections, signal);
  const admitted = admission(inputs, sections, source);
  if (admitted.kind !== 'admitted') return refusedOutcome(inputs, sections, endpoint, admitted);
  const evaluation = evaluationOf(inputs, sections, source);
  if (inputs.requireGate && evaluation !== undefined) {
    const attested = await verifyEvaluation({ ...inputs, section: evaluation }, context);
    if (attested.kind === 'refused') {
      const { reason: message, remedy } = attested;
      const refusal = { kind: 'refused', owner: 'configuration', message, remedy } as const;
      return refusedOutcome(inputs, sections, endpoint, refusal);
    }
  }

  // Captured before anything is touched: the alias moves only if nobody else has moved it since.
  const production = await registry?.resolve(sections.subject, 'production', signal);
  const revision = `${source.version}-${randomBytes(4).toString('hex')}`;
  const folder = join(
    endpointsRoot({ runner: context.host.kind === 'github', ...context }),
    inputs.mode === 'plan' ? `${endpoint}.plan-${revision}` : endpoint,
  );
  const target = await openTarget(inputs, context, endpoint, folder, findPrograms);
  // From here on the post step has something to end, whatever becomes of this process.
  context.saveState(STATE.folder, folder);
  context.saveState(STATE.revision, revision);
  context.saveState(STATE.target, inputs.target);
  context.saveState(STATE.keepAlive, String(inputs.keepAlive && inputs.mode === 'deploy'));

  try {
    const previous = await target.current(signal);
    const deployable = await bring(target, source, {
      id: revision,
      model: sections.subject,
      inputs,
      golden,
      signal,
    });
    const rollout = { mode: inputs.mode, dark: target.dark, replaces: previous !== undefined };
    logger.info(
      `Endpoint "${endpoint}": ${previous?.version ?? 'nothing'} -> ${source.version} (${inputs.target}, ${inputs.mode})`,
    );
    const result = await runRollout({
      rollout,
      target,
      deployable,
      previous,
      golden,
      tolerance: inputs.tolerance,
      readyTimeoutMs: inputs.readyTimeoutMs,
      moveAlias: async (aliasSignal) => {
        await moveProduction(registry, sections.subject, source.version, production?.version, aliasSignal);
      },
      logger,
      signal,
    });
    return deployedOutcome({
      host: context.host.kind,
      inputs,
      sections,
      endpoint,
      source,
      rollout,
      result,
      revision,
      previous,
      production,
    });
  } finally {
    if (inputs.mode === 'plan') await endPlan(folder, context);
  }
}

async function readGoldenRows(
  { goldenRows }: Inputs,
  context: ActionContext,
): Promise<ReturnType<typeof parseGoldenRows>> {
  if (goldenRows === undefined) return [];
  const [file, written] = [context.workspace, context.workingDirectory].map((folder) =>
    relative(folder, goldenRows).replaceAll('\\', '/'),
  );
  return parseGoldenRows(await readFile(goldenRows, 'utf8'), file ?? goldenRows, written);
}

function admission(
  inputs: Inputs,
  sections: RunSections,
  source: ModelSource | undefined,
): ReturnType<typeof admit> {
  const evaluation = evaluationOf(inputs, sections, source);
  const { publication } = sections;
  return admit({
    requireGate: inputs.requireGate,
    mode: inputs.mode,
    modelDigest: source?.modelDigest,
    evaluation: evaluation && {
      verdict: evaluation.verdict,
      summary: evaluation.summary,
      modelDigest: evaluation.body?.modelDigest ?? null,
      ownPolicy: whyOwnPolicy(evaluation),
    },
    // A version that the user named is not what this run published.
    publication:
      publication === undefined || inputs.version !== undefined
        ? undefined
        : { verdict: publication.verdict, summary: publication.summary, mode: publication.body?.mode },
    data: sections.data.map(({ subject, verdict, summary }) => ({ dataset: subject, verdict, summary })),
  });
}

/** This run's evaluation; for a version that the user named, or without one, that which lies beside the model. */
function evaluationOf(
  inputs: Inputs,
  { evaluation }: RunSections,
  source: ModelSource | undefined,
): SectionOf<'evaluation'> | undefined {
  const beside = source?.record.find(
    (section): section is SectionOf<'evaluation'> =>
      section.kind === 'evaluation' && section.body?.modelDigest === source.modelDigest,
  );
  return inputs.version === undefined ? (evaluation ?? beside) : (beside ?? evaluation);
}

async function openTarget(
  inputs: Inputs,
  context: ActionContext,
  endpoint: string,
  folder: string,
  findPrograms: FindPrograms,
): Promise<EndpointTarget> {
  const { logger, environment, signal, workingDirectory } = context;
  const port = inputs.mode === 'plan' ? 0 : inputs.port;
  if (inputs.command !== undefined) {
    return new CommandTarget({
      command: inputs.command,
      port,
      folder,
      workingDirectory,
      environment: strippedEnvironment(environment, inputs.keepAlive),
    });
  }
  return new LocalTarget({
    endpoint,
    folder,
    port,
    keepAlive: inputs.keepAlive,
    onnxruntimePath: await locateOnnxRuntime({ logger, environment, signal, path: inputs.onnxruntimePath }),
    programs: findPrograms(),
    environment,
    logger,
  });
}

interface Bringing {
  readonly id: string;
  readonly model: string;
  readonly inputs: Inputs;
  readonly golden: readonly GoldenRow[];
  readonly signal: AbortSignal;
}

async function bring(
  target: EndpointTarget,
  source: ModelSource,
  { id, model, inputs, golden, signal }: Bringing,
): Promise<Deployable> {
  const folder = target.folderOf(id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { version, modelDigest } = source;
  try {
    const files = await source.fetch(folder, signal);
    for (const { path, reference } of files) await refuseLfsPointer(path, reference.path);
    const served = servedPath(files, folder, inputs.target);
    // Before anything is started or stopped: a slip in the file of golden rows is none of the model's.
    const metadata = golden.length > 0 && extname(served.path) === '.onnx' && graphMetadata(served.path);
    if (metadata) checkGoldenRows(golden, metadata);
    return { id, model, version, modelDigest, ...served };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function moveProduction(
  registry: ModelRegistry | undefined,
  model: string,
  version: string,
  expected: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (version !== expected) await registry?.alias(model, 'production', version, expected ?? null, signal);
}

/** Whatever became of a plan, nothing of it stays. */
async function endPlan(folder: string, { logger }: ActionContext): Promise<void> {
  try {
    await stopSupervisor(folder, { logger, signal: AbortSignal.timeout(PLAN_END_MS) });
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    logger.warning(`What the plan served could not be ended: ${messageOf(error)}`);
  }
}
const PLAN_END_MS = 10_000;

export const action: Action<'deployment', Inputs> = {
  name: 'deploy-endpoint',
  kind: 'deployment',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run: (inputs, context) => deployEndpoint(inputs, context),
};
