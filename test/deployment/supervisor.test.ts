import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewRevision } from '../../actions/deploy-endpoint/src/server/control-protocol.ts';
import { ControlClient } from '../../actions/deploy-endpoint/src/server/control-client.ts';
import { strippedEnvironment } from '../../actions/deploy-endpoint/src/server/environment.ts';
import type { SupervisorAnswer } from '../../actions/deploy-endpoint/src/server/messages.ts';
import { MAX_BODY_BYTES } from '../../actions/deploy-endpoint/src/server/inference-server.ts';
import { createPlainLogger } from '../../actions/deploy-endpoint/src/server/plain-logger.ts';
import { createProxy } from '../../actions/deploy-endpoint/src/server/proxy.ts';
import { type EndpointState, readState } from '../../actions/deploy-endpoint/src/server/state-file.ts';
import { runSupervisor } from '../../actions/deploy-endpoint/src/server/supervisor-process.ts';
import { runWorker } from '../../actions/deploy-endpoint/src/server/worker-process.ts';
import { classifier } from './onnx-model.ts';
import { onnxRuntimePath } from './onnx-runtime.ts';
import { until } from './processes.ts';
import { PROGRAMS } from './scene.ts';

const signal = new AbortController().signal;
const logger = createPlainLogger(() => undefined);
/** Beyond what Linux gives: a client that waits for its end waits for nothing. */
const NOBODY = 2 ** 22 + 1;
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-supervisor-')));
  await writeFile(join(folder, 'model.onnx'), classifier());
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A supervisor in this process; its workers are processes of their own. */
async function supervise(
  port = 0,
): Promise<{ answer: SupervisorAnswer; ended: Promise<void>; channel: EventEmitter }> {
  const channel = new EventEmitter();
  const answers: SupervisorAnswer[] = [];
  const parent = Object.assign(channel, {
    pid: NOBODY,
    send: (answer: SupervisorAnswer) => answers.push(answer),
  });
  const ended = runSupervisor(parent, logger, strippedEnvironment(process.env, false));
  channel.emit('message', {
    type: 'start',
    endpoint: 'digits',
    folder,
    port,
    token: 't'.repeat(64),
    workerEntry: PROGRAMS.worker,
    onnxruntimePath: await onnxRuntimePath(),
  });
  await until('the supervisor answers', () => answers.length > 0);
  const [answer] = answers;
  if (answer === undefined) throw new Error('no answer');
  return { answer, ended, channel };
}

async function client(
  change: Partial<EndpointState> = {},
): Promise<{ client: ControlClient; state: EndpointState }> {
  const state = await readState(folder);
  if (state === undefined) throw new Error('no state');
  return { client: new ControlClient({ ...state, ...change }), state };
}

const revision = (id: string, path = join(folder, 'model.onnx')): NewRevision => ({
  id,
  model: 'digits',
  version: 'v1',
  modelDigest: 'a'.repeat(64),
  path,
  label: 'model.onnx',
});

const serving = (control: ControlClient, id: string): Promise<void> =>
  until(`${id} serves`, async () => {
    const status = await control.status(signal);
    return status.revisions.some((entry) => entry.id === id && entry.state === 'serving');
  });

describe('supervisor', () => {
  it('has one active revision, keeps the one before, and ends with the last', async () => {
    const { answer, ended } = await supervise();
    expect(answer).toEqual({ type: 'started' });
    const { client: control, state } = await client();
    const url = `http://127.0.0.1:${state.port}/v2/models/digits`;
    expect((await fetch(url)).status).toBe(503);
    await control.add(revision('r1'), signal);
    await serving(control, 'r1');
    await expect(control.add(revision('r1'), signal)).rejects.toThrow(
      /refused: There is a revision r1 already/,
    );
    await expect(control.shift('r9', null, signal)).rejects.toThrow(/There is no revision r9/);
    await expect(control.shift('r1', 'r0', signal)).rejects.toThrow(
      /serves nothing, not r0: another deployment/,
    );
    expect(await control.shift('r1', null, signal)).toMatchObject({ active: 'r1', previous: null });
    expect(await control.shift('r1', 'r1', signal)).toMatchObject({ active: 'r1', previous: null });
    expect((await fetch(url)).headers.get('x-trainyard-revision')).toBe('r1');

    await control.add(revision('r2'), signal);
    await expect(control.shift('r2', 'r1', signal)).rejects.toThrow(/The revision r2 does not serve/);
    await serving(control, 'r2');
    expect(await control.shift('r2', 'r1', signal)).toMatchObject({ active: 'r2', previous: 'r1' });
    expect(await control.restore('r1', signal)).toMatchObject({ active: 'r1', previous: null });
    expect(await control.restore('r1', signal)).toMatchObject({ active: 'r1', previous: null });
    await expect(control.confirm('r2', signal)).rejects.toThrow(/does not serve r2/);
    await control.shift('r2', 'r1', signal);
    expect(await control.confirm('r2', signal)).toMatchObject({
      active: 'r2',
      previous: null,
      revisions: [{ id: 'r2' }],
    });
    await control.stopRevision('r1', signal);
    await Promise.all([control.stop(signal), ended]);
    expect(await readdir(folder)).toEqual(['model.onnx']);
  }, 60_000);

  it('tells why a model cannot be served', async () => {
    const { ended, channel } = await supervise();
    const { client: control } = await client();
    await control.add(revision('r1', join(folder, 'endpoint.json')), signal);
    await until('r1 has failed', async () => (await control.status(signal)).revisions[0]?.state === 'failed');
    expect((await control.status(signal)).revisions[0]?.failure).toMatchObject({
      owner: 'model',
      message: expect.stringMatching(/^The file "model.onnx" is not an ONNX model/) as string,
    });
    channel.emit('SIGTERM');
    await ended;
  }, 60_000);

  it('obeys only whom the state file told its token, and only what it knows', async () => {
    const { ended, channel } = await supervise();
    const { state } = await client();
    const stranger = (await client({ token: 'x'.repeat(64) })).client;
    await expect(stranger.stop(signal)).rejects.toThrow(/refused: The token is not that of this endpoint/);
    const ask = async (path: string, body?: string): Promise<number> =>
      (
        await fetch(`http://127.0.0.1:${state.controlPort}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${state.token}` },
          ...(body === undefined ? {} : { body }),
        })
      ).status;
    expect(await ask('/format-disk')).toBe(404);
    expect(await ask('/shift', '{"to": 5}')).toBe(400);
    expect(await ask('/shift', '{')).toBe(400);
    expect(await ask('/revisions', JSON.stringify({ ...revision('../../etc') }))).toBe(400);
    expect(await ask('/shift', 'x'.repeat(100_000))).toBe(400);
    channel.emit('SIGTERM');
    await ended;
  }, 60_000);

  it('does not start on a port in use, nor twice', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = await supervise((other.address() as AddressInfo).port);
    expect(taken.answer).toMatchObject({ type: 'failed', code: 'port-in-use' });
    await taken.ended;
    other.close();
    const first = await supervise();
    const second = await supervise();
    expect(second.answer).toMatchObject({ type: 'failed', code: 'already-started' });
    await second.ended;
    first.channel.emit('SIGTERM');
    await first.ended;
  }, 60_000);
});

describe('worker', () => {
  async function work(
    message: unknown,
  ): Promise<{ answer: Record<string, unknown>; end: () => Promise<void> }> {
    const channel = new EventEmitter();
    const answers: Record<string, unknown>[] = [];
    const ended = runWorker(
      Object.assign(channel, { send: (sent: object) => answers.push({ ...sent }) }),
      logger,
      {},
    );
    channel.emit('message', message);
    await until('the worker answers', () => answers.length > 0);
    return {
      answer: answers[0] ?? {},
      async end() {
        channel.emit('disconnect');
        await ended;
      },
    };
  }

  it('serves until its supervisor is gone', async () => {
    const start = { type: 'start', model: 'digits', version: 'v1', revision: 'r1', label: 'm', threads: 1 };
    const { answer, end } = await work({
      ...start,
      path: join(folder, 'model.onnx'),
      onnxruntimePath: await onnxRuntimePath(),
    });
    const url = `http://127.0.0.1:${String(answer['port'])}/v2/health/ready`;
    expect((await fetch(url)).status).toBe(200);
    await end();
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  it('tells what it cannot do', async () => {
    const { answer, end } = await work({ type: 'start' });
    expect(answer).toMatchObject({ type: 'failed', owner: 'infrastructure' });
    await end();
  });
});

describe('proxy', () => {
  async function proxied(
    upstream: Parameters<typeof createServer>[1],
    use: (url: string, done: () => number) => Promise<void>,
  ): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    const backend = createServer(upstream).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const { port } = backend.address() as AddressInfo;
    let ended = 0;
    const proxy = createProxy(() => ({ port, agent, done: () => ended++ })).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    try {
      await use(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, () => ended);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
      agent.destroy();
      backend.closeAllConnections();
      backend.close();
    }
  }

  /** The status that a client gets that reads nothing before its whole body is sent. */
  async function sendWhole(url: string, bytes: number): Promise<string> {
    await using client = connect(Number(new URL(url).port), '127.0.0.1');
    client.write(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${bytes}\r\n\r\n`);
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      if (!client.write(chunk)) await once(client, 'drain');
    }
    const [answer] = (await once(client, 'data')) as [Buffer];
    return answer.toString().split('\r\n')[0] ?? '';
  }

  it('says that a body is too large, to a client that sends it whole before it reads, too', async () => {
    let asked = 0;
    await proxied(
      (_request, response) => {
        asked++;
        response.end();
      },
      async (url) => {
        const bytes = MAX_BODY_BYTES + 1024 * 1024;
        expect(await sendWhole(url, bytes)).toBe('HTTP/1.1 413 Payload Too Large');
        expect(asked).toBe(0);
      },
    );
  }, 20_000);

  it('lets a client finish its body where the worker hung up on it', async () => {
    await proxied(
      (request) => request.socket.destroy(),
      async (url) => {
        expect(await sendWhole(url, 32 * 1024 * 1024)).toBe('HTTP/1.1 502 Bad Gateway');
      },
    );
  }, 20_000);

  it('forwards method, body and headers, without those of one connection', async () => {
    await proxied(
      (request, response) => {
        response.setHeader('x-seen', JSON.stringify({ method: request.method, ...request.headers }));
        response.setHeader('keep-alive', 'timeout=1');
        request.pipe(response);
      },
      async (url, done) => {
        const outgoing = httpRequest(url, {
          method: 'POST',
          headers: { 'x-mine': 'yes', 'x-hop': 'no', connection: 'close, x-hop', te: 'trailers' },
        });
        outgoing.end('hello');
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
        const seen = JSON.parse(String(response.headers['x-seen'])) as Record<string, string>;
        expect(seen).toMatchObject({ method: 'POST', 'x-mine': 'yes' });
        expect(seen).not.toHaveProperty('x-hop');
        expect(seen).not.toHaveProperty('te');
        let text = '';
        for await (const chunk of response) text += String(chunk);
        expect(text).toBe('hello');
        await until('the request is done', () => done() === 1);
      },
    );
  });

  it('answers 502 where the server of the model ends, and cuts an answer that was begun', async () => {
    await proxied(
      (request, response) => {
        if (request.url === '/begun') response.write('half');
        setTimeout(() => request.socket.destroy(), 20);
      },
      async (url, done) => {
        const response = await fetch(`${url}/none`);
        expect(response.status).toBe(502);
        expect(await response.json()).toEqual({ error: 'The server of the model ended before it answered.' });
        await expect(fetch(`${url}/begun`).then((begun) => begun.text())).rejects.toThrow();
        await until('both requests are done', () => done() === 2);
      },
    );
  });

  it('ends the request behind when the caller goes away', async () => {
    let gone = false;
    await proxied(
      (request) => {
        request.socket.once('close', () => {
          gone = true;
        });
      },
      async (url, done) => {
        const controller = new AbortController();
        const asking = fetch(url, { signal: controller.signal }).catch(() => 'aborted');
        await sleep(50);
        controller.abort();
        expect(await asking).toBe('aborted');
        await until('the request behind has ended', () => gone && done() === 1);
      },
    );
  });
});
