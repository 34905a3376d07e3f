import { statusContextOf } from '../../../../shared/action/decide/step-result.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import type { Logger } from '../../../../shared/action/logger.ts';
import { messageOf } from '../../../../shared/errors.ts';
import { createClient } from '../../../../shared/github/client.ts';
import { type DispatchedJob, dispatchedJobSchema } from '../../../../shared/github/dispatched-job.ts';
import { setCommitStatus } from '../../../../shared/github/status.ts';
import { pendingContexts } from './pending-status.ts';

/** A few requests of a job that has nothing else to do. */
const MAX_MS = 60_000;

/**
 * Ends what a detached training left pending, where its closing job came to nothing: its dispatching run was deleted,
 * or its pull request has got another base. The job is not verified then, so that only a pending status is ended, and
 * only as an error. Never throws.
 */
export async function endUnopened(
  reason: string,
  environment: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<void> {
  if (environment[variableOf('mode')]?.trim() !== 'close') return;
  if (environment[variableOf('status')]?.trim() === 'false') return;
  const job = jobOf(environment);
  if (job?.mode !== 'detach') return;
  const repository = environment['GITHUB_REPOSITORY'] ?? '';
  const server = environment['GITHUB_SERVER_URL'] ?? 'https://github.com';
  const signal = AbortSignal.timeout(MAX_MS);
  try {
    const token = environment[variableOf('token')]?.trim() ?? environment['GITHUB_TOKEN'];
    const client = await createClient({ token, environment, logger });
    const { headSha: sha } = job.dispatcher;
    const both = [statusContextOf('evaluation', job.model), statusContextOf('training', job.model)];
    for (const context of await pendingContexts({ client, repository, sha, contexts: both }, signal)) {
      const outcome = await setCommitStatus(
        client,
        repository,
        {
          sha,
          state: 'error',
          context,
          description: `The worker could not be closed: ${reason}`,
          targetUrl: `${server}/${repository}/actions/runs/${environment['GITHUB_RUN_ID'] ?? ''}`,
        },
        signal,
      );
      if (!outcome.done) logger.warning(`No commit status: ${outcome.reason}`);
    }
  } catch (error) {
    logger.warning(`A pending commit status may be left: ${messageOf(error)}`);
  }
}

function jobOf(environment: NodeJS.ProcessEnv): DispatchedJob | undefined {
  try {
    return dispatchedJobSchema.safeParse(JSON.parse(environment[variableOf('dispatched-job')] ?? '')).data;
  } catch {
    return undefined;
  }
}
