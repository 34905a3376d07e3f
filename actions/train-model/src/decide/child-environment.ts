import { MARK, strippedEnvironment } from '../../../../shared/process/decide/stripped-environment.ts';
import { determinismVariables } from './determinism.ts';

export interface TrainingVariables {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number | null;
  /** Whether frameworks are switched to deterministic operations; without it they are not. */
  readonly deterministic?: boolean;
  /** Variables that the user gives to the command on purpose, though their names tell secrets. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** From 1; the how-manieth attempt of this training it is. Without it the first. */
  readonly attempt?: number;
  /** The folder of the checkpoint to go on from; without it the training begins anew. */
  readonly resumeFrom?: string | undefined;
  /** Marks every process of this training, so that none is missed when it must end. */
  readonly mark: string;
}

/**
 * The environment of user code: that of the step, without what speaks to the runner, without secrets by their name,
 * and without other variables that hold the value of such a secret; with what Trainyard tells a training.
 */
export function childEnvironment(
  environment: NodeJS.ProcessEnv,
  {
    parameters,
    seed,
    deterministic = false,
    secrets = {},
    attempt = 1,
    resumeFrom = '',
    mark,
  }: TrainingVariables,
): Record<string, string> {
  return {
    ...strippedEnvironment(environment),
    ...secrets,
    ...determinismVariables(seed, deterministic),
    TRAINYARD_PARAMETERS: JSON.stringify(parameters),
    TRAINYARD_ATTEMPT: String(attempt),
    // Always there, so that a script may read it without asking; empty is "begin anew".
    TRAINYARD_RESUME_FROM: resumeFrom,
    [MARK]: mark,
  };
}
