/**
 * What a process that outlives the step, and runs somebody's model, is given of the environment. A list of what
 * may pass, so that a token that nobody thought of does not.
 */
const PASSED_ON: readonly RegExp[] = [
  /^(PATH|HOME|USER|LANG|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP)$/i,
  /^(SYSTEMROOT|SYSTEMDRIVE|COMSPEC|PATHEXT|LOCALAPPDATA|APPDATA|USERPROFILE)$/i,
];

/** By it the runner finds, and ends, what a job left behind. */
const TRACKING_VARIABLE = 'RUNNER_TRACKING_ID';

/** The environment for a supervisor, its workers and a server by command. `keepAlive` hides them from the runner. */
export function strippedEnvironment(environment: NodeJS.ProcessEnv, keepAlive: boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) =>
        PASSED_ON.some((pattern) => pattern.test(name)) || (!keepAlive && name === TRACKING_VARIABLE),
    ),
  );
}
