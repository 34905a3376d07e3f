import type { Step, WorkflowJob, WorkflowRun, World } from './world.ts';

/** What a test changes about a job. Steps are given as `name` to status or conclusion. */
export interface JobChange {
  readonly status?: WorkflowJob['status'];
  readonly conclusion?: string | null;
  readonly runner?: string | null;
  readonly labels?: readonly string[];
  readonly steps?: readonly Step[];
  readonly log?: string;
}

function runNamed(world: World, id: number): WorkflowRun {
  const run = world.runs.find((one) => one.id === id);
  if (run === undefined) throw new Error(`The fake has no run ${id}`);
  return run;
}

/** The jobs of one attempt of a run. */
export function jobsOf(world: World, run: WorkflowRun, attempt = run.attempt): WorkflowJob[] {
  return world.workflowJobs.filter((job) => job.runId === run.id && job.attempt === attempt);
}

export function setJob(world: World, id: number, name: string, change: JobChange): WorkflowJob {
  const run = runNamed(world, id);
  let job = jobsOf(world, run).find((one) => one.name === name);
  if (job === undefined) {
    job = {
      id: world.nextId(),
      runId: id,
      attempt: run.attempt,
      name,
      created: world.now(),
      labels: ['ubuntu-24.04'],
      status: 'queued',
      conclusion: null,
      runner: null,
      started: null,
      completed: null,
      steps: [],
      log: '',
    };
    world.workflowJobs.push(job);
  }
  // A conclusion says that the job has ended.
  const ended =
    change.conclusion === undefined || change.conclusion === null ? {} : { status: 'completed' as const };
  Object.assign(job, ended, change);
  if (job.status !== 'queued' && job.status !== 'waiting') job.started ??= world.now();
  if (job.status === 'completed') job.completed ??= world.now();
  run.updated = world.now();
  return job;
}

export function startRun(world: World, id: number, runner: string): WorkflowRun {
  const run = runNamed(world, id);
  run.status = 'in_progress';
  run.waitingFor = null;
  run.updated = world.now();
  for (const job of jobsOf(world, run)) {
    if (job.status !== 'completed') setJob(world, id, job.name, { status: 'in_progress', runner });
  }
  return run;
}

export function finishRun(world: World, id: number, conclusion: string): WorkflowRun {
  const run = runNamed(world, id);
  run.status = 'completed';
  run.conclusion = conclusion;
  run.waitingFor = null;
  run.updated = world.now();
  for (const job of jobsOf(world, run)) {
    if (job.status === 'completed') continue;
    const steps = job.steps.map((step) =>
      step.status === 'completed' ? step : { ...step, status: 'completed' as const, conclusion },
    );
    setJob(world, id, job.name, { conclusion, steps });
  }
  return run;
}

/** Begins the next attempt of a run that has ended, with those of its jobs that did not succeed. */
export function rerunFailedJobs(world: World, run: WorkflowRun): void {
  const before = jobsOf(world, run);
  run.attempt += 1;
  run.status = 'queued';
  run.conclusion = null;
  run.started = world.now();
  for (const job of before) {
    if (job.conclusion === 'success') {
      world.workflowJobs.push({ ...job, id: world.nextId(), attempt: run.attempt });
    } else {
      setJob(world, run.id, job.name, { labels: job.labels });
    }
  }
  run.updated = world.now();
}
