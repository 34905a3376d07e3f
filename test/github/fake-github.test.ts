import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fake-github-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

async function call(
  fake: Pick<FakeGitHub, 'url'>,
  token: string | undefined,
  line: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(fake.url + path, {
    method,
    redirect: 'manual',
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === '' ? null : JSON.parse(text) };
}

describe('the fake GitHub', () => {
  it('answers 401 without and with a bad token, 403 to one that may not, 404 for what is not there', async () => {
    await using fake = await startFakeGitHub();
    fake.pullRequests.add({ number: 1, head: { sha: 'a'.repeat(40) } });
    const list = 'GET /repos/acme/digits/issues/1/comments';
    expect(await call(fake, undefined, list)).toMatchObject({ status: 401 });
    expect(await call(fake, 'ghs_bad', list)).toMatchObject({
      status: 401,
      json: { message: 'Bad credentials' },
    });
    const reader = fake.token({ permissions: { 'pull-requests': 'read' } });
    expect(await call(fake, reader, list)).toMatchObject({ status: 200, json: [] });
    const refused = await call(fake, reader, 'POST /repos/acme/digits/issues/1/comments', { body: 'x' });
    expect(refused).toMatchObject({
      status: 403,
      json: { message: 'Resource not accessible by integration' },
    });
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('issues=write; pull_requests=write');
    const missing = 'GET /repos/acme/digits/issues/2/comments';
    expect(await call(fake, fake.defaultToken, missing)).toMatchObject({ status: 404 });
    expect(await call(fake, fake.defaultToken, 'GET /repos/acme/other/pulls')).toMatchObject({ status: 404 });
  });

  it('lists 30 a page with a link to the next, 100 at most', async () => {
    await using fake = await startFakeGitHub();
    fake.pullRequests.add({ number: 1, head: { sha: 'a'.repeat(40) } });
    const path = '/repos/acme/digits/issues/1/comments';
    for (let n = 0; n < 130; n++) await call(fake, fake.defaultToken, `POST ${path}`, { body: String(n) });
    const first = await call(fake, fake.defaultToken, `GET ${path}`);
    expect(first.json).toHaveLength(30);
    expect(first.headers.get('link')).toBe(`<${fake.url}${path}?page=2>; rel="next"`);
    const last = await call(fake, fake.defaultToken, `GET ${path}?per_page=500&page=2`);
    expect(last.json).toHaveLength(30);
    expect(last.headers.get('link')).toBeNull();
    const tooLong = await call(fake, fake.defaultToken, `POST ${path}`, { body: 'x'.repeat(65_537) });
    expect(tooLong).toMatchObject({ status: 422 });
  });

  it('answers 304 to a known ETag', async () => {
    await using fake = await startFakeGitHub();
    fake.pullRequests.add({ number: 1, head: { sha: 'a'.repeat(40) } });
    const first = await call(fake, fake.defaultToken, 'GET /repos/acme/digits/pulls/1');
    const etag = first.headers.get('etag') ?? '';
    const second = await call(fake, fake.defaultToken, 'GET /repos/acme/digits/pulls/1', undefined, {
      'if-none-match': etag,
    });
    expect(second).toMatchObject({ status: 304, json: null });
  });

  it('fails as told, for as often as told', async () => {
    await using fake = await startFakeGitHub();
    fake.fail({ kind: 'bad-gateway', on: '^GET /repos', times: 1 });
    fake.fail({ kind: 'secondary-limit', times: 1, retryAfterSeconds: 3 });
    const path = 'GET /repos/acme/digits/pulls';
    expect((await call(fake, fake.defaultToken, path)).status).toBe(502);
    const limited = await call(fake, fake.defaultToken, path);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([403, '3']);
    expect((await call(fake, fake.defaultToken, path)).status).toBe(200);
    fake.fail({ kind: 'silence' });
    const silent = fetch(`${fake.url}/repos/acme/digits/pulls`, { signal: AbortSignal.timeout(200) });
    await expect(silent).rejects.toThrow(/timeout/);
  });

  it("names objects as git does, and serves a real repository's", async () => {
    await using fake = await startFakeGitHub();
    const git = (...words: string[]): string =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=n', '-c', 'user.email=e@x.org', ...words], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q');
    await writeFile(join(directory, 'b.txt'), 'b\n');
    await writeFile(join(directory, 'a.txt'), 'a\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    const sha = git('rev-parse', 'HEAD');
    expect(fake.commit({ 'b.txt': 'b\n', 'a.txt': 'a\n' }).tree).toBe(git('rev-parse', 'HEAD^{tree}'));
    expect(fake.world.git.treeOf(sha)).toBeUndefined();
    fake.world.git.attach(directory);
    const commit = await call(fake, fake.defaultToken, `GET /repos/acme/digits/git/commits/${sha}`);
    expect(commit.json).toMatchObject({ message: 'first', tree: { sha: git('rev-parse', 'HEAD^{tree}') } });
    const file = await call(fake, fake.defaultToken, `GET /repos/acme/digits/contents/a.txt?ref=${sha}`);
    expect(file.json).toMatchObject({ content: Buffer.from('a\n').toString('base64') });
  });

  it('keeps the rules of releases and refs', async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: 'a' }, { ref: 'refs/heads/main' });
    const other = fake.commit({ b: 'b' });
    const R = '/repos/acme/digits';
    const token = fake.defaultToken;
    const draft = await call(fake, token, `POST ${R}/releases`, { tag_name: 'v1', draft: true });
    const { id } = draft.json as { id: number };
    expect((await call(fake, token, `GET ${R}/releases/tags/v1`)).status).toBe(404);
    const reader = fake.token({ permissions: { contents: 'read' } });
    expect((await call(fake, reader, `GET ${R}/releases`)).json).toEqual([]);
    expect((await call(fake, reader, `GET ${R}/releases/${id}`)).status).toBe(404);
    expect((await call(fake, token, `PATCH ${R}/releases/${id}`, { draft: false })).status).toBe(200);
    expect(fake.world.refs.get('refs/tags/v1')).toBe(sha);
    expect((await call(fake, token, `POST ${R}/releases`, { tag_name: 'v1' })).status).toBe(422);
    const nowhere = { tag_name: 'v9', target_commitish: 'gone' };
    expect((await call(fake, token, `POST ${R}/releases`, nowhere)).status).toBe(422);

    const again = await call(fake, token, `POST ${R}/git/refs`, { ref: 'refs/tags/v1', sha });
    expect(again).toMatchObject({ status: 422, json: { message: 'Reference already exists' } });
    const move = `PATCH ${R}/git/refs/tags%2Fv1`;
    expect((await call(fake, token, move, { sha: other.sha })).json).toMatchObject({
      message: 'Update is not a fast forward',
    });
    expect((await call(fake, token, move, { sha: other.sha, force: true })).status).toBe(200);
    expect((await call(fake, token, `PATCH ${R}/git/refs/tags%2Fno`, { sha })).status).toBe(422);
    expect((await call(fake, token, `POST ${R}/git/refs`, { ref: 'v2', sha })).status).toBe(422);
    const unknown = { ref: 'refs/tags/v3', sha: 'b'.repeat(40) };
    expect((await call(fake, token, `POST ${R}/git/refs`, unknown)).status).toBe(422);
    expect((await call(fake, token, `DELETE ${R}/git/refs/tags%2Fno`)).status).toBe(422);
  });

  it('runs as a process of its own, preset and read over HTTP', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), 'acme/cats'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const server = JSON.parse(line.toString()) as { url: string; token: string };
    const commit = (): string => {
      execFileSync('git', ['-C', directory, 'init', '-q']);
      const words = ['-C', directory, '-c', 'user.name=n', '-c', 'user.email=e@x.org', 'commit', '-q'];
      execFileSync('git', [...words, '--allow-empty', '-m', 'x']);
      return execFileSync('git', ['-C', directory, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
    };
    const sha = commit();
    expect((await call(server, undefined, 'POST /_fake/attach', { directory })).status).toBe(204);
    const pull = await call(server, undefined, 'POST /_fake/pull-request', { number: 3, head: { sha } });
    expect(pull).toMatchObject({ status: 201, json: { number: 3, base: { ref: 'main' } } });
    await call(server, undefined, 'POST /_fake/ref', { ref: 'refs/heads/main', sha });
    const made = await call(server, undefined, 'POST /_fake/token', { permissions: { statuses: 'write' } });
    const { token } = made.json as { token: string };
    const status = await call(server, token, `POST /repos/acme/cats/statuses/${sha}`, { state: 'success' });
    expect(status.status).toBe(201);
    await call(server, undefined, 'POST /_fake/fault', { kind: 'bad-gateway' });
    expect((await call(server, token, 'GET /repos/acme/cats/pulls')).status).toBe(502);
    await call(server, undefined, 'POST /_fake/clear-faults');
    const environment = await call(server, undefined, 'POST /_fake/environment', {
      directory,
      workspace: directory,
      event: 'pull_request',
      payload: { number: 3 },
      runId: 42,
    });
    expect(environment.json).toMatchObject({ GITHUB_RUN_ID: '42', GITHUB_API_URL: server.url });
    const { GITHUB_EVENT_PATH: event } = environment.json as { GITHUB_EVENT_PATH: string };
    expect(JSON.parse(await readFile(event, 'utf8'))).toEqual({ number: 3 });
    const state = await call(server, undefined, 'GET /_fake/state');
    expect(state.json).toMatchObject({
      statuses: [{ sha }],
      refs: { 'refs/heads/main': sha },
      violations: [],
    });
    expect((await call(server, undefined, 'GET /_fake/exchanges')).json).toEqual(expect.any(Array));
    expect((await call(server, undefined, 'GET /_fake/nonsense')).status).toBe(404);
    expect((await call(server, undefined, 'POST /_fake/nonsense')).status).toBe(404);
    child.stdin.end();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
