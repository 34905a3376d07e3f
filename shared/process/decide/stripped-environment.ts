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

/** The variable that marks the processes of one command, so that none is missed when it must end. */
export const MARK = 'TRAINYARD_SUBMISSION';

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

/**
 * What user code may see of the step's environment: nothing that speaks to the runner, no secret by its name, and no
 * other variable that holds the value of such a secret.
 */
export function strippedEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
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
    // A pipe makes Python hold its output back; a person who follows a command wants it now.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(kept),
  };
}
