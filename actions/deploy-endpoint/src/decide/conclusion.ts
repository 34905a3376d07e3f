import type { Owner } from '../../../../shared/errors.ts';
import type { Rollout, Step, StepDone } from './rollout.ts';

export interface Failure {
  readonly step: Step;
  readonly owner: Owner;
  readonly message: string;
  readonly remedy: string | null;
  /** The run was cancelled in that step. */
  readonly cancelled: boolean;
}

export interface RolloutFacts {
  readonly rollout: Rollout;
  readonly done: readonly StepDone[];
  /** The first failure; undefined where all went well. */
  readonly failure: Failure | undefined;
  readonly endpoint: string;
  readonly version: string;
  /** The version that served before. */
  readonly previousVersion: string | undefined;
}

export interface Conclusion {
  readonly verdict: 'pass' | 'fail' | 'error';
  readonly summary: string;
  readonly rolledBack: boolean;
}

/** The verdict of a rollout. One that was rolled back has failed, whatever was the reason. */
export function conclude(facts: RolloutFacts): Conclusion {
  const { rollout, failure, endpoint, version, previousVersion, done } = facts;
  if (failure === undefined || failure.step === 'confirm') {
    const what =
      rollout.mode === 'plan'
        ? `${version} was served on this machine and passed the smoke test (smoke serving: nothing was deployed)`
        : `"${endpoint}" serves ${version}${previousVersion === undefined ? '' : `, after ${previousVersion}`}`;
    return { verdict: 'pass', summary: `${what}.`, rolledBack: false };
  }
  const why = failure.cancelled ? 'Cancelled before it ended' : failure.message.replace(/\.$/, '');
  if (failure.step === 'probe')
    return { verdict: 'error', summary: `${why}. Nothing was touched.`, rolledBack: false };

  const ended = (step: Step, result: StepDone['result']): boolean =>
    done.some((entry) => entry.step === step && entry.result === result);
  const removed = ended('remove', 'ok');
  const rolledBack = ended('verify-restore', 'ok');
  const blameless =
    failure.cancelled || failure.owner === 'infrastructure' || failure.owner === 'configuration';
  const measuredBad = failure.cancelled ? false : rolledBack || !blameless;

  if (ended('restore', 'failed') || ended('verify-restore', 'failed')) {
    const back = `The rollback to ${previousVersion ?? 'the version before'} failed as well`;
    return { verdict: 'error', summary: `${why}. ${back}.`, rolledBack: false };
  }
  if (!removed) {
    return { verdict: 'error', summary: `${why}. ${version} could not be removed.`, rolledBack };
  }
  const state = rolledBack
    ? `Rolled back: "${endpoint}" serves ${previousVersion ?? 'the version before'}`
    : rollout.mode === 'plan'
      ? `Nothing was deployed`
      : `There is no version to return to; ${version} was removed`;
  return { verdict: measuredBad ? 'fail' : 'error', summary: `${why}. ${state}.`, rolledBack };
}
