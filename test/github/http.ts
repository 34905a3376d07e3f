import type { IncomingMessage } from 'node:http';

/** One request as the fake received it, body read to its end. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What the fake answers. `json` and `bytes` exclude each other; neither means an empty body. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request and its answer, for assertions on what really went over the wire. */
export interface Exchange {
  readonly method: string;
  /** Path with the query, as sent. */
  readonly url: string;
  readonly headers: Received['headers'];
  /** Parsed where the content type is JSON. */
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

/** An error answer that a handler throws. */
export class AnswerError extends Error {
  readonly answer: Answer;
  constructor(status: number, json: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`HTTP ${status}`);
    this.answer = { status, json, headers };
  }
}

const DOCUMENTATION = 'https://docs.github.com/rest';

/** An error in the form of GitHub's `basic-error`. */
export function basicError(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): AnswerError {
  return new AnswerError(
    status,
    { message, documentation_url: DOCUMENTATION, status: String(status) },
    headers,
  );
}

/** An error in the form of GitHub's `validation-error`. */
export function validationError(
  resource: string,
  code: string,
  field: string,
  message?: string,
): AnswerError {
  return new AnswerError(422, {
    message: 'Validation Failed',
    documentation_url: DOCUMENTATION,
    errors: [{ resource, code, field, ...(message === undefined ? {} : { message }) }],
  });
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** JSON of a body; undefined where there is none or it is not JSON. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
