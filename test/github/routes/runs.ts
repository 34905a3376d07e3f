import { basicError } from '../http.ts';
import { jobView, pendingDeploymentView, runnerView, runView } from '../run-views.ts';
import { finishRun, jobsOf, rerunFailedJobs } from '../runs.ts';
import { pathOfWorkflow } from '../workflow-file.ts';
import type { WorkflowJob, WorkflowRun } from '../world.ts';
import { type Call, notFound, page, type Route } from './route.ts';
import type { Answer } from '../http.ts';

const RUN = '/repos/{owner}/{repo}/actions/runs/{run_id}';
const JOB = '/repos/{owner}/{repo}/actions/jobs/{job_id}';

export function runOf({ world, parameters }: Call): WorkflowRun {
  return world.runs.find((run) => String(run.id) === parameters['run_id']) ?? notFound();
}

function jobOf({ world, parameters }: Call): WorkflowJob {
  return world.workflowJobs.find((job) => String(job.id) === parameters['job_id']) ?? notFound();
}

/** `created` is a date, a date behind a comparison, or two dates with `..` between them (docs: search by date). */
function within(created: Date, range: string): boolean {
  const [from, to] = range.split('..');
  if (to !== undefined) {
    return (from === '*' || created >= new Date(from ?? '')) && (to === '*' || created <= new Date(to));
  }
  const [, sign = '', date = ''] = /^([<>]=?)?(.*)$/.exec(range) ?? [];
  const limit = new Date(date);
  switch (sign) {
    case '>':
      return created > limit;
    case '>=':
      return created >= limit;
    case '<':
      return created < limit;
    case '<=':
      return created <= limit;
    default:
      return created.toISOString().startsWith(date);
  }
}

/** Runs that the query asks for, newest first. */
function listRuns(call: Call, path?: string): Answer {
  const { world, query, baseUrl } = call;
  const wanted = (name: string, ...values: (string | null)[]): boolean => {
    const asked = query.get(name);
    return asked === null || values.includes(asked);
  };
  const found = world.runs
    .filter(
      (run) =>
        (path === undefined || run.path === path) &&
        wanted('event', run.event) &&
        wanted('status', run.status, run.conclusion) &&
        wanted('branch', run.headBranch) &&
        wanted('head_sha', run.headSha) &&
        wanted('actor', run.actor) &&
        within(run.created, query.get('created') ?? '*..*'),
    )
    .toReversed();
  return page(
    call,
    found.map((run) => runView(world, baseUrl, run)),
    (runs) => ({ total_count: found.length, workflow_runs: runs }),
  );
}

function listJobs(call: Call, jobs: readonly WorkflowJob[]): Answer {
  return page(
    call,
    jobs.map((job) => jobView(call.world, call.baseUrl, job)),
    (items) => ({ total_count: jobs.length, jobs: items }),
  );
}

/** What has not ended is cancelled; a run that is at work is ended by its host, where it has one. */
function cancel(call: Call, force: boolean): Answer {
  const { world } = call;
  const run = runOf(call);
  if (run.status === 'completed') throw basicError(409, 'Cannot cancel a workflow run that is completed.');
  if (world.host === undefined) finishRun(world, run.id, 'cancelled');
  else world.host.cancel(run, force);
  return { status: 202, json: {} };
}

export const runRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/runs',
    scopes: ['actions'],
    access: 'read',
    handle: (call) => listRuns(call),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs',
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const path = pathOfWorkflow(call.world, call.parameters['workflow_id'] ?? '');
      const main = call.world.refs.get('refs/heads/main') ?? '';
      const known = call.world.workflows.has(path) || call.world.git.lookUp(main, path) !== undefined;
      return known ? listRuns(call, path) : notFound();
    },
  },
  {
    method: 'get',
    path: RUN,
    scopes: ['actions'],
    access: 'read',
    handle: (call) => ({ status: 200, json: runView(call.world, call.baseUrl, runOf(call)) }),
  },
  {
    method: 'get',
    path: `${RUN}/jobs`,
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const run = runOf(call);
      const all = call.query.get('filter') === 'all';
      const jobs = call.world.workflowJobs.filter(({ runId }) => runId === run.id);
      return listJobs(call, all ? jobs : jobsOf(call.world, run));
    },
  },
  {
    method: 'get',
    path: `${RUN}/attempts/{attempt_number}/jobs`,
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const run = runOf(call);
      const attempt = Number(call.parameters['attempt_number']);
      if (attempt < 1 || attempt > run.attempt) notFound();
      return listJobs(call, jobsOf(call.world, run, attempt));
    },
  },
  {
    method: 'get',
    path: JOB,
    scopes: ['actions'],
    access: 'read',
    handle: (call) => ({ status: 200, json: jobView(call.world, call.baseUrl, jobOf(call)) }),
  },
  {
    method: 'get',
    path: `${JOB}/logs`,
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const job = jobOf(call);
      // GitHub has no log of a job that runs (runner#886).
      if (job.status !== 'completed') notFound();
      const blob = `job-${job.id}.txt`;
      call.blobs.put(blob, Buffer.from(job.log), 'text/plain; charset=utf-8');
      return { status: 302, headers: { location: call.baseUrl + call.blobs.urlOf(blob) } };
    },
  },
  {
    method: 'post',
    path: `${RUN}/cancel`,
    scopes: ['actions'],
    access: 'write',
    handle: (call) => cancel(call, false),
  },
  {
    method: 'post',
    path: `${RUN}/force-cancel`,
    scopes: ['actions'],
    access: 'write',
    handle: (call) => cancel(call, true),
  },
  {
    method: 'post',
    path: `${RUN}/rerun-failed-jobs`,
    scopes: ['actions'],
    access: 'write',
    handle(call) {
      const run = runOf(call);
      if (run.status !== 'completed') throw basicError(403, 'This workflow run is not completed');
      rerunFailedJobs(call.world, run);
      const dispatch = call.world.dispatches.find(({ runId }) => runId === run.id);
      if (dispatch !== undefined) call.world.host?.start(run, dispatch);
      return { status: 201, json: {} };
    },
  },
  {
    method: 'get',
    path: `${RUN}/pending_deployments`,
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const { waitingFor } = runOf(call);
      const pending =
        waitingFor === null ? [] : [pendingDeploymentView(call.world, call.baseUrl, waitingFor)];
      return { status: 200, json: pending };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/runners',
    scopes: ['administration'],
    access: 'read',
    handle(call) {
      const { token, world } = call;
      // GITHUB_TOKEN cannot be given `administration`, whatever its job is permitted; an App's token can.
      if (token.kind === 'installation' && token.permissions === 'write-all') {
        throw basicError(403, 'Resource not accessible by integration');
      }
      const name = call.query.get('name');
      const found = world.runners.filter((runner) => name === null || runner.name === name);
      return page(call, found.map(runnerView), (runners) => ({ total_count: found.length, runners }));
    },
  },
];
