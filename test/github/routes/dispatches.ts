import { AnswerError } from '../http.ts';
import { setJob } from '../runs.ts';
import {
  evaluate,
  labelsOfJob,
  pathOfWorkflow,
  readWorkflow,
  refusalOfInputs,
  type WorkflowFile,
} from '../workflow-file.ts';
import { workflowView } from '../run-views.ts';
import type { WorkflowRun } from '../world.ts';
import { type Call, notFound, type Route, textOf } from './route.ts';

const DEFAULT_BRANCH = 'refs/heads/main';

function refused(message: string): AnswerError {
  return new AnswerError(422, {
    message,
    documentation_url: 'https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event',
    status: '422',
  });
}

/** The workflow as the default branch has it: one that it lacks does not exist for GitHub. */
function workflowOf(call: Call): WorkflowFile {
  const { world, parameters } = call;
  const path = pathOfWorkflow(world, parameters['workflow_id'] ?? '');
  return readWorkflow(world, world.refs.get(DEFAULT_BRANCH), path) ?? notFound();
}

/** A branch or a tag, short or whole; never a commit. */
function refOf({ world, body }: Call): { branch: string; sha: string } {
  const name = textOf(body['ref']) ?? '';
  for (const ref of [name, `refs/heads/${name}`, `refs/tags/${name}`]) {
    const sha = /^refs\/(heads|tags)\//.test(ref) ? world.refs.get(ref) : undefined;
    if (sha !== undefined) return { branch: ref.replace(/^refs\/(heads|tags)\//, ''), sha };
  }
  throw refused(`No ref found for: ${name}`);
}

function inputsOf({ body }: Call): Record<string, string> {
  const { inputs } = body;
  if (typeof inputs !== 'object' || inputs === null) return {};
  return Object.fromEntries(
    Object.entries(inputs as Record<string, unknown>).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

function dispatch(call: Call): WorkflowRun {
  const { world, token } = call;
  const { path } = workflowOf(call);
  const { branch, sha } = refOf(call);
  const file = readWorkflow(world, sha, path);
  if (file === undefined) throw refused("Workflow does not have 'workflow_dispatch' trigger");
  const given = inputsOf(call);
  const refusal = refusalOfInputs(file, given);
  if (refusal !== undefined) throw refused(refusal);
  const defaults = [...(file.inputs ?? [])].flatMap(([name, { byDefault }]) =>
    byDefault === undefined ? [] : [[name, byDefault] as const],
  );
  const inputs = { ...Object.fromEntries(defaults), ...given };
  const run = world.run({
    number: world.runs.filter((one) => one.path === path).length + 1,
    event: 'workflow_dispatch',
    headSha: sha,
    headBranch: branch,
    workflow: file.name,
    path,
    displayTitle: file.runName === undefined ? file.name : evaluate(file.runName, inputs),
    actor: token.login,
    status: 'queued',
  });
  for (const job of file.jobs) {
    // Jobs of a called workflow are shown behind the name of the job that calls; ours trains in its job `train`.
    const labels = job.called ? (labelsOfJob(inputs) ?? ['ubuntu-24.04']) : job.labels;
    setJob(world, run.id, job.called ? `${job.name} / train` : job.name, { labels });
  }
  const taken = {
    runId: run.id,
    workflow: path.split('/').at(-1) ?? '',
    ref: branch,
    sha,
    inputs,
    login: token.login,
  };
  world.dispatches.push(taken);
  world.host?.start(run, taken);
  return run;
}

export const dispatchRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/workflows/{workflow_id}',
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const { path, name } = workflowOf(call);
      return { status: 200, json: workflowView(call.world, call.baseUrl, path, name) };
    },
  },
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
    scopes: ['actions'],
    access: 'write',
    handle(call) {
      const { world, baseUrl, body, headers } = call;
      if (body['return_run_details'] !== undefined && !world.dispatchDetails) {
        throw refused('Invalid request.\n\n"return_run_details" is not a permitted key.');
      }
      const run = dispatch(call);
      const newest = headers['x-github-api-version'] === '2026-03-10';
      if (!newest && body['return_run_details'] !== true) return { status: 204 };
      return {
        status: 200,
        json: {
          workflow_run_id: run.id,
          run_url: `${baseUrl}/repos/${world.repository.fullName}/actions/runs/${run.id}`,
          html_url: `https://github.com/${world.repository.fullName}/actions/runs/${run.id}`,
        },
      };
    },
  },
];
