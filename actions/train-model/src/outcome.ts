import type { Outcome } from '../../../shared/action/action.ts';
import type { CostItem, FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import { ADVICE, VERDICT_OF_FAILURE } from './decide/judge-training.ts';
import type { Inputs } from './inputs.ts';
import type { Prepared } from './prepare.ts';

/** The body of a training of which nothing but its origin is known yet. */
export function emptyBody(inputs: Inputs, prepared: Prepared): TrainingBody {
  return {
    engine: inputs.engine,
    submission: null,
    command: [...inputs.command],
    parameters: { ...inputs.parameters },
    seed: inputs.seed,
    declared: prepared.declared,
    environment: prepared.environment,
    hardware: prepared.hardware,
    codeFingerprint: prepared.codeFingerprint,
    dataFingerprint: prepared.dataFingerprint,
    fingerprint: prepared.fingerprint,
    reused: null,
    patch: null,
    attempts: [],
    stoppedEarly: null,
    series: [],
    metrics: {},
    files: [],
    modelDigest: null,
    gpuUse: [],
    energyKwh: null,
    dispatch: null,
    costs: { estimate: null, items: [] },
  };
}

/** What the step says of a training, from its body. */
export function outcomeOf(
  inputs: Inputs,
  prepared: Prepared,
  body: TrainingBody,
  said: Pick<Outcome<'training'>, 'verdict' | 'summary' | 'blame'>,
  notices: readonly string[],
): Outcome<'training'> {
  const cost = totalOf(body.costs.items);
  const exitCode = body.attempts.at(-1)?.exitCode ?? null;
  return {
    subject: inputs.subject,
    dataset: prepared.data?.subject ?? inputs.dataset ?? null,
    ...said,
    notices: [...prepared.notices, ...notices],
    body,
    ...(cost === undefined ? {} : { costUsd: cost }),
    outputs: {
      'model-digest': body.modelDigest ?? '',
      fingerprint: isKnown(body) ? (body.fingerprint?.sha256 ?? '') : '',
      reused: String(body.reused !== null),
      'run-url': body.dispatch?.url ?? '',
      'cost-usd': cost === undefined ? '' : String(Number(cost.usd.toFixed(4))),
      'exit-code': exitCode === null ? '' : String(exitCode),
      files: JSON.stringify(body.files),
    },
    annotations: [],
  };
}

function isKnown({ fingerprint }: TrainingBody): boolean {
  return fingerprint !== null && Object.values(fingerprint.components).every((digest) => digest !== null);
}

/** The sum of what has a price; undefined where nothing has. */
function totalOf(items: readonly CostItem[]): { usd: number; basis: string } | undefined {
  const priced = items.filter((item): item is CostItem & { usd: number } => item.usd !== null);
  if (priced.length === 0) return undefined;
  return {
    usd: priced.reduce((sum, { usd }) => sum + usd, 0),
    basis: priced.map(({ what, basis }) => `${what}: ${basis}`).join('; '),
  };
}

/** Verdict, summary and blame of a training that has ended. */
export function judged(
  failureClass: FailureClass | null,
  reason: string | null,
  success: string,
): Pick<Outcome<'training'>, 'verdict' | 'summary' | 'blame'> {
  if (failureClass === null) return { verdict: 'pass', summary: success, blame: null };
  const { owner, remedy } = ADVICE[failureClass];
  const message = reason ?? `The training ended as ${failureClass}.`;
  return { verdict: VERDICT_OF_FAILURE[failureClass], summary: message, blame: { owner, message, remedy } };
}
