import { extname } from 'node:path';
import type { ActionContext } from '../../../shared/action/action.ts';
import { SubjectError, UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import type { Section } from '../../../shared/record/section.ts';
import type { ModelRegistry } from '../../../shared/registries/registry.ts';
import type { RunSections } from './sections.ts';

/** A model that could be served, and how its files are brought. */
export interface ModelSource {
  /** `v3`; in mode plan `candidate`, as it has none yet. */
  readonly version: string;
  readonly modelDigest: string;
  /** The record that lies beside the model; empty for one that is in no registry. */
  readonly record: readonly Section[];
  /** Brings the files of role model into a folder, verified. */
  fetch(folder: string, signal: AbortSignal): Promise<{ reference: FileReference; path: string }[]>;
}

/** The model that this run trained: what a plan serves. */
export function trainedModel({ training, subject }: RunSections, store: ActionContext['store']): ModelSource {
  const body = training?.body ?? undefined;
  const files = body?.files.filter(({ role }) => role === 'model') ?? [];
  if (body === undefined || body.modelDigest === null || files.length === 0) {
    throw new UsageError(`This run has trained no model "${subject}" that could be served.`, {
      remedy: 'Run train-model before deploy-endpoint, with an output of the role model.',
    });
  }
  return {
    version: 'candidate',
    modelDigest: body.modelDigest,
    record: [],
    fetch: async (folder, signal) => {
      const paths = await store.fetchFiles(files, folder, signal);
      return paths.flatMap((path, index) => {
        const reference = files[index];
        return reference === undefined ? [] : [{ reference, path }];
      });
    },
  };
}

/** A published model: the version that the user named, that this run published, or that alias `candidate` names. */
export async function publishedModel(
  registry: ModelRegistry,
  wanted: string | undefined,
  { publication, subject }: RunSections,
  signal: AbortSignal,
): Promise<ModelSource> {
  const ofRun =
    publication?.body?.targets.find((target) => target.registry === registry.name) ??
    publication?.body?.targets[0];
  const name = wanted ?? ofRun?.version ?? undefined;
  const version =
    name === undefined
      ? await registry.resolve(subject, 'candidate', signal)
      : (await registry.list(subject, signal)).find((candidate) => candidate.version === name);
  if (version === undefined) throw notInRegistry(registry, subject, name);
  const published = wanted === undefined ? publication?.body?.modelDigest : undefined;
  if (published !== undefined && published !== version.modelDigest) {
    throw new SubjectError(
      'model',
      `${version.version} in ${registry.name} is not what this run published: the digests differ.`,
      {
        remedy: 'Name the registry that publish-model published to.',
      },
    );
  }
  return {
    version: version.version,
    modelDigest: version.modelDigest,
    record: await registry.record(version, signal),
    fetch: async (folder, fetchSignal) => {
      const files = await registry.fetch(version, ['model'], folder, fetchSignal);
      checkDigest(files, version.modelDigest, `${version.version} in ${registry.name}`);
      return files;
    },
  };
}

/** The gate passed a digest: files that somebody else put under it were judged by nobody. */
function checkDigest(
  files: readonly { readonly reference: FileReference }[],
  stated: string,
  where: string,
): void {
  const found = modelDigest(files.map(({ reference }) => reference));
  if (found === stated) return;
  throw new SubjectError(
    'model',
    `The model digest of ${where} is stated as ${stated.slice(0, 12)}, and its files give ${found?.slice(0, 12) ?? 'none'}.`,
    {
      remedy:
        'Nothing was deployed. The version was changed in the registry: train, gate and publish the model again.',
    },
  );
}

function notInRegistry(registry: ModelRegistry, subject: string, version: string | undefined): UsageError {
  return version === undefined
    ? new UsageError(`The registry ${registry.name} has no alias candidate of the model "${subject}".`, {
        remedy: 'Publish the model with publish-model first, or name its "version".',
      })
    : new UsageError(`The registry ${registry.name} has no version ${version} of the model "${subject}".`, {
        remedy: 'Name a version that publish-model published to this registry.',
      });
}

/** What of a model's files is served: the only .onnx file, else (by command) the only file, else their folder. */
export function servedPath(
  files: readonly { readonly reference: FileReference; readonly path: string }[],
  folder: string,
  target: 'local' | 'command',
): { path: string; label: string } {
  const onnx = files.filter(({ path }) => extname(path) === '.onnx');
  const [only] = onnx.length === 1 ? onnx : target === 'command' && files.length === 1 ? files : [];
  if (only !== undefined) return { path: only.path, label: only.reference.path };
  if (target === 'command') return { path: folder, label: 'the folder of the model' };
  const found = files.map(({ reference }) => reference.path).join(', ');
  throw new SubjectError(
    'model',
    `The target local serves one .onnx file; the model's files are: ${found || 'none'}.`,
    {
      remedy: 'Export the model to ONNX, or serve it with the target command.',
    },
  );
}
