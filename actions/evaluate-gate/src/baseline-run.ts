import { join } from 'node:path';
import { UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import type { BaselineOptions, CollectedBaseline, FoundBaseline } from './baseline.ts';
import { unavailable } from './baseline-registry.ts';
import { choosePredictions } from './candidate.ts';
import type { BaselineSource } from './gate-file/gate-file.ts';
import { predictionFile } from './metrics/prediction-file.ts';
import { newestGatedRun } from './newest-run.ts';
import { recordedMetrics } from './recorded-metrics.ts';

type RunSource = Extract<BaselineSource, { kind: 'branch' | 'run' }>;

/** Only the newest runs are looked through, and artifacts expire. */
export function noRunOf(branch: string, model: string): string {
  return `No run of the branch "${branch}" whose artifacts are still there has gated ${model}.`;
}

/** The record of the newest run of a branch that gated the model; undefined where there is none. */
export async function branchBaseline(
  options: BaselineOptions,
  { branch, text }: Pick<Extract<BaselineSource, { kind: 'branch' }>, 'branch' | 'text'>,
): Promise<FoundBaseline | undefined> {
  const { model, context, inputs, gate } = options;
  const newest = await newestGatedRun({ branch, model, context, token: inputs.token, gate });
  return newest === undefined ? undefined : await recordOf(options, newest.runId, `branch ${branch}`, text);
}

/** A baseline from the record of another run of this repository: one that is named, or the newest of a branch. */
export async function runBaseline(options: BaselineOptions, source: RunSource): Promise<CollectedBaseline> {
  const { model } = options;
  if (source.kind === 'run') return await recordOf(options, source.runId, source.text, source.text);
  const found = await branchBaseline(options, source);
  if (found !== undefined) return found;
  return unavailable(source, {
    owner: 'configuration',
    message: noRunOf(source.branch, model),
    remedy: 'Run the gate on that branch, or compare with a registry by "from: production".',
  });
}

async function recordOf(
  { model, context, evaluation, gate }: BaselineOptions,
  runId: string,
  what: string,
  source: string,
): Promise<FoundBaseline> {
  const { store, signal, temporaryDirectory } = context;
  const from = { subject: model, recordFrom: `run:${runId}` };
  const training = await store.find('training', from, signal);
  const judged = await store.find('evaluation', from, signal);
  const files = training?.body?.files ?? [];
  const modelDigest = training?.body?.modelDigest ?? judged?.body?.modelDigest ?? null;
  const sections = [training, judged].filter((section) => section !== undefined);
  if (sections.length === 0) {
    throw new UsageError(`Run ${runId}, the baseline, has no record of ${model}.`, {
      remedy: 'Name a run in which train-model or evaluate-gate ran for this model.',
      where: gate,
    });
  }
  const fetch = async (references: readonly FileReference[], folder: string): Promise<Fetched[]> => {
    const paths = await store.fetchFiles(references, join(temporaryDirectory, folder), signal);
    return references.flatMap((reference, index) => {
      const path = paths[index];
      return path === undefined ? [] : [{ path, reference }];
    });
  };
  const chosen = evaluation === undefined ? undefined : choosePredictions(files, evaluation.predictions);
  const [predictions] = chosen === undefined ? [] : await fetch([chosen], 'baseline');
  const models = files.filter(({ role }) => role === 'model');
  return {
    kind: 'found',
    what: `${what} (run ${runId})`,
    from: source,
    version: null,
    modelDigest,
    predictions:
      predictions === undefined
        ? undefined
        : predictionFile(predictions.path, `${predictions.reference.path} of run ${runId}`),
    model: models.length === 0 ? undefined : () => fetch(models, 'baseline-model'),
    notices: [],
    ...recordedMetrics(sections, model, { version: `run ${runId}`, modelDigest }),
  };
}

interface Fetched {
  readonly path: string;
  readonly reference: FileReference;
}
