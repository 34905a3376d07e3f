import type { ActionContext } from '../../../shared/action/action.ts';
import { isExpected } from '../../../shared/errors.ts';
import type { Policy } from '../../../shared/record/common.ts';
import type { ExaminationRecord } from '../../../shared/record/evaluation-section.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { CollectedBaseline } from './baseline.ts';
import type { Candidate } from './candidate.ts';
import { whyNotExamined } from './examine/decide/why-not-examined.ts';
import type { LocalModelFile, Unusable } from './examine/options.ts';
import { rowsAtBase } from './examine/rows-at-base.ts';
import type { GateFile } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import type { PredictionFile } from './metrics/prediction-file.ts';

/** The predictions that are judged by, whoever computed them. */
export interface Predictions {
  readonly candidate: PredictionFile | undefined;
  readonly baseline: PredictionFile | Unusable | undefined;
  readonly candidateSha256: string | null;
  readonly record: ExaminationRecord;
}

interface PredictOptions {
  readonly inputs: Inputs;
  readonly gate: GateFile;
  readonly policy: Policy;
  readonly training: SectionOf<'training'> | undefined;
  readonly candidate: Candidate;
  readonly baseline: CollectedBaseline;
  readonly context: ActionContext;
}

/** Why the gate takes predictions that others computed; undefined where it computes them itself. */
export function whyTakenOver(
  gate: GateFile,
  inputs: Pick<Inputs, 'scoreCommand'>,
  training: SectionOf<'training'> | undefined,
): string | undefined {
  return whyNotExamined(gate, inputs, training?.body?.files ?? []);
}

/** Computes the predictions of candidate and baseline on the evaluation rows. */
export async function predict(options: PredictOptions): Promise<Predictions> {
  const { inputs, gate, policy, training, baseline, context } = options;
  const { examine } = await import('./examine/examine.ts');
  const baselineModel = await modelOf(baseline, context.signal);
  const examined = await examine({
    gate,
    gatePath: policy.path,
    inputs,
    candidateModel: (training?.body?.files ?? []).filter(({ role }) => role === 'model'),
    baselineModel: baselineModel === undefined || 'unusable' in baselineModel ? undefined : baselineModel,
    baselineEvaluation: baseline.kind === 'found' ? { rowsSha256: baseline.rowsSha256 } : undefined,
    training:
      training === undefined
        ? undefined
        : { id: training.run.id, job: training.run.job, here: training.body?.engine === 'local' },
    baseRows: (path) => rowsAtBase(path, context),
    context,
    signal: context.signal,
  });
  return {
    candidate: examined.candidate,
    baseline: baselineModel !== undefined && 'unusable' in baselineModel ? baselineModel : examined.baseline,
    candidateSha256: examined.predictionsSha256,
    record: examined.record,
  };
}

async function modelOf(
  baseline: CollectedBaseline,
  signal: AbortSignal,
): Promise<{ files: readonly LocalModelFile[]; what: string } | Unusable | undefined> {
  if (baseline.kind !== 'found') return undefined;
  const none = (why: string): Unusable => ({
    unusable: `The baseline, ${baseline.what}, cannot be examined on the candidate's rows: ${why}.`,
    remedy:
      'Compare with a version that was published with its model, by "from: production" or "version:<v>".',
  });
  if (baseline.model === undefined) return none('its model is not there');
  try {
    const files = await baseline.model();
    return files.length === 0 ? none('no file of its model is there') : { files, what: baseline.what };
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    return { unusable: error.message, remedy: error.remedy ?? '' };
  }
}

/** Takes the predictions that the training or the workflow wrote. */
export function takeOver({ inputs, candidate, baseline }: PredictOptions, reason: string): Predictions {
  const found = baseline.kind === 'found' ? baseline : undefined;
  const fromFile = found?.what.startsWith('file ') === true;
  return {
    candidate: candidate.predictions,
    baseline: found?.predictions,
    candidateSha256: candidate.predictionsDigest,
    record: {
      by:
        candidate.predictions === undefined
          ? 'none'
          : inputs.predictions === undefined
            ? 'training'
            : 'workflow',
      how: null,
      baselineBy: found?.predictions === undefined ? 'none' : fromFile ? 'file' : 'registry',
      rows: null,
      path: null,
      sha256: null,
      changed: false,
      labelsInReach: candidate.predictions !== undefined,
      latencyMs: null,
      reason,
    },
  };
}
