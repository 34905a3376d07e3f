import type { ActionContext } from '../../../../shared/action/action.ts';
import type { TrainingBody } from '../../../../shared/record/training-section.ts';
import type { Machine } from './github-prices.ts';

/** What the hosted runner of this step tells of itself, where its labels are not known. */
export function machineHere(
  { environment }: Pick<ActionContext, 'environment'>,
  { cpus, gpus }: TrainingBody['hardware'],
): Machine {
  return { os: environment['RUNNER_OS'], architecture: environment['RUNNER_ARCH'], cpus, gpus: gpus.length };
}
