import type { Logger } from '../../../../../shared/action/logger.ts';
import { messageOf } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import { readLogTail } from '../../../../../shared/github/job-logs.ts';
import type { WorkflowJob } from '../../../../../shared/github/workflow-jobs.ts';

const TAIL_LINES = 100;

interface TailSource {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly logger: Logger;
}

/** The end of the log of a job that has ended, under a heading; nothing where it cannot be had. */
export async function readTail(
  { client, repository, logger }: TailSource,
  url: string,
  job: WorkflowJob | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  if (job?.status !== 'completed') return [];
  const failed = job.steps.find(({ conclusion }) => conclusion === 'failure');
  try {
    const tail = await readLogTail(client, { repository, jobId: job.id, lines: TAIL_LINES }, signal);
    const title = failed === undefined ? `job "${job.name}"` : `step "${failed.name}"`;
    return [`The end of the log of the ${title}, ${url}:`, ...tail];
  } catch (error) {
    signal.throwIfAborted();
    logger.info(`The log of the run could not be read: ${messageOf(error)}`);
    return [];
  }
}
