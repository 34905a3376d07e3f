import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { ZodError } from 'zod';
import { messageOf } from '../../../../shared/errors.ts';
import { confirmSchema, newRevisionSchema, restoreSchema, shiftSchema } from './control-protocol.ts';
import { Conflict, type Supervisor } from './supervisor.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** The supervisor's own interface for later steps, behind a secret that only the state file holds. */
export function createControlServer(supervisor: Supervisor, token: string, url: () => string): Server {
  const expected = digest(`Bearer ${token}`);
  return createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(body));
    };
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      request.resume();
      answer(401, { error: 'The token is not that of this endpoint.' });
      return;
    }
    command(supervisor, request).then(
      (known) => answer(known ? 200 : 404, known ? supervisor.status(url()) : { error: 'No such command.' }),
      (error: unknown) => answer(statusOf(error), { error: messageOf(error) }),
    );
  });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function statusOf(error: unknown): number {
  if (error instanceof Conflict) return 409;
  return error instanceof ZodError || error instanceof SyntaxError ? 400 : 500;
}

async function command(supervisor: Supervisor, request: IncomingMessage): Promise<boolean> {
  const body = await bodyOf(request);
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /status':
      return true;
    case 'POST /revisions':
      supervisor.add(newRevisionSchema.parse(body));
      return true;
    case 'POST /shift': {
      const { to, expected } = shiftSchema.parse(body);
      supervisor.shift(to, expected);
      return true;
    }
    case 'POST /restore':
      supervisor.restore(restoreSchema.parse(body).to);
      return true;
    case 'POST /confirm':
      await supervisor.confirm(confirmSchema.parse(body).revision);
      return true;
    case 'POST /stop-revision':
      await supervisor.stop(confirmSchema.parse(body).revision);
      return true;
    case 'POST /stop':
      await supervisor.stopAll();
      return true;
    default:
      return false;
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk as Uint8Array);
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) throw new SyntaxError('The body is too long.');
    chunks.push(buffer);
  }
  return bytes === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
