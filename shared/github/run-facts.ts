import { z } from 'zod';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import { isAbsent } from './permission.ts';
import { repositoryName } from './repository.ts';

/** What GitHub tells of a workflow run, as far as it decides whether its record counts. */
export interface RunFacts {
  readonly repository: string;
  /** Where its code came from; null where that repository is gone. */
  readonly headRepository: string | null;
  readonly headSha: string;
  readonly event: string;
  readonly attempt: number;
  readonly status: string | null;
  /** Null until the run has ended. */
  readonly conclusion: string | null;
}

const repositorySchema = z.object({ full_name: z.string() });
const runSchema = z.object({
  repository: repositorySchema,
  head_repository: repositorySchema.nullish(),
  head_sha: z.string(),
  event: z.string(),
  run_attempt: z.int().optional().default(1),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
});

/** Asks where a run's code came from; undefined where the repository has no such run. */
export async function runFacts(
  client: GitHubClient,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<RunFacts | undefined> {
  if (!/^\d{1,15}$/.test(runId)) return undefined;
  try {
    const { data } = await client.rest.actions.getWorkflowRun({
      ...repositoryName(repository),
      run_id: Number(runId),
      request: { signal },
    });
    const run = readAnswer(runSchema, data, `run ${runId}`);
    return {
      repository: run.repository.full_name,
      headRepository: run.head_repository?.full_name ?? null,
      headSha: run.head_sha,
      event: run.event,
      attempt: run.run_attempt,
      status: run.status,
      conclusion: run.conclusion,
    };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
