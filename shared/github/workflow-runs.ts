import { z } from 'zod';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import type { Conditional, ConditionalRequests } from './conditional-requests.ts';
import { repositoryName } from './repository.ts';

const PER_PAGE = 100;

const runSchema = z.object({
  id: z.int().positive(),
  display_title: z.string(),
  event: z.string(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  head_sha: z.string(),
  html_url: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  run_attempt: z.int().positive().optional().default(1),
});

/** A run of a workflow, as far as somebody who follows it needs it. */
export interface WorkflowRun {
  readonly id: string;
  readonly title: string;
  readonly event: string;
  /** One of GitHub's words, or one that is not known yet; null where GitHub tells none. */
  readonly status: string | null;
  /** Null until the run has ended. */
  readonly conclusion: string | null;
  readonly headSha: string;
  readonly url: string;
  readonly createdAtMs: number;
  readonly attempt: number;
}

function runOf(run: z.infer<typeof runSchema>): WorkflowRun {
  return {
    id: String(run.id),
    title: run.display_title,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    headSha: run.head_sha,
    url: run.html_url,
    createdAtMs: Date.parse(run.created_at),
    attempt: run.run_attempt,
  };
}

/** One run; asked again, it costs nothing as long as it has not changed. */
export async function readRun(
  requests: ConditionalRequests,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<Conditional<WorkflowRun>> {
  const { data, changed } = await requests.get(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    { ...repositoryName(repository), run_id: Number(runId) },
    { schema: runSchema, what: `run ${runId}` },
    signal,
  );
  return { data: runOf(data), changed };
}

/** The newest dispatched runs of a workflow, newest first, until `enough` says so or `pages` pages were read. */
export async function listDispatchedRuns(
  client: GitHubClient,
  { repository, workflow, pages }: { repository: string; workflow: string; pages: number },
  enough: (runs: readonly WorkflowRun[]) => boolean,
  signal: AbortSignal,
): Promise<WorkflowRun[]> {
  const found: WorkflowRun[] = [];
  for (let page = 1; page <= pages; page += 1) {
    const { data } = await client.rest.actions.listWorkflowRuns({
      ...repositoryName(repository),
      workflow_id: workflow,
      event: 'workflow_dispatch',
      per_page: PER_PAGE,
      page,
      request: { signal },
    });
    const { workflow_runs: runs } = readAnswer(
      z.object({ workflow_runs: z.array(runSchema) }),
      data,
      `the runs of ${workflow}`,
    );
    found.push(...runs.map(runOf));
    if (runs.length < PER_PAGE || enough(found)) break;
  }
  return found;
}
