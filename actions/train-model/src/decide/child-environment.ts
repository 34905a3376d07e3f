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
  { parameters, seed, mark }: TrainingVariables,
): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const secrets = entries
    .filter(([name, value]) => SECRET_NAME.test(name.toUpperCase()) && value.length >= MIN_SECRET_CHARACTERS)
    .map(([, value]) => value);
  const kept = entries.filter(
    ([name, value]) => !isWithheld(name) && !secrets.some((secret) => value.includes(secret)),
  );
  return {
    // A pipe makes Python hold its output back; a person who follows a training wants it now.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(kept),
    TRAINYARD_PARAMETERS: JSON.stringify(parameters),
    [MARK]: mark,
    ...(seed === null
      ? {}
      : { TRAINYARD_SEED: String(seed), PYTHONHASHSEED: String(seed), PL_GLOBAL_SEED: String(seed) }),
  };
}
