import { basicError } from '../http.ts';
import { artifactView, runView } from '../views.ts';
import type { Artifact, WorkflowRun } from '../world.ts';
import { type Call, notFound, page, type Route } from './route.ts';

function runOf({ world, parameters }: Call): WorkflowRun {
  return world.runs.find((run) => String(run.id) === parameters['run_id']) ?? notFound();
}

function artifactOf({ world, parameters }: Call): Artifact {
  return (
    world.artifacts.find((one) => one.finalized && String(one.id) === parameters['artifact_id']) ?? notFound()
  );
}

export const runRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/runs/{run_id}',
    scopes: ['actions'],
    access: 'read',
    handle: (call) => ({ status: 200, json: runView(call.world, call.baseUrl, runOf(call)) }),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const run = runOf(call);
      const name = call.query.get('name');
      const found = call.world.artifacts.filter(
        (artifact) =>
          artifact.finalized && artifact.runId === run.id && (name === null || artifact.name === name),
      );
      return page(
        call,
        found.map((artifact) => artifactView(call.world, call.baseUrl, artifact)),
        (artifacts) => ({ total_count: found.length, artifacts }),
      );
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/artifacts/{artifact_id}',
    scopes: ['actions'],
    access: 'read',
    handle: (call) => ({ status: 200, json: artifactView(call.world, call.baseUrl, artifactOf(call)) }),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      if (call.parameters['archive_format'] !== 'zip') throw basicError(404, 'Not Found');
      // GitHub's URL is good for one minute; this one for as long as the fake lives.
      return { status: 302, headers: { location: call.baseUrl + call.blobs.urlOf(artifactOf(call).blob) } };
    },
  },
];
