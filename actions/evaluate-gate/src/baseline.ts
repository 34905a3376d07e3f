import { join, resolve } from 'node:path';
import type { ActionContext } from '../../../shared/action/action.ts';
import { isInside, realPath } from '../../../shared/action/contained-path.ts';
import { EVENTS_WITH_BASE } from '../../../shared/action/policy.ts';
import { InfrastructureError, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { Blame, FileReference } from '../../../shared/record/common.ts';
import type { ModelRegistry, Version } from '../../../shared/registries/registry.ts';
import { fileBaseline } from './baseline-file.ts';
import { runBaseline } from './baseline-run.ts';
import { choosePredictions } from './candidate.ts';
import type { BaselineSource, EvaluationColumns } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import { type PredictionFile, predictionFile } from './metrics/prediction-file.ts';
import { recordedMetrics } from './recorded-metrics.ts';

/** What a baseline brought with it. */
export interface FoundBaseline {
  readonly kind: 'found';
  /** As a sentence names it: `production v1`. */
  readonly what: string;
  readonly version: string | null;
  readonly modelDigest: string | null;
  readonly reported: ReadonlyMap<string, number | null>;
  readonly predictions: PredictionFile | undefined;
  /** Brings the model's files, to be examined like the candidate; undefined where there are none. */
  readonly model:
    (() => Promise<readonly { readonly path: string; readonly reference: FileReference }[]>) | undefined;
  /** Of the rows that the reported metrics were measured on. */
  readonly evaluationSetDigest: string | null;
  /** Of the file of rows on which the gate examined it. */
  readonly rowsSha256: string | null;
  readonly notices: readonly string[];
  /** The change under test could have written it: a pull request, and files of its own workspace. */
  readonly inReach?: boolean;
}

type RegistrySource = Extract<BaselineSource, { kind: 'alias' | 'version' }>;

export type CollectedBaseline =
  | FoundBaseline
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'first-run'; readonly inReach?: boolean }
  | { readonly kind: 'unavailable'; readonly what: string; readonly blame: Omit<Blame, 'contact'> };

export interface BaselineOptions {
  readonly inputs: Pick<
    Inputs,
    'registry' | 'token' | 'policyFrom' | 'baselineMetrics' | 'baselinePredictions'
  >;
  readonly source: BaselineSource;
  readonly evaluation: EvaluationColumns | undefined;
  readonly model: string;
  readonly gate: { readonly file: string; readonly line: number };
  readonly context: ActionContext;
}

/**
 * Collects the baseline. Only a registry that answered "empty" makes a first run; one that did not answer, or that lacks
 * what is asked for, leaves the baseline unavailable with the reason.
 */
export async function collectBaseline(options: BaselineOptions): Promise<CollectedBaseline> {
  const { source, inputs } = options;
  if (source.kind !== 'file' && (inputs.baselineMetrics ?? inputs.baselinePredictions) !== undefined) {
    throw new UsageError(
      'The inputs "baseline-metrics" and "baseline-predictions" count only for a file as baseline.',
      {
        remedy: `The gate file compares with "${source.text}". Remove the inputs, or write "from: file:<path>" there.`,
        where: options.gate,
      },
    );
  }
  try {
    if (source.kind === 'file') return await fileBaseline(options, source);
    if (source.kind === 'alias' || source.kind === 'version') return await registryBaseline(options, source);
    return await runBaseline(options, source);
  } catch (error) {
    if (!(error instanceof InfrastructureError) && !(error instanceof SubjectError)) throw error;
    return unavailable(
      source.text,
      `The baseline "${source.text}" could not be had: ${error.message}`,
      error.remedy,
      error.owner,
    );
  }
}

function unavailable(
  what: string,
  message: string,
  remedy: string | undefined,
  owner: Blame['owner'],
): Extract<CollectedBaseline, { kind: 'unavailable' }> {
  return { kind: 'unavailable', what, blame: { owner, message, remedy: remedy ?? null } };
}

async function registryBaseline(
  options: BaselineOptions,
  source: RegistrySource,
): Promise<CollectedBaseline> {
  const { inputs, model, gate, context } = options;
  if (inputs.registry === undefined) {
    throw new UsageError(`The gate compares with "${source.text}", and the input "registry" was not given.`, {
      remedy:
        'Add the registry that publish-model publishes to: "registry: directory:<path>" or "registry: github-release".',
      where: gate,
    });
  }
  const { openRegistry } = await import('../../../shared/registries/choose.ts');
  const registry = await openRegistry('registry', inputs.registry, { ...context, token: inputs.token });
  const versions = await registry.list(model, context.signal);
  const inReach = registryInReach(inputs.registry, context);
  if (versions.length === 0 && source.kind === 'alias') return { kind: 'first-run', inReach };

  const version =
    source.kind === 'alias'
      ? await registry.resolve(model, source.alias, context.signal)
      : versions.find((each) => each.version === source.version);
  if (version !== undefined) return { ...(await found(options, registry, version, source)), inReach };

  if (source.kind === 'version') {
    const known = versions.map((each) => each.version).join(', ');
    throw new UsageError(
      `${gate.file}:${gate.line}: the registry ${registry.name} has no version ${source.version} of ${model}.`,
      {
        remedy: known === '' ? 'It is empty.' : `It has: ${known}.`,
        where: gate,
      },
    );
  }
  return unavailable(
    source.text,
    `The registry ${registry.name} has ${versions.length} ${versions.length === 1 ? 'version' : 'versions'} of ${model}, and no alias "${source.alias}".`,
    source.alias === 'production'
      ? 'The alias moves when deploy-endpoint succeeds. Deploy a version, or compare with the newest by "from: candidate".'
      : 'The alias moves when publish-model publishes. Publish again, or name a version by "from: version:<v>".',
    'configuration',
  );
}

/** On a pull request what lies in its workspace is its own: a registry there can be emptied, and its aliases moved. */
function registryInReach(
  registry: string,
  { origin, host, workspace, workingDirectory }: BaselineOptions['context'],
): boolean {
  const [, path] = /^directory:\s*(.*?)\s*$/s.exec(registry) ?? [];
  if (path === undefined || host.kind === 'terminal' || !EVENTS_WITH_BASE.includes(origin.event))
    return false;
  return isInside(workspace, realPath(resolve(workingDirectory, path)));
}

async function found(
  { evaluation, model, context }: BaselineOptions,
  registry: ModelRegistry,
  version: Version,
  source: RegistrySource,
): Promise<FoundBaseline> {
  const { signal, temporaryDirectory } = context;
  const record = recordedMetrics(await registry.record(version, signal), model, version);
  const what = source.kind === 'alias' ? `${source.alias} ${version.version}` : version.version;
  let predictions: PredictionFile | undefined;
  if (evaluation !== undefined) {
    const files = await registry.fetch(
      version,
      ['predictions'],
      join(temporaryDirectory, 'baseline'),
      signal,
    );
    // The path may have changed since that version was made; a name is only needed to tell several apart.
    const references = files.map(({ reference }) => reference);
    const chosen = files.length === 1 ? references[0] : choosePredictions(references, evaluation.predictions);
    const file = files.find((each) => each.reference === chosen);
    if (file !== undefined) predictions = predictionFile(file.path, `${file.reference.path} of ${what}`);
  }
  return {
    kind: 'found',
    what,
    version: version.version,
    modelDigest: version.modelDigest,
    predictions,
    model: async () =>
      await registry.fetch(version, ['model'], join(temporaryDirectory, 'baseline-model'), signal),
    notices: [],
    ...record,
  };
}
