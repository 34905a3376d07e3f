import type { StatusState } from '../../github/code-host.ts';
import type { Kind } from '../../names.ts';
import type { Verdict } from '../../verdict.ts';

/** What a verdict means for the step, the command and the commit (design, table "Verdicts"). */
export interface StepResult {
  readonly stepFails: boolean;
  readonly warns: boolean;
  readonly exitCode: 0 | 1 | 2 | 3 | 4;
  readonly statusState: StatusState;
}

const RESULTS: Readonly<Record<Verdict, StepResult>> = {
  pass: { stepFails: false, warns: false, exitCode: 0, statusState: 'success' },
  fail: { stepFails: true, warns: false, exitCode: 1, statusState: 'failure' },
  inconclusive: { stepFails: false, warns: true, exitCode: 3, statusState: 'success' },
  error: { stepFails: true, warns: false, exitCode: 4, statusState: 'error' },
  skipped: { stepFails: false, warns: false, exitCode: 0, statusState: 'success' },
  pending: { stepFails: false, warns: false, exitCode: 0, statusState: 'pending' },
};

/** Maps a verdict to the step's result. `usage` tells a wrong configuration from a failed measurement. */
export function stepResultOf(
  verdict: Verdict,
  options: { readonly onInconclusive: 'warn' | 'fail'; readonly usage: boolean },
): StepResult {
  const result = RESULTS[verdict];
  if (verdict === 'error' && options.usage) return { ...result, exitCode: 2 };
  if (verdict === 'inconclusive' && options.onInconclusive === 'fail') {
    return { ...result, stepFails: true, warns: false, statusState: 'failure' };
  }
  return result;
}

/** The context of the commit status: the gate speaks for the model, the others for their kind. */
export function statusContextOf(kind: Kind, subject: string): string {
  return kind === 'evaluation' ? `trainyard/${subject}` : `trainyard/${subject}/${kind}`;
}
