import type { Logger } from '../../../../../shared/action/logger.ts';
import { isExpected, messageOf } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import { cancelRun } from '../../../../../shared/github/run-cancel.ts';
import { listDispatchedRuns, readRun } from '../../../../../shared/github/workflow-runs.ts';
import { parseWorkerTitle } from '../../decide/generation.ts';

/** Trainings of one pull request that still live are among the newest dispatches. */
const PAGES = 3;

export interface Superseding {
  readonly client: GitHubClient;
  readonly repository: string;
  /** The worker workflow's file. */
  readonly workflow: string;
  readonly model: string;
  readonly pullRequest: number;
  /** The training of this step, which lives on. */
  readonly keepKey: string;
  /** The head of the pull request that this step trains. */
  readonly headSha: string;
  /** This run. */
  readonly runId: string;
  readonly logger: Logger;
}

/**
 * Cancels the live trainings of older commits of the pull request, and says which. A title holds no commit: older is
 * what was dispatched before this run began, so that legs of one matrix and newer commits live on.
 */
export async function stopOlder(options: Superseding, signal: AbortSignal): Promise<string[]> {
  const { client, repository, workflow, model, pullRequest, keepKey, headSha, runId, logger } = options;
  const stopped: string[] = [];
  try {
    const list = { repository, workflow, pages: PAGES };
    const live = (await listDispatchedRuns(client, list, () => false, signal)).filter(
      ({ status, title, headSha: head }) => {
        const told = parseWorkerTitle(title);
        return (
          status !== 'completed' &&
          told?.model === model &&
          told.pullRequest === pullRequest &&
          told.submissionKey !== keepKey &&
          head !== headSha
        );
      },
    );
    if (live.length === 0) return [];
    const { data: own } = await readRun(new ConditionalRequests(client), repository, runId, signal);
    for (const run of live.filter(({ createdAtMs }) => createdAtMs < own.createdAtMs)) {
      if (await cancelRun(client, repository, run.id, signal)) stopped.push(run.url);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    // An older training that goes on costs money, but does not make this one wrong.
    logger.warning(`Older trainings of #${pullRequest} may go on: ${messageOf(error)}`);
  }
  return stopped;
}
