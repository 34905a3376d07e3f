import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { readAnswer } from '../../shared/github/answer.ts';
import { createClient, type ClientOptions, type GitHubClient } from '../../shared/github/client.ts';
import { GitHubError, isAbsent, outcomeOf, RefusedError } from '../../shared/github/permission.ts';
import { repositoryName } from '../../shared/github/repository.ts';
import { VERSION } from '../../shared/version.ts';
import { z } from 'zod';
import { type FakeGitHub, startFakeGitHub } from './fake-github.ts';
import { containing, matching } from './matching.ts';
import { quietLogger } from './quiet-logger.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const REPOSITORY = { owner: 'acme', repo: 'digits' };

async function open(
  fake: Pick<FakeGitHub, 'url'> & { defaultToken?: string },
  options: Partial<ClientOptions> & { said?: string[] } = {},
): Promise<GitHubClient> {
  return await createClient({
    token: fake.defaultToken ?? 'token',
    environment: { GITHUB_API_URL: `${fake.url}/` },
    logger: quietLogger(options.said),
    secondMs: 2,
    ...options,
  });
}

/** Starts a server that is no GitHub. */
async function serve(answer: Parameters<typeof createServer>[1]): Promise<{ url: string }> {
  const server = createServer(answer ?? (() => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The stream of a download; the client has no type for a route of nobody. */
function binaryOf(answer: { readonly data: unknown }): ReadableStream {
  if (answer.data instanceof ReadableStream) return answer.data;
  throw new Error('no stream');
}

describe('the client', () => {
  it('says who it is, with which version and token', async () => {
    await using fake = await startFakeGitHub();
    const client = await open(fake);
    await client.rest.pulls.list({ ...REPOSITORY });
    expect(fake.exchanges[0]?.headers).toMatchObject({
      authorization: `token ${fake.defaultToken}`,
      'user-agent': matching(new RegExp(`^trainyard/${VERSION} octokit`)),
    });
  });

  it('does not start without a token, nor with an address that is none', async () => {
    for (const token of [undefined, '', '  ']) {
      const options = { token, environment: {}, logger: quietLogger() };
      await expect(createClient(options)).rejects.toThrow(/^No token was given/);
    }
    const bad = { token: 't', logger: quietLogger() };
    await expect(createClient({ ...bad, environment: { GITHUB_API_URL: 'ftp://x' } })).rejects.toThrow(
      'GITHUB_API_URL is "ftp://x"',
    );
    for (const value of ['0', '301', 'ten']) {
      const environment = { TRAINYARD_GITHUB_TIMEOUT_SECONDS: value };
      await expect(createClient({ ...bad, environment })).rejects.toThrow(`_TIMEOUT_SECONDS is "${value}"`);
    }
    const environment = { TRAINYARD_GITHUB_TIMEOUT_SECONDS: '20' };
    const client = await createClient({ ...bad, environment });
    expect(client.request.endpoint.DEFAULTS.baseUrl).toBe('https://api.github.com');
  });

  it('tries a 502 again, and gives up in plain words', async () => {
    await using fake = await startFakeGitHub();
    const client = await open(fake);
    fake.fail({ kind: 'bad-gateway', times: 2 });
    await expect(client.rest.pulls.list({ ...REPOSITORY })).resolves.toMatchObject({ status: 200 });
    expect(fake.exchanges.map(({ status }) => status)).toEqual([502, 502, 200]);
    fake.fail({ kind: 'bad-gateway' });
    const failure = client.rest.pulls.list({ ...REPOSITORY });
    await expect(failure).rejects.toThrow(/GitHub could not answer GET .*pulls \(502: Server Error\)/);
    await expect(failure).rejects.toBeInstanceOf(InfrastructureError);
  });

  it('waits as long as a secondary limit asks, but not for ever, and does not call it a permission', async () => {
    await using fake = await startFakeGitHub();
    const said: string[] = [];
    const client = await open(fake, { said });
    fake.fail({ kind: 'secondary-limit', times: 1, retryAfterSeconds: 3 });
    await expect(client.rest.pulls.list({ ...REPOSITORY })).resolves.toMatchObject({ status: 200 });
    expect(said).toEqual(['GitHub asks to wait 3 seconds (secondary rate limit).']);
    fake.fail({ kind: 'secondary-limit', retryAfterSeconds: 3600 });
    const failure = client.rest.pulls.list({ ...REPOSITORY });
    await expect(failure).rejects.toThrow(/rate limit is reached .*it asks to wait 3600 seconds/);
    await expect(failure).rejects.toBeInstanceOf(GitHubError);
    await expect(outcomeOf(() => failure.then(() => ({ done: true })))).rejects.toThrow('rate limit');
  });

  it('ends in bounded time where GitHub answers nothing', async () => {
    await using fake = await startFakeGitHub();
    fake.fail({ kind: 'silence' });
    const client = await open(fake, { timeoutMs: 100 });
    const began = Date.now();
    const failure = client.rest.pulls.list({ ...REPOSITORY });
    await expect(failure).rejects.toThrow(
      /GitHub did not answer GET .*pulls: no answer within 0.1 seconds\./,
    );
    await expect(failure).rejects.toBeInstanceOf(InfrastructureError);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it('ends in bounded time where an answer stalls, also that of a download', async () => {
    const stalling = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('[');
    });
    const client = await open(stalling, { timeoutMs: 100 });
    await expect(client.rest.pulls.list({ ...REPOSITORY })).rejects.toThrow('no answer within');
    const data = binaryOf(
      await client.request('GET /x', {
        headers: { accept: 'application/octet-stream' },
        request: { parseSuccessResponseBody: false },
      }),
    );
    const read = new Response(data).arrayBuffer();
    await expect(read).rejects.toThrow('no answer within');
  });

  it('streams a binary download as long as it flows, whatever the limit', async () => {
    const slow = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        response.write('x');
        if (sent < 8) return;
        clearInterval(timer);
        response.end();
      }, 50);
    });
    const client = await open(slow, { timeoutMs: 200 });
    const data = binaryOf(
      await client.request('GET /x', {
        headers: { accept: 'application/octet-stream' },
        request: { parseSuccessResponseBody: false },
      }),
    );
    expect(await new Response(data).text()).toBe('xxxxxxxx');
    const cancelled = await client.request('GET /x', {
      headers: { accept: 'application/octet-stream' },
      request: { parseSuccessResponseBody: false },
    });
    await binaryOf(cancelled).cancel();
  });

  it('says so where nothing listens, and stops at once where it is cancelled', async () => {
    const nobody = await serve(undefined);
    closers.splice(0).forEach((close) => close());
    const client = await open(nobody);
    await expect(client.rest.pulls.list({ ...REPOSITORY })).rejects.toThrow(/did not answer .*ECONNREFUSED/);

    await using fake = await startFakeGitHub();
    fake.fail({ kind: 'silence' });
    const controller = new AbortController();
    const waiting = (await open(fake)).rest.pulls.list({
      ...REPOSITORY,
      request: { signal: controller.signal },
    });
    setTimeout(() => controller.abort(new Error('cancelled')), 50);
    await expect(waiting).rejects.toThrow(/^cancelled$/);
  });

  it('tells a missing permission, a bad token and what is not there apart', async () => {
    await using fake = await startFakeGitHub();
    const reader = await open(fake, { token: fake.token({ permissions: { contents: 'read' } }) });
    const refused = reader.rest.repos.createCommitStatus({
      ...REPOSITORY,
      sha: 'a'.repeat(40),
      state: 'success',
    });
    await expect(refused).rejects.toThrow('`statuses: write` is missing');
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    const bad = (await open(fake, { token: 'ghs_bad' })).rest.pulls.list({ ...REPOSITORY });
    await expect(bad).rejects.toMatchObject({ status: 401 });
    const absent = (await open(fake)).rest.pulls.get({ ...REPOSITORY, pull_number: 9 });
    await expect(absent).rejects.toSatisfy(isAbsent);
    const invalid = (await open(fake)).rest.git.createRef({
      ...REPOSITORY,
      ref: 'refs/tags/x',
      sha: 'b'.repeat(40),
    });
    await expect(invalid).rejects.toMatchObject({
      status: 422,
      message: containing('rejected'),
    });
  });

  it('uploads a blob to the address that GitHub gave', async () => {
    await using fake = await startFakeGitHub();
    fake.commit({ a: 'a' }, { ref: 'refs/heads/main' });
    const client = await open(fake);
    const { data } = await client.rest.repos.createRelease({ ...REPOSITORY, tag_name: 'v1', draft: true });
    const sent = await client.request(`POST ${data.upload_url}`, {
      name: 'model.onnx',
      data: new Blob(['bytes']),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(sent).toMatchObject({ status: 201, data: { name: 'model.onnx', size: 5 } });
    const again = client.request(`POST ${data.upload_url}`, { name: 'model.onnx', data: new Blob(['x']) });
    await expect(again).rejects.toThrow(/already_exists/);
  });
});

describe('what surrounds a call', () => {
  it('throws on what is no refusal', async () => {
    await expect(outcomeOf(() => Promise.reject(new Error('defect')))).rejects.toThrow('defect');
    const refused = new RefusedError('no.', { status: 403, remedy: 'Ask.' });
    await expect(outcomeOf(() => Promise.reject(refused))).resolves.toEqual({
      done: false,
      reason: 'No. Ask.',
    });
    expect(isAbsent(refused)).toBe(false);
  });

  it('believes no answer without its form', () => {
    const schema = z.object({ id: z.int() });
    expect(readAnswer(schema, { id: 1, other: 2 }, 'it')).toEqual({ id: 1 });
    expect(() => readAnswer(schema, '<html>', 'the thing')).toThrow(
      /answer about the thing .*: its answer: /,
    );
    expect(() => readAnswer(schema, { id: 'x' }, 'the thing')).toThrow(/"id"/);
  });

  it('names a repository as owner and name', () => {
    expect(repositoryName('acme/digits')).toEqual({ owner: 'acme', repo: 'digits' });
    for (const text of ['acme', '', 'a/b/c', 'a b/c', undefined, null]) {
      expect(() => repositoryName(text)).toThrow('owner/name');
    }
  });
});
