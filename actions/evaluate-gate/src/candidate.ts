import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { ActionContext } from '../../../shared/action/action.ts';
import { containedPath } from '../../../shared/action/contained-path.ts';
import { SubjectError, UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { hashFile, modelDigest } from '../../../shared/record/digest.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { TrainingBody } from '../../../shared/record/training-section.ts';
import type { EvaluationColumns } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import { type PredictionFile, predictionFile } from './metrics/prediction-file.ts';
import { readReported } from './reported/read-reported.ts';
import { isRemote } from './reported/remote.ts';

type CandidateInputs = Pick<Inputs, 'metrics' | 'predictions'>;
type CandidateContext = Pick<
  ActionContext,
  'store' | 'temporaryDirectory' | 'workspace' | 'workingDirectory' | 'environment' | 'signal'
>;

export interface Candidate {
  readonly reported: ReadonlyMap<string, number | null>;
  /** Who reported them, as the subject of a sentence. */
  readonly reporter: string;
  readonly predictions: PredictionFile | undefined;
  readonly predictionsDigest: string | null;
  readonly modelDigest: string | null;
  readonly notices: readonly string[];
}

/** Why a training leaves nothing to judge; undefined where it ended well. */
export function whyUnusable(training: SectionOf<'training'>): string | undefined {
  const { verdict, passed, body, summary } = training;
  if (passed && body !== null) return undefined;
  return `The training ended with "${verdict}", so there is no model to judge: ${summary}`;
}

/**
 * Collects the candidate's metrics and predictions from the inputs and the training section. Where the gate examines the
 * model itself, what others predicted is left aside.
 */
export async function collectCandidate(
  inputs: CandidateInputs,
  training: TrainingBody | undefined,
  evaluation: EvaluationColumns | undefined,
  context: CandidateContext,
  examined = false,
): Promise<Candidate> {
  if (training === undefined && inputs.metrics === undefined && inputs.predictions === undefined) {
    throw new UsageError(
      'There is no training section in the record, and neither "metrics" nor "predictions" was given.',
      {
        remedy:
          'Run train-model in an earlier step or a job that this one needs, or give the files by the inputs.',
      },
    );
  }
  const reported = await reportedMetrics(inputs, training, context);
  const notices: string[] = [];
  if (training === undefined)
    notices.push(
      'Without a training section this evaluation is bound to no model, and cannot be published on.',
    );
  const predictions =
    evaluation === undefined || examined
      ? undefined
      : await findPredictions(inputs, training, evaluation, context);
  if (examined && inputs.predictions !== undefined) {
    notices.push('The input "predictions" was left aside: the gate computed the predictions itself.');
  }
  if (evaluation === undefined && (inputs.predictions !== undefined || hasPredictions(training))) {
    notices.push(
      'The predictions were not read: the gate file has no "evaluation", which names their columns.',
    );
  }
  // That the training wrote them itself the report says of every such section; files of the workflow it cannot know.
  if (predictions !== undefined && inputs.predictions !== undefined) {
    notices.push('The predictions were given by the workflow, not computed by the gate (self-reported).');
  }
  return {
    ...reported,
    predictions: predictions?.file,
    predictionsDigest: predictions?.sha256 ?? null,
    modelDigest: training === undefined ? null : verifiedModelDigest(training),
    notices,
  };
}

async function reportedMetrics(
  { metrics }: CandidateInputs,
  training: TrainingBody | undefined,
  { workingDirectory, environment, signal }: CandidateContext,
): Promise<Pick<Candidate, 'reported' | 'reporter'>> {
  if (metrics === undefined) {
    return { reported: new Map(Object.entries(training?.metrics ?? {})), reporter: 'The training' };
  }
  const label = isRemote(metrics) ? metrics : shown(workingDirectory, metrics);
  return {
    reported: await readReported(metrics, label, signal, environment),
    reporter: isRemote(metrics) ? `MLflow's run ${label.slice('mlflow:'.length)}` : `The file ${label}`,
  };
}

const hasPredictions = (training: TrainingBody | undefined): boolean =>
  training?.files.some(({ role }) => role === 'predictions') ?? false;

async function findPredictions(
  inputs: CandidateInputs,
  training: TrainingBody | undefined,
  evaluation: EvaluationColumns,
  { store, temporaryDirectory, workspace, workingDirectory, signal }: CandidateContext,
): Promise<{ file: PredictionFile; sha256: string }> {
  const local = async (path: string, label: string): Promise<{ file: PredictionFile; sha256: string }> => ({
    file: predictionFile(path, label),
    sha256: (await hashFile(path, signal)).sha256,
  });
  if (inputs.predictions !== undefined)
    return local(inputs.predictions, shown(workingDirectory, inputs.predictions));

  const reference = choosePredictions(training?.files ?? [], evaluation.predictions);
  if (reference !== undefined) {
    const [path] = await store.fetchFiles([reference], join(temporaryDirectory, 'candidate'), signal);
    if (path === undefined)
      throw new SubjectError('data', `The predictions ${reference.path} did not arrive.`);
    return { file: predictionFile(path, reference.path), sha256: reference.sha256 };
  }
  const named = evaluation.predictions;
  if (named !== undefined) {
    const path = containedPath(
      workspace,
      workingDirectory,
      named,
      '"evaluation.predictions" of the gate file',
    );
    if (existsSync(path)) return local(path, named);
  }
  throw new UsageError('The gate file has "evaluation", and there are no predictions to evaluate.', {
    remedy: 'Declare a file of role predictions in train-model, or give the input "predictions".',
  });
}

/** The file of predictions among a model's files: the only one, or the one that the gate file names. */
export function choosePredictions(
  files: readonly FileReference[],
  named: string | undefined,
): FileReference | undefined {
  const all = files.filter(({ role }) => role === 'predictions');
  if (named !== undefined) {
    const exact = all.find(({ path }) => path === named);
    if (exact !== undefined) return exact;
    const ending = all.filter(({ path }) => path.endsWith(`/${named}`));
    if (ending.length === 1) return ending[0];
  }
  if (all.length === 0 || (all.length === 1 && named === undefined)) return all[0];
  const list = all.map(({ path }) => path).join(', ');
  throw new UsageError(
    named === undefined
      ? `There are ${all.length} files of predictions: ${list}.`
      : `The gate file names the predictions "${named}"; there are only: ${list}.`,
    { remedy: 'Name one of them by "evaluation.predictions" in the gate file.' },
  );
}

/** The training's model digest, which its own list of files has to give. */
function verifiedModelDigest({ files, modelDigest: stated }: TrainingBody): string | null {
  if (modelDigest(files) === stated) return stated;
  throw new SubjectError('model', 'The model digest of the training section is not that of its files.', {
    remedy: 'Run train-model again; a record that contradicts itself binds nothing.',
  });
}

/** A path as the user knows it: relative to the working directory, with `/`. */
export function shown(workingDirectory: string, path: string): string {
  return relative(workingDirectory, path).split(sep).join('/');
}
