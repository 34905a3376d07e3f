import { findCheckoutCredentials } from './checkout-credentials.ts';
import { noteCommandFiles } from './command-files.ts';

export interface RunnerGuard {
  /** To be called when the command has ended: undoes what it did to the runner, and returns what is to be told. */
  finish(): Promise<string[]>;
}

/** Notes, right before user code runs, what it could reach of the runner though it is not told of it. */
export async function guardRunner({
  environment,
  workingDirectory,
  signal,
}: {
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  readonly signal: AbortSignal;
}): Promise<RunnerGuard> {
  const credentials = await findCheckoutCredentials(workingDirectory, signal);
  const files = await noteCommandFiles(environment);
  return {
    async finish() {
      const changed = await files.restore();
      return [
        ...(credentials === undefined || environment['GITHUB_ACTIONS'] !== 'true' ? [] : [credentials]),
        ...(changed.length === 0
          ? []
          : [
              `The command, or something beside it, wrote to the runner's ${changed.join(', ')}: that was undone, as it changes what later steps run.`,
            ]),
      ];
    },
  };
}
