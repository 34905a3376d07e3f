import { minimalRepositoryView, nodeId, userView } from './views.ts';
import type { PullRequest, Repository, Runner, WorkflowJob, WorkflowRun, World } from './world.ts';

type View = Record<string, unknown>;

const web = (world: World): string => `https://github.com/${world.repository.fullName}`;
const actions = (world: World, baseUrl: string): string =>
  `${baseUrl}/repos/${world.repository.fullName}/actions`;
const time = (date: Date | null): string | null => date?.toISOString() ?? null;

function minimalPullView(world: World, baseUrl: string, pull: PullRequest): View {
  const branch = ({ ref, sha }: PullRequest['base'], repository: Repository): View => ({
    ref,
    sha,
    repo: {
      id: repository.id,
      url: `${baseUrl}/repos/${repository.fullName}`,
      name: repository.fullName.split('/')[1] ?? '',
    },
  });
  return {
    id: pull.id,
    number: pull.number,
    url: `${baseUrl}/repos/${world.repository.fullName}/pulls/${pull.number}`,
    head: branch(pull.head, world.repositoryNamed(pull.head.repository)),
    base: branch(pull.base, world.repository),
  };
}

/** GitHub tells no pull requests for the runs of a fork (actions/runner#3444). */
function pullsOf(world: World, run: WorkflowRun): PullRequest[] {
  if (run.headRepository !== world.repository.fullName) return [];
  return world.pullRequests.filter(
    ({ state, head }) =>
      state === 'open' &&
      head.repository === run.headRepository &&
      head.ref === run.headBranch &&
      head.sha === run.headSha,
  );
}

export function runView(world: World, baseUrl: string, run: WorkflowRun): View {
  const url = `${actions(world, baseUrl)}/runs/${run.id}`;
  const workflowId = world.workflowId(run.path);
  const user = userView(baseUrl, run.actor);
  return {
    id: run.id,
    node_id: nodeId(run.id),
    name: run.workflow,
    display_title: run.displayTitle,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflowId,
    url,
    html_url: `${web(world)}/actions/runs/${run.id}`,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/check-suite`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    artifacts_url: `${url}/artifacts`,
    workflow_url: `${actions(world, baseUrl)}/workflows/${workflowId}`,
    head_commit: null,
    actor: user,
    triggering_actor: user,
    pull_requests: pullsOf(world, run).map((pull) => minimalPullView(world, baseUrl, pull)),
    repository: minimalRepositoryView(baseUrl, world.repository),
    head_repository: minimalRepositoryView(baseUrl, world.repositoryNamed(run.headRepository)),
    created_at: run.created.toISOString(),
    updated_at: run.updated.toISOString(),
    run_started_at: run.started.toISOString(),
  };
}

export function jobView(world: World, baseUrl: string, job: WorkflowJob): View {
  const run = world.runs.find(({ id }) => id === job.runId);
  const runner = world.runners.find(({ name }) => name === job.runner);
  return {
    id: job.id,
    node_id: nodeId(job.id),
    run_id: job.runId,
    run_attempt: job.attempt,
    run_url: `${actions(world, baseUrl)}/runs/${job.runId}`,
    head_sha: run?.headSha ?? '',
    head_branch: run?.headBranch ?? null,
    workflow_name: run?.workflow ?? null,
    name: job.name,
    url: `${actions(world, baseUrl)}/jobs/${job.id}`,
    html_url: `${web(world)}/actions/runs/${job.runId}/job/${job.id}`,
    check_run_url: `${baseUrl}/repos/${world.repository.fullName}/check-runs/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.created.toISOString(),
    // GitHub tells the creation here while the job waits: the field is never null.
    started_at: (job.started ?? job.created).toISOString(),
    completed_at: time(job.completed),
    labels: job.labels,
    runner_id: job.runner === null ? null : (runner?.id ?? 1),
    runner_name: job.runner,
    runner_group_id: job.runner === null ? null : 1,
    runner_group_name: job.runner === null ? null : 'Default',
    steps: job.steps.map(({ name, number, status, conclusion }) => ({ name, number, status, conclusion })),
  };
}

export function runnerView(runner: Runner): View {
  return {
    id: runner.id,
    name: runner.name,
    os: 'linux',
    status: runner.status,
    busy: runner.busy,
    labels: runner.labels.map((name) => ({ name, type: 'custom' })),
  };
}

export function workflowView(world: World, baseUrl: string, path: string, name: string): View {
  const id = world.workflowId(path);
  return {
    id,
    node_id: nodeId(id),
    name,
    path,
    state: 'active',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    url: `${actions(world, baseUrl)}/workflows/${id}`,
    html_url: `${web(world)}/blob/main/${path}`,
    badge_url: `${web(world)}/workflows/${encodeURIComponent(name)}/badge.svg`,
  };
}

export function pendingDeploymentView(world: World, baseUrl: string, environment: string): View {
  return {
    environment: {
      id: 1,
      node_id: nodeId(1),
      name: environment,
      url: `${baseUrl}/repos/${world.repository.fullName}/environments/${environment}`,
      html_url: `${web(world)}/deployments/activity_log?environments_filter=${environment}`,
    },
    wait_timer: 0,
    wait_timer_started_at: null,
    current_user_can_approve: false,
    reviewers: [],
  };
}
