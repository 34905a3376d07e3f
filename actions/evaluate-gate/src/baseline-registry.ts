import { join, resolve } from 'node:path';
import { isInside, realPath } from '../../../shared/action/contained-path.ts';
import { EVENTS_WITH_BASE } from '../../../shared/action/policy.ts';
import { UsageError } from '../../../shared/errors.ts';
import type { ModelRegistry, Version } from '../../../shared/registries/registry.ts';
import type { BaselineOptions, CollectedBaseline, FoundBaseline } from './baseline.ts';
import { choosePredictions } from './candidate.ts';
import type { BaselineSource } from './gate-file/gate-file.ts';
import { type PredictionFile, predictionFile } from './metrics/prediction-file.ts';
import { recordedMetrics } from './recorded-metrics.ts';

type RegistrySource = Extract<BaselineSource, { kind: 'alias' | 'version' }>;
type Unavailable = Extract<CollectedBaseline, { kind: 'unavailable' }>;

/** A baseline that cannot be had, so that every rule that compares is an error. */
export function unavailable(
  { text }: Pick<BaselineSource, 'text'>,
  blame: Unavailable['blame'],
): Unavailable {
  return { kind: 'unavailable', what: text, from: text, blame };
}

/** No registry was named, and what is compared with lies in one. */
export function noRegistry({ source, gate }: Pick<BaselineOptions, 'source' | 'gate'>): UsageError {
  return new UsageError(`The gate compares with "${source.text}", and the input "registry" was not given.`, {
    remedy:
      'Add the registry that publish-model publishes to: "registry: directory:<path>" or "registry: github-release"; or compare with a file, by "baseline: file:<path>".',
    where: gate,
  });
}

/** The registry that the input names; undefined without one. */
export async function openNamedRegistry({
  inputs,
  context,
}: BaselineOptions): Promise<ModelRegistry | undefined> {
  if (inputs.registry === undefined) return undefined;
  const { openRegistry } = await import('../../../shared/registries/choose.ts');
  return await openRegistry('registry', inputs.registry, { ...context, token: inputs.token });
}

/** `2 versions of digits`. */
export function countOf(versions: readonly Version[], model: string): string {
  return `${versions.length} ${versions.length === 1 ? 'version' : 'versions'} of ${model}`;
}

/** Exactly the version or alias that the gate file names. */
export async function registryBaseline(
  options: BaselineOptions,
  source: RegistrySource,
): Promise<CollectedBaseline> {
  const { model, gate, context } = options;
  const registry = await openNamedRegistry(options);
  if (registry === undefined) throw noRegistry(options);
  const versions = await registry.list(model, context.signal);
  const inReach = registryInReach(options);
  if (versions.length === 0 && source.kind === 'alias') return { kind: 'first-run', inReach };

  const version =
    source.kind === 'alias'
      ? await registry.resolve(model, source.alias, context.signal)
      : versions.find((each) => each.version === source.version);
  if (version !== undefined) return foundVersion(options, registry, version, source);

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
  return unavailable(source, {
    owner: 'configuration',
    message: `The registry ${registry.name} has ${countOf(versions, model)}, and no alias "${source.alias}".`,
    remedy:
      source.alias === 'production'
        ? 'The alias moves when deploy-endpoint succeeds. Deploy a version, or compare with the newest by "from: candidate".'
        : 'The alias moves when publish-model publishes. Publish again, or name a version by "from: version:<v>".',
  });
}

/**
 * On a pull request what lies in its workspace is its own: a registry there can be emptied, and its aliases moved. So is a
 * link there, wherever it leads to: the pull request says where.
 */
export function registryInReach({ inputs, context }: BaselineOptions): boolean {
  const { origin, host, workspace, workingDirectory } = context;
  const [, path] = /^directory:\s*(.*?)\s*$/s.exec(inputs.registry ?? '') ?? [];
  if (path === undefined || host.kind === 'terminal' || !EVENTS_WITH_BASE.includes(origin.event))
    return false;
  const place = resolve(workingDirectory, path);
  return isInside(workspace, place) || isInside(workspace, realPath(place));
}

/** What a version of the registry brings with it. */
export async function foundVersion(
  options: BaselineOptions,
  registry: ModelRegistry,
  version: Version,
  source: RegistrySource,
): Promise<FoundBaseline> {
  const { evaluation, model, context } = options;
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
    from: source.text,
    version: version.version,
    modelDigest: version.modelDigest,
    predictions,
    model: async () =>
      await registry.fetch(version, ['model'], join(temporaryDirectory, 'baseline-model'), signal),
    notices: [],
    inReach: registryInReach(options),
    ...record,
  };
}
