import type { GitHubClient } from './client.ts';
import { repositoryName } from './repository.ts';
import { openRedirected } from './storage-download.ts';

/** What is kept while a log flows by. */
const TAIL_CHARACTERS = 512 * 1024;
const MAX_LINE = 2_000;

/** The last lines of a job that has ended, without their time stamps. No log of a running job exists. */
export async function readLogTail(
  client: GitHubClient,
  { repository, jobId, lines }: { repository: string; jobId: number; lines: number },
  signal: AbortSignal,
): Promise<string[]> {
  const stream = await openRedirected(
    client,
    'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs',
    { ...repositoryName(repository), job_id: jobId },
    'the log of the job',
    signal,
  );
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 2 * TAIL_CHARACTERS) text = text.slice(-TAIL_CHARACTERS);
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT[\d:.]+Z /, '').slice(0, MAX_LINE))
    .filter((line) => line !== '')
    .slice(-lines);
}
