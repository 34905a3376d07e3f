import { describe, expect, it } from 'vitest';
import { startFakeGitHub, type FakeGitHub } from './fake-github.ts';
import { DESCRIPTION, Referee } from './referee.ts';
import { ROUTES } from './routes/all.ts';

interface Made {
  readonly status: number;
  readonly json: unknown;
}

/** Calls the fake as a plain client would, with the default token. */
async function call(fake: FakeGitHub, method: string, path: string, body?: unknown): Promise<Made> {
  const upload = Buffer.isBuffer(body);
  const response = await fetch(fake.url + path, {
    method,
    redirect: 'manual',
    headers: { authorization: `token ${fake.defaultToken}`, connection: 'close' },
    ...(body === undefined ? {} : { body: upload ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const WORKER = `\
on: { workflow_dispatch: { inputs: { job: { required: true } } } }
jobs: { train: { runs-on: gpu } }
`;

/** Calls every operation of the fake once; the results by operation. */
async function callEverything(fake: FakeGitHub): Promise<Map<string, Made>> {
  const results = new Map<string, Made>();
  const { sha, tree } = fake.commit(
    { 'data/contract.yaml': 'a: 1\n', '.github/workflows/worker.yml': WORKER },
    { ref: 'refs/heads/main' },
  );
  const next = fake.commit({ 'README.md': 'hello\n' }, { parents: [sha] });
  fake.pullRequests.add({ number: 7, head: { sha }, base: { sha } });
  const run = fake.world.run({ headSha: sha });
  fake.world.artifacts.push({
    id: 5,
    name: 'a',
    runId: run.id,
    attempt: 1,
    runBackendId: '',
    jobBackendId: '',
    blob: 'a.zip',
    created: new Date(),
    size: 1,
    digest: null,
    finalized: true,
  });
  const repository = `/repos/${fake.repository}`;
  const one = async (template: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const [method = ''] = template.split(' ');
    const made = await call(fake, method, path.startsWith('/user') ? path : repository + path, body);
    results.set(template, made);
    return made.json as Record<string, unknown>;
  };
  const R = '/repos/{owner}/{repo}';
  const comment = await one(`POST ${R}/issues/{issue_number}/comments`, '/issues/7/comments', { body: 'x' });
  await one(`GET ${R}/issues/{issue_number}/comments`, '/issues/7/comments?per_page=100&page=1');
  await one(`GET ${R}/issues/comments/{comment_id}`, `/issues/comments/${String(comment['id'])}`);
  await one(`PATCH ${R}/issues/comments/{comment_id}`, `/issues/comments/${String(comment['id'])}`, {
    body: 'y',
  });
  await one(`DELETE ${R}/issues/comments/{comment_id}`, `/issues/comments/${String(comment['id'])}`);
  await one(`POST ${R}/statuses/{sha}`, `/statuses/${sha}`, {
    state: 'success',
    context: 'c',
    description: 'd',
  });
  await one(`GET ${R}/commits/{ref}/statuses`, `/commits/${sha}/statuses`);
  const statement = { predicateType: 'p', subject: [{ digest: { sha256: 'd' } }] };
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  await one(`POST ${R}/attestations`, '/attestations', { bundle: { dsseEnvelope: { payload } } });
  await one(`GET ${R}/attestations/{subject_digest}`, '/attestations/sha256:d?predicate_type=p&per_page=1');
  await one(`GET ${R}/pulls`, '/pulls?state=open&per_page=100');
  await one(`GET ${R}/pulls/{pull_number}`, '/pulls/7');
  await one(`GET ${R}/commits/{commit_sha}/pulls`, `/commits/${sha}/pulls`);
  await one(`GET ${R}/collaborators/{username}/permission`, '/collaborators/octocat/permission');
  await one(`GET ${R}/git/commits/{commit_sha}`, `/git/commits/${sha}`);
  await one(`GET ${R}/git/trees/{tree_sha}`, `/git/trees/${tree}`);
  const written = await one(`POST ${R}/git/trees`, '/git/trees', {
    tree: [{ path: 'alias.txt', mode: '100644', type: 'blob', content: 'v1' }],
  });
  const made = await one(`POST ${R}/git/commits`, '/git/commits', {
    message: 'alias',
    tree: written['sha'],
    parents: [sha],
  });
  expect(fake.world.git.read(String(made['sha']))?.bytes.toString()).toMatch(/alias$/);
  const tag = await one(`POST ${R}/git/tags`, '/git/tags', {
    tag: 'v',
    message: 'm',
    object: sha,
    type: 'commit',
  });
  await one(`GET ${R}/git/tags/{tag_sha}`, `/git/tags/${String(tag['sha'])}`);
  const file = await one(`GET ${R}/contents/{path}`, `/contents/data%2Fcontract.yaml?ref=${sha}`);
  await one(`GET ${R}/git/blobs/{file_sha}`, `/git/blobs/${String(file['sha'])}`);
  await one(`POST ${R}/git/refs`, '/git/refs', { ref: 'refs/tags/v1', sha });
  await one(`GET ${R}/git/ref/{ref}`, '/git/ref/tags%2Fv1');
  await one(`GET ${R}/git/matching-refs/{ref}`, '/git/matching-refs/tags%2Fv');
  await one(`PATCH ${R}/git/refs/{ref}`, '/git/refs/tags%2Fv1', { sha: next.sha, force: true });
  await one(`DELETE ${R}/git/refs/{ref}`, '/git/refs/tags%2Fv1');
  await one(`GET ${R}/actions/runs/{run_id}`, `/actions/runs/${run.id}`);
  await one(`GET ${R}/actions/runs/{run_id}/artifacts`, `/actions/runs/${run.id}/artifacts?name=a`);
  await one(`GET ${R}/actions/artifacts/{artifact_id}`, '/actions/artifacts/5');
  await one(`GET ${R}/actions/artifacts/{artifact_id}/{archive_format}`, '/actions/artifacts/5/zip');
  const A = `${R}/actions`;
  await one(`GET ${A}/artifacts`, '/actions/artifacts?name=a');
  await one(`DELETE ${A}/artifacts/{artifact_id}`, '/actions/artifacts/5');
  await one(`GET ${R}/compare/{basehead}`, `/compare/${sha}...${next.sha}`);
  await one(`GET ${A}/workflows/{workflow_id}`, '/actions/workflows/worker.yml');
  const dispatched = await one(
    `POST ${A}/workflows/{workflow_id}/dispatches`,
    '/actions/workflows/worker.yml/dispatches',
    { ref: 'main', inputs: { job: '{}' }, return_run_details: true },
  );
  const of = `/actions/runs/${String(dispatched['workflow_run_id'])}`;
  await one(`GET ${A}/workflows/{workflow_id}/runs`, '/actions/workflows/worker.yml/runs?status=queued');
  await one(`GET ${A}/runs`, '/actions/runs?event=workflow_dispatch');
  fake.world.startRun(Number(dispatched['workflow_run_id']));
  await one(`GET ${A}/runs/{run_id}/jobs`, `${of}/jobs?filter=latest`);
  await one(`GET ${A}/runs/{run_id}/attempts/{attempt_number}/jobs`, `${of}/attempts/1/jobs`);
  fake.world.run({ id: Number(dispatched['workflow_run_id']) }).waitingFor = 'gpu';
  await one(`GET ${A}/runs/{run_id}/pending_deployments`, `${of}/pending_deployments`);
  await one(`POST ${A}/runs/{run_id}/cancel`, `${of}/cancel`);
  const job = `/actions/jobs/${String(fake.world.workflowJobs[0]?.id)}`;
  await one(`GET ${A}/jobs/{job_id}`, job);
  await one(`GET ${A}/jobs/{job_id}/logs`, `${job}/logs`);
  await one(`POST ${A}/runs/{run_id}/rerun-failed-jobs`, `${of}/rerun-failed-jobs`);
  await one(`POST ${A}/runs/{run_id}/force-cancel`, `${of}/force-cancel`);
  fake.world.runners.push({ id: 1, name: 'gpu-1', labels: ['gpu'], status: 'online', busy: false });
  const administrator = fake.token({ permissions: { administration: 'read' } });
  const runners = await fetch(`${fake.url}${repository}/actions/runners`, {
    headers: { authorization: `Bearer ${administrator}` },
  });
  results.set(`GET ${A}/runners`, { status: runners.status, json: await runners.json() });
  const release = await one(`POST ${R}/releases`, '/releases', {
    tag_name: 'm-v1',
    target_commitish: sha,
    draft: true,
  });
  const id = String(release['id']);
  const uploaded = await call(
    fake,
    'POST',
    `/uploads${repository}/releases/${id}/assets?name=m.onnx`,
    Buffer.from('m'),
  );
  results.set(`POST ${R}/releases/{release_id}/assets`, uploaded);
  const asset = String((uploaded.json as Record<string, unknown>)['id']);
  await one(`PATCH ${R}/releases/{release_id}`, `/releases/${id}`, { draft: false, prerelease: true });
  await one(`GET ${R}/releases`, '/releases?per_page=100');
  await one(`GET ${R}/releases/tags/{tag}`, '/releases/tags/m-v1');
  await one(`GET ${R}/releases/{release_id}`, `/releases/${id}`);
  await one(`GET ${R}/releases/{release_id}/assets`, `/releases/${id}/assets`);
  await one(`GET ${R}/releases/assets/{asset_id}`, `/releases/assets/${asset}`);
  await one(`DELETE ${R}/releases/assets/{asset_id}`, `/releases/assets/${asset}`);
  await one(`DELETE ${R}/releases/{release_id}`, `/releases/${id}`);
  const user = fake.token({ login: 'octocat' });
  const answer = await fetch(`${fake.url}/user`, { headers: { authorization: `Bearer ${user}` } });
  results.set('GET /user', { status: answer.status, json: await answer.json() });
  return results;
}

/** Removes the first required key that is found on the way down, so that the answer is none of GitHub's. */
function spoil(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [1] : [spoil(value[0])];
  if (typeof value !== 'object' || value === null) return { spoiled: true };
  if (Object.keys(value).length === 0) return [];
  const missing = ['id', 'sha', 'url', 'total_count', 'workflow_run_id', 'environment', 'permission'];
  return Object.fromEntries(Object.entries(value).filter(([key]) => !missing.includes(key)));
}

describe.skipIf(DESCRIPTION.missing !== undefined)(
  `the referee (${DESCRIPTION.missing ?? 'it is there'})`,
  () => {
    it("finds every operation of the fake as GitHub's description has it, and bites when it is not", async () => {
      await using fake = await startFakeGitHub();
      const results = await callEverything(fake);
      const judged = ROUTES.filter((route) => route.path !== '/graphql');
      expect([...results.keys()].sort()).toEqual(
        judged.map((route) => `${route.method.toUpperCase()} ${route.path}`).sort(),
      );
      expect(fake.violations).toEqual([]);

      const referee = new Referee();
      for (const [operation, { status, json }] of results) {
        expect(status, operation).toBeLessThan(400);
        const [method = '', path = ''] = operation.split(' ');
        const name = method.toLowerCase();
        expect(referee.response(name, path, status, json), operation).toEqual([]);
        // Of an attestation the description requires no key, only that the answer is an object.
        const spoiled =
          json === undefined ? { message: 1 } : path.includes('/attestations') ? [json] : spoil(json);
        expect(referee.response(name, path, status, spoiled), `${operation}, answer spoiled`).not.toEqual([]);
        expect(referee.response(name, path, 299, json), `${operation}, status undeclared`).not.toEqual([]);
        expect(
          referee.request(name, path, new URLSearchParams({ nonsense: '1' }), undefined),
          `${operation}, query undeclared`,
        ).not.toEqual([]);
      }
    });

    const WRITES: readonly (readonly [string, string, unknown])[] = [
      ['post', '/repos/{owner}/{repo}/issues/{issue_number}/comments', { body: 1 }],
      ['patch', '/repos/{owner}/{repo}/issues/comments/{comment_id}', { text: 'x' }],
      ['post', '/repos/{owner}/{repo}/statuses/{sha}', { state: 'green' }],
      ['post', '/repos/{owner}/{repo}/git/trees', { tree: 'x' }],
      ['post', '/repos/{owner}/{repo}/git/commits', { message: 'm' }],
      ['post', '/repos/{owner}/{repo}/git/tags', { tag: 'v', message: 'm', object: 'x', type: 'nonsense' }],
      ['post', '/repos/{owner}/{repo}/git/refs', { ref: 'refs/tags/v1' }],
      ['patch', '/repos/{owner}/{repo}/git/refs/{ref}', { force: true }],
      ['post', '/repos/{owner}/{repo}/releases', { tag: 'v1' }],
      ['post', '/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', { branch: 'main' }],
      ['patch', '/repos/{owner}/{repo}/releases/{release_id}', { draft: 'no' }],
    ];
    it.each(WRITES)('bites on a wrong body of %s %s', (method, path, body) => {
      const referee = new Referee();
      expect(referee.request(method, path, new URLSearchParams(), body)).not.toEqual([]);
    });

    it('makes a test fail whose client sends what GitHub does not know', async () => {
      const fake = await startFakeGitHub();
      const { sha } = fake.commit({ a: 'a' });
      await call(fake, 'POST', `/repos/${fake.repository}/statuses/${sha}`, { state: 'green' });
      await expect(fake[Symbol.asyncDispose]()).rejects.toThrow(/Not as GitHub describes it[^]*statuses/);
      const other = await startFakeGitHub();
      expect((await call(other, 'GET', '/repos/acme/digits/teams')).status).toBe(404);
      await expect(other[Symbol.asyncDispose]()).rejects.toThrow('no such operation');
    });
  },
);
