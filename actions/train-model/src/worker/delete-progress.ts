import type { Logger } from '../../../../shared/action/logger.ts';
import { messageOf } from '../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { parseProgressName } from '../dispatch/progress.ts';

/** A paid runner waits for it; GitHub asks for one write a second. What is left over expires by itself. */
const MAX_MS = 45_000;
const PER_PAGE = 100;

export interface DeleteProgressOptions {
  readonly client: GitHubClient;
  readonly repository: string;
  /** The runs of all generations, this one first. */
  readonly runIds: readonly string[];
  readonly submissionKey: string;
  readonly logger: Logger;
}

/** Deletes the progress artifacts of a training that has succeeded: its section holds all of it. Never throws. */
export async function deleteProgress(
  { client, repository, runIds, submissionKey, logger }: DeleteProgressOptions,
  signal: AbortSignal,
): Promise<number> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]);
  const name = repositoryName(repository);
  let deleted = 0;
  try {
    for (const runId of runIds) {
      const artifacts = await client.paginate(client.rest.actions.listWorkflowRunArtifacts, {
        ...name,
        run_id: Number(runId),
        per_page: PER_PAGE,
        request: { signal: limited },
      });
      for (const artifact of artifacts) {
        if (parseProgressName(artifact.name)?.submissionKey !== submissionKey) continue;
        await client.rest.actions.deleteArtifact({
          ...name,
          artifact_id: artifact.id,
          request: { signal: limited },
        });
        deleted += 1;
      }
    }
  } catch (error) {
    logger.debug(`Not all progress artifacts were deleted; they expire: ${messageOf(error)}`);
  }
  return deleted;
}
