import { determinismVariables } from './determinism.ts';

/** Variables that let a process speak to the runner or to GitHub: user code gets none of them. */
const RUNNER_PREFIXES = ['ACTIONS_', 'INPUT_', 'STATE_'];
/** Files by which a step changes what later steps see. */
const COMMAND_FILES = ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'];
/** Names that by custom hold a secret, or lead to one. */
const SECRET_NAME =
  /(^|_)(TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_KEY|ACCESS_KEY|ACCESS_KEY_ID|PRIVATE_KEY|PAT)(_|$)/;
const OTHER_NAMES = ['SSH_AUTH_SOCK'];
/** A shorter value may be equal by chance. */
const MIN_SECRET_CHARACTERS = 16;

/** True for a variable that user code must not see. */
export function isWithheld(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    RUNNER_PREFIXES.some((prefix) => upper.startsWith(prefix)) ||
    COMMAND_FILES.includes(upper) ||
    OTHER_NAMES.includes(upper) ||
    SECRET_NAME.test(upper)
  );
}

/** True for a variable that by its name holds a secret. */
export function holdsSecret(name: string): boolean {
  return SECRET_NAME.test(name.toUpperCase());
}

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

/** The variable that marks the processes of one training. */
export const MARK = 'TRAINYARD_SUBMISSION';

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
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const withheld = entries
    .filter(([name, value]) => holdsSecret(name) && value.length >= MIN_SECRET_CHARACTERS)
    .map(([, value]) => value);
  const kept = entries.filter(
    ([name, value]) => !isWithheld(name) && !withheld.some((secret) => value.includes(secret)),
  );
  return {
    // A pipe makes Python hold its output back; a person who follows a training wants it now.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(kept),
    ...secrets,
    ...determinismVariables(seed, deterministic),
    TRAINYARD_PARAMETERS: JSON.stringify(parameters),
    TRAINYARD_ATTEMPT: String(attempt),
    // Always there, so that a script may read it without asking; empty is "begin anew".
    TRAINYARD_RESUME_FROM: resumeFrom,
    [MARK]: mark,
  };
}
