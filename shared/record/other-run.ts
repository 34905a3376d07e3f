import { UsageError } from '../errors.ts';
import type { OtherRun } from './artifacts.ts';

/** What GitHub tells of a run, as far as it decides whether its record counts. */
export interface RunOrigin {
  readonly repository: string;
  /** Where its code came from; null where that repository is gone. */
  readonly headRepository: string | null;
}

export interface OtherRunOptions {
  readonly repository: string | null;
  readonly token: string | undefined;
  /** The input that names the run, for the error; `record-from` by default. */
  readonly input?: string;
  /** Undefined where the repository has no such run. */
  readonly lookUp: (runId: string, signal: AbortSignal) => Promise<RunOrigin | undefined>;
}

/** Makes sure that another run's record may be read: a run of this repository, never of a fork's code. */
export async function openOtherRun(
  runId: string,
  { repository, token, input = 'record-from', lookUp }: OtherRunOptions,
  signal: AbortSignal,
): Promise<OtherRun> {
  const label = `Input "${input}" names the run ${runId}`;
  if (token === undefined || token === '' || repository === null) {
    throw new UsageError(`${label}, which cannot be read without a token.`, {
      remedy:
        'Give the input "token" (its default is ${{ github.token }}) and the permission "actions: read".',
    });
  }
  const facts = await lookUp(runId, signal);
  if (facts?.repository !== repository) {
    throw new UsageError(`${label}, which is no run of "${repository}".`, {
      remedy: 'Give the id of a run of this repository: the number in the address of its page.',
    });
  }
  if (facts.headRepository !== repository) {
    throw new UsageError(
      `${label}, which ran code of ${facts.headRepository ?? 'a repository that is gone'}.`,
      {
        remedy: 'The record of a fork is never believed: run the training in this repository.',
      },
    );
  }
  return { runId, repository, token };
}
