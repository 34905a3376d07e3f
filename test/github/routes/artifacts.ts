import { basicError } from '../http.ts';
import { artifactView } from '../views.ts';
import type { Artifact } from '../world.ts';
import { type Call, notFound, page, type Route } from './route.ts';
import type { Answer } from '../http.ts';
import { runOf } from './runs.ts';

const ONE = '/repos/{owner}/{repo}/actions/artifacts/{artifact_id}';

function artifactOf({ world, parameters }: Call): Artifact {
  return (
    world.artifacts.find((one) => one.finalized && String(one.id) === parameters['artifact_id']) ?? notFound()
  );
}

function list(call: Call, artifacts: readonly Artifact[]): Answer {
  const name = call.query.get('name');
  const found = artifacts.filter(
    (artifact) => artifact.finalized && (name === null || artifact.name === name),
  );
  return page(
    call,
    found.map((artifact) => artifactView(call.world, call.baseUrl, artifact)),
    (items) => ({ total_count: found.length, artifacts: items }),
  );
}

export const artifactRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      const run = runOf(call);
      return list(
        call,
        call.world.artifacts.filter(({ runId }) => runId === run.id),
      );
    },
  },
  {
    // Of the whole repository, newest first.
    method: 'get',
    path: '/repos/{owner}/{repo}/actions/artifacts',
    scopes: ['actions'],
    access: 'read',
    handle: (call) => list(call, call.world.artifacts.toReversed()),
  },
  {
    method: 'get',
    path: ONE,
    scopes: ['actions'],
    access: 'read',
    handle: (call) => ({ status: 200, json: artifactView(call.world, call.baseUrl, artifactOf(call)) }),
  },
  {
    method: 'delete',
    path: ONE,
    scopes: ['actions'],
    access: 'write',
    handle(call) {
      const artifact = artifactOf(call);
      call.world.artifacts.splice(call.world.artifacts.indexOf(artifact), 1);
      call.blobs.delete(artifact.blob);
      return { status: 204 };
    },
  },
  {
    method: 'get',
    path: `${ONE}/{archive_format}`,
    scopes: ['actions'],
    access: 'read',
    handle(call) {
      if (call.parameters['archive_format'] !== 'zip') throw basicError(404, 'Not Found');
      // GitHub's URL is good for one minute; this one for as long as the fake lives.
      return { status: 302, headers: { location: call.baseUrl + call.blobs.urlOf(artifactOf(call).blob) } };
    },
  },
];
