import { z } from 'zod';
import type { Conditional, ConditionalRequests } from './conditional-requests.ts';
import { repositoryName } from './repository.ts';

const timeSchema = z.iso.datetime({ offset: true }).nullish();
const jobSchema = z.object({
  id: z.int().positive(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  started_at: timeSchema,
  completed_at: timeSchema,
  labels: z.array(z.string()),
  runner_name: z.string().nullish(),
  steps: z
    .array(z.object({ name: z.string(), status: z.string(), conclusion: z.string().nullable() }))
    .optional()
    .default([]),
});

/** A job of a run. */
export interface WorkflowJob {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly startedAtMs: number | null;
  readonly completedAtMs: number | null;
  readonly labels: readonly string[];
  readonly runner: string | null;
  readonly steps: readonly {
    readonly name: string;
    readonly status: string;
    readonly conclusion: string | null;
  }[];
}

const msOf = (time: string | null | undefined): number | null =>
  typeof time === 'string' ? Date.parse(time) : null;

/** The jobs of a run's newest attempt; they appear only once they can be queued. */
export async function readJobs(
  requests: ConditionalRequests,
  repository: string,
  runId: string,
  signal: AbortSignal,
): Promise<Conditional<WorkflowJob[]>> {
  const { data, changed } = await requests.get(
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs',
    { ...repositoryName(repository), run_id: Number(runId), per_page: 100 },
    { schema: z.object({ jobs: z.array(jobSchema) }), what: `the jobs of run ${runId}` },
    signal,
  );
  const jobs = data.jobs.map((job) => ({
    id: job.id,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion,
    startedAtMs: msOf(job.started_at),
    completedAtMs: msOf(job.completed_at),
    labels: job.labels,
    runner: job.runner_name ?? null,
    steps: job.steps,
  }));
  return { data: jobs, changed };
}
