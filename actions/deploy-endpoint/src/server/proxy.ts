import {
  type Agent,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { MAX_BODY_BYTES } from './inference-server.ts';

/** Whoever answers a request: a worker's port. `done` is called when the request has ended, however it did. */
export interface Upstream {
  readonly port: number;
  readonly agent: Agent;
  done(): void;
}

/** RFC 9110, section 7.6.1: these concern one connection and are not forwarded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/));
  const kept: [string, string | string[]][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** Longer than any client's pause between two requests of a test, so that clients find connections open. */
const KEEP_ALIVE_MS = 65_000;

/** The public server: forwards every request to the upstream that `choose` names at that moment. */
export function createProxy(choose: () => Upstream | { readonly unavailable: string }): Server {
  const server = createServer((request, response) => {
    const upstream = choose();
    if ('unavailable' in upstream) {
      request.resume();
      answerError(response, 503, upstream.unavailable);
      return;
    }
    response.once('close', () => upstream.done());
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
      // The worker would hang up on such a body, which cannot be told from one that died.
      request.resume();
      answerError(response, 413, `The request's body is larger than ${MAX_BODY_BYTES} bytes.`);
      return;
    }
    forward(request, response, upstream);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

function forward(request: IncomingMessage, response: ServerResponse, upstream: Upstream): void {
  const outgoing = httpRequest({
    host: '127.0.0.1',
    port: upstream.port,
    method: request.method,
    path: request.url,
    headers: endToEnd(request.headers),
    agent: upstream.agent,
  });
  outgoing.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  outgoing.once('error', () => {
    // A client that sends all of its body before it reads would otherwise wait for ever.
    request.unpipe(outgoing);
    request.resume();
    answerError(response, 502, 'The server of the model ended before it answered.');
  });
  response.once('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

/** Answers as the Open Inference Protocol writes errors. */
function answerError(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
}
