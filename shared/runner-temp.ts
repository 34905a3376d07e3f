import { tmpdir } from 'node:os';

/** The runner's folder for what ends with the job; undefined in a terminal, where the variable may be set and empty. */
export function runnerTemp(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment['RUNNER_TEMP'];
  return folder === '' ? undefined : folder;
}

/** Where temporary folders are made: never in the workspace. */
export function temporaryRoot(environment: NodeJS.ProcessEnv): string {
  return runnerTemp(environment) ?? tmpdir();
}
