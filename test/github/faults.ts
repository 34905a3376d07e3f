import type { Answer, Received } from './http.ts';

export const FAULT_KINDS = [
  'bad-gateway',
  'forbidden',
  'secondary-limit',
  /** A token that has died. */
  'unauthorized',
  /** The request is not read, and never answered. */
  'silence',
  /** The connection breaks before anything was done. */
  'reset',
  /** What was asked for is done, and the answer is lost: the connection breaks. */
  'reset-after-success',
  /** What was asked for is done, and no answer ever comes. */
  'silence-after-success',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
/** A fault without an answer. */
export type Mute = Extract<FaultKind, 'silence' | 'reset' | 'silence-after-success' | 'reset-after-success'>;

/** Something that goes wrong with requests whose path matches, until it has happened `times` times. */
export interface Fault {
  readonly kind: FaultKind;
  /** Part of the method and path (`POST /repos/…/comments`), as a regular expression; default all REST calls. */
  readonly on?: string;
  /** Default: for ever. */
  readonly times?: number;
  /** Only for `secondary-limit`. */
  readonly retryAfterSeconds?: number;
}

/** Switchable faults of the fake. */
export class Faults {
  readonly #active: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#active.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#active.length = 0;
  }

  match({ method, url }: Received): Answer | Mute | undefined {
    const internal = ['/_fake/', '/blobs/', '/twirp/'].some((prefix) => url.pathname.startsWith(prefix));
    const line = `${method} ${url.pathname}`;
    const found = this.#active.find(
      ({ fault, left }) => left > 0 && (fault.on === undefined ? !internal : new RegExp(fault.on).test(line)),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return answerOf(found.fault);
  }
}

function answerOf(fault: Fault): Answer | Mute {
  switch (fault.kind) {
    case 'silence':
    case 'reset':
    case 'silence-after-success':
    case 'reset-after-success':
      return fault.kind;
    case 'unauthorized':
      return {
        status: 401,
        json: {
          message: 'Bad credentials',
          documentation_url: 'https://docs.github.com/rest',
          status: '401',
        },
      };
    case 'bad-gateway':
      return { status: 502, json: { message: 'Server Error' } };
    case 'forbidden':
      return {
        status: 403,
        json: {
          message: 'Resource not accessible by integration',
          documentation_url: 'https://docs.github.com/rest',
        },
      };
    case 'secondary-limit':
      return {
        status: 403,
        json: {
          message:
            'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
          documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api',
        },
        headers: { 'retry-after': String(fault.retryAfterSeconds ?? 1) },
      };
  }
}
