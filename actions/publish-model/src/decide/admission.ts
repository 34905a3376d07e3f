import type { Owner } from '../../../../shared/errors.ts';
import { whyOwnPolicy } from '../../../../shared/record/own-policy.ts';
import type { SectionOf } from '../../../../shared/record/section.ts';

/** What the record says about one model. */
export interface ModelRecord {
  readonly training: SectionOf<'training'>;
  readonly evaluation: SectionOf<'evaluation'> | undefined;
  /** The sections of the model's dataset; of all datasets of the run where it is not known which is the model's. */
  readonly data: readonly SectionOf<'data'>[];
}

/** Whether a model may be published (design, "Verdicts"). */
export type Admission =
  | { readonly kind: 'admitted'; readonly notices: readonly string[] }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string; readonly owner: Owner };

interface Objection {
  readonly kind: 'skipped' | 'refused';
  readonly reason: string;
  readonly remedy: string;
  readonly owner: Owner;
}

function refused(owner: Owner, reason: string, remedy: string): Objection {
  return { kind: 'refused', owner, reason, remedy };
}

function objectionToTraining({ training }: ModelRecord): Objection | undefined {
  const { body, subject, verdict } = training;
  if (verdict === 'pending') {
    return { ...refused('configuration', `The training of ${subject} has not ended.`, ''), kind: 'skipped' };
  }
  if (!training.passed || body === null) {
    return refused(
      training.blame?.owner ?? 'code',
      `The training of ${subject} ended as ${verdict}.`,
      'Nothing can be published of it. Mend the training and run again.',
    );
  }
  if (body.modelDigest === null) {
    return refused(
      'configuration',
      `The training of ${subject} declared no file of role model.`,
      'Name the model file under the input "outputs" of train-model.',
    );
  }
  return undefined;
}

function objectionToEvaluation({ training, evaluation }: ModelRecord): Objection | undefined {
  const { subject } = training;
  if (evaluation === undefined) {
    return refused(
      'configuration',
      `No gate has judged ${subject} in this run.`,
      'Run evaluate-gate before publish-model, or set require-gate: false, which the report will say.',
    );
  }
  const { verdict } = evaluation;
  if (verdict === 'inconclusive' || verdict === 'pending') {
    const state = verdict === 'pending' ? 'has not ended' : 'was inconclusive';
    const reason = `The evaluation of ${subject} ${state}: ${evaluation.summary}`;
    return { ...refused('model', reason, ''), kind: 'skipped' };
  }
  if (!evaluation.passed) {
    return refused(
      evaluation.blame?.owner ?? 'model',
      `The evaluation of ${subject} ended as ${verdict}: ${evaluation.summary}`,
      'Only a model that the gate has passed is published.',
    );
  }
  const own = whyOwnPolicy(evaluation);
  if (own !== undefined) return { ...refused('configuration', own, ''), kind: 'skipped' };
  const judged = evaluation.body?.modelDigest ?? null;
  if (judged === null || judged !== training.body?.modelDigest) {
    return refused(
      'configuration',
      `The gate has passed ${judged === null ? 'no model digest' : `the model ${judged.slice(0, 12)}`}, and not this model, ` +
        `${training.body?.modelDigest?.slice(0, 12) ?? 'without a digest'}.`,
      'Run evaluate-gate on the training that is to be published.',
    );
  }
  return undefined;
}

function objectionToData({ data }: ModelRecord): Objection | undefined {
  const bad = data.find(({ verdict }) => verdict === 'fail' || verdict === 'error');
  if (bad === undefined) return undefined;
  return refused(
    bad.blame?.owner ?? 'data',
    `The data of ${bad.subject} ended as ${bad.verdict}: ${bad.summary}`,
    'Mend the data or its contract, and run again.',
  );
}

/**
 * Decides whether a model may be published. Without `requireGate` what evaluation and data say is told, and no
 * longer stands in the way; a training that made no model always does.
 */
export function decideAdmission(record: ModelRecord, requireGate: boolean): Admission {
  const training = objectionToTraining(record);
  if (training !== undefined) return training;
  const objections = [objectionToData(record), objectionToEvaluation(record)].filter(
    (one) => one !== undefined,
  );
  if (!requireGate) {
    const intro = 'require-gate: false: the gate was not required for this publication.';
    return { kind: 'admitted', notices: [intro, ...objections.map(({ reason }) => reason)] };
  }
  // What is refused weighs more than what is only not decided.
  return (
    objections.find(({ kind }) => kind === 'refused') ?? objections[0] ?? { kind: 'admitted', notices: [] }
  );
}
