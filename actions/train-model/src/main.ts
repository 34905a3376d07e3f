import type { Action, ActionContext, Outcome } from '../../../shared/action/action.ts';
import { UsageError } from '../../../shared/errors.ts';
import { type Inputs, INPUTS, OUTPUTS, readInputs } from './inputs.ts';

/** Trains a model with a command, here or on a worker, and records what it was made from and what came of it. */
export const action: Action<'training', Inputs> = {
  name: 'train-model',
  kind: 'training',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run,
  async unopened(reason, environment, logger) {
    const { endUnopened } = await import('./worker/end-unopened.ts');
    await endUnopened(reason, environment, logger);
  },
};

async function run(inputs: Inputs, context: ActionContext): Promise<Outcome<'training'>> {
  for (const secret of Object.values(inputs.secrets)) context.logger.mask(secret);
  refuseFork(inputs, context);
  if (inputs.closing) return await (await import('./worker/close.ts')).closeWorker({ inputs, context });
  // What is needed comes when it is needed: a step says its first word before all of this is loaded.
  const { prepare } = await import('./prepare.ts');
  const prepared = await prepare(inputs, context);
  // The dispatching step has looked already.
  if (inputs.reuse === 'auto' && inputs.dispatched === undefined) {
    const { findEqual } = await import('./reuse/find-equal.ts');
    const found = await findEqual({ inputs, context, fingerprint: prepared.fingerprint });
    prepared.notices.push(...found.notices);
    if (found.hit !== undefined) {
      const { outcomeOfHit } = await import('./outcome-of-hit.ts');
      const { rememberTraining } = await import('./reuse/remember.ts');
      const outcome = outcomeOfHit(inputs, prepared, found.hit);
      // What a pull request trained is kept for main's own cache, and for runs that look only there.
      await rememberTraining({ inputs, context, fingerprint: prepared.fingerprint, outcome });
      return outcome;
    }
  }
  if (inputs.dispatch === undefined) {
    const { trainHere } = await import('./train-here.ts');
    return await trainHere(inputs, context, prepared);
  }
  const { trainDispatched } = await import('./train-dispatched.ts');
  return await trainDispatched({ ...inputs, dispatch: inputs.dispatch }, context, prepared);
}

/** Code of a stranger on a machine of ours could stay there, and read what later jobs bring (design, "Trust"). */
function refuseFork({ dispatch }: Inputs, { origin }: ActionContext): void {
  if (!origin.fork) return;
  if (dispatch !== undefined) {
    throw new UsageError(
      'A pull request from a fork is not trained on a worker: its code would run with the rights of this repository.',
      {
        remedy:
          'Train it with "engine: local" on a GitHub-hosted runner, or push the branch to this repository after review.',
      },
    );
  }
  if (origin.runnerEnvironment === 'github-hosted') return;
  throw new UsageError('A pull request from a fork does not train on a self-hosted runner.', {
    remedy:
      'Run this job on a GitHub-hosted runner ("runs-on: ubuntu-latest"), or push the branch to this repository after review.',
  });
}
