import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { InfrastructureError, SubjectError } from '../../../shared/errors.ts';
import { createClient } from '../../../shared/github/client.ts';
import { ConditionalRequests } from '../../../shared/github/conditional-requests.ts';
import { readLogTail } from '../../../shared/github/job-logs.ts';
import { readArtifactFile } from '../../../shared/github/repository-artifacts.ts';
import { z } from 'zod';
import { quietLogger } from '../../github/quiet-logger.ts';
import { zip } from '../../github/zip.ts';

const { signal } = new AbortController();
const JOB = { repository: 'acme/digits', jobId: 7, lines: 3 };

type Answer = Parameters<typeof createServer>[1];

/** A server whose API redirects to `/storage`, where `answer` speaks. */
async function storage(answer: NonNullable<Answer>, location?: string) {
  const server = createServer((request, response) => {
    if (request.url === '/storage') {
      answer(request, response);
      return;
    }
    const { port } = server.address() as AddressInfo;
    response.writeHead(302, { location: location ?? `http://127.0.0.1:${port}/storage` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await createClient({
    token: 'ghs_secret',
    environment: { GITHUB_API_URL: url },
    logger: quietLogger(),
    secondMs: 2,
  });
  return {
    client,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a download that GitHub redirects', () => {
  it('reaches the storage without the token, and keeps only the end of a long log', async () => {
    let authorization: string | undefined = 'none';
    await using s = await storage((request, response) => {
      ({ authorization } = request.headers);
      response.writeHead(200, { 'content-type': 'text/plain' });
      for (let line = 0; line < 60_000; line += 1) {
        response.write(`2026-11-22T00:00:00.0000000Z ${'x'.repeat(30)} ${line}\r\n`);
      }
      response.end();
    });
    const lines = await readLogTail(s.client, JOB, signal);
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['59997', '59998', '59999']);
    expect(lines[0]).toMatch(/^x+ /);
    expect(authorization).toBeUndefined();
  });

  it('that breaks off says so', async () => {
    await using s = await storage((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' });
      response.write('half', () => response.socket?.destroy());
    });
    await expect(readLogTail(s.client, JOB, signal)).rejects.toThrow(
      'The download of the log of the job failed',
    );
    await expect(readLogTail(s.client, JOB, signal)).rejects.toThrow(InfrastructureError);
  });

  it('to nowhere says so', async () => {
    await using s = await storage((_request, response) => void response.end(), 'nowhere');
    await expect(readLogTail(s.client, JOB, signal)).rejects.toThrow('names no place to download the log');
  });

  it('that is cancelled ends as cancelled', async () => {
    const stop = new AbortController();
    await using s = await storage((_request, response) => {
      response.writeHead(200).write('x');
      stop.abort(new Error('cancelled by the user'));
    });
    await expect(readLogTail(s.client, JOB, stop.signal)).rejects.toThrow('cancelled by the user');
  });

  it('is never larger than it may be, whatever was told of it', async () => {
    await using s = await storage(
      (_request, response) => void response.end(zip({ 'a.json': 'x'.repeat(5_000) })),
    );
    const artifact = { id: 1, name: 'big', bytes: 10, digest: undefined };
    const options = { repository: 'acme/digits', artifact, file: 'a.json', maxBytes: 1_000 };
    await expect(readArtifactFile(s.client, options, signal)).rejects.toThrow(SubjectError);
    await expect(
      readArtifactFile(s.client, { ...options, artifact: { ...artifact, bytes: 2_000 } }, signal),
    ).rejects.toThrow('the artifact "big" is larger than 1000 bytes');
    expect(await readArtifactFile(s.client, { ...options, maxBytes: 10_000 }, signal)).toHaveLength(5_000);
  });

  it('of something that is no archive says so', async () => {
    await using s = await storage((_request, response) => void response.end('no archive at all'));
    const artifact = { id: 1, name: 'odd', bytes: 10, digest: undefined };
    const options = { repository: 'acme/digits', artifact, file: 'a.json', maxBytes: 1_000 };
    await expect(readArtifactFile(s.client, options, signal)).rejects.toThrow(
      'the artifact "odd" is no ZIP archive.',
    );
  });
});

describe('conditional requests', () => {
  it('remember what was asked last, and forget what was asked long ago', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const conditional = request.headers['if-none-match'] === '"v"';
      asked.push(`${request.url ?? ''} ${conditional ? 304 : 200}`);
      if (conditional) return void response.writeHead(304).end();
      response.writeHead(200, { etag: '"v"', 'content-type': 'application/json' }).end('{"a":1}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = await createClient({
      token: 't',
      environment: { GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      logger: quietLogger(),
    });
    const requests = new ConditionalRequests(client);
    const form = { schema: z.object({ a: z.number() }), what: 'a thing' };
    const get = (id: number) => requests.get('GET /things/{id}', { id }, form, signal);
    expect(await get(0)).toEqual({ data: { a: 1 }, changed: true });
    expect(await get(0)).toEqual({ data: { a: 1 }, changed: false });
    for (let id = 1; id <= 200; id += 1) await get(id);
    expect((await get(200)).changed).toBe(false);
    expect((await get(0)).changed).toBe(true);
    expect(asked.at(-1)).toBe('/things/0 200');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
