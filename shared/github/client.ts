import type { Octokit } from '@octokit/rest';
import type { Logger } from '../action/logger.ts';
import { UsageError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { explain, noToken } from './permission.ts';

/** The one client. Its calls fail only with RefusedError and GitHubError, which say what to do. */
export type GitHubClient = Octokit;

export interface ClientOptions {
  readonly token: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** How long one request may take, default TRAINYARD_GITHUB_TIMEOUT_SECONDS. */
  readonly timeoutMs?: number;
  /** The unit of all waiting times, in milliseconds; tests shorten it. */
  readonly secondMs?: number;
}

/** A healthy GitHub answers within a few seconds; with two more tries a silent one costs about 50 s for a call. */
const DEFAULT_TIMEOUT_SECONDS = 15;
const MAX_TIMEOUT_SECONDS = 300;
/** After 1 s and 4 s. A third wait of 9 s helps seldom and keeps a runner waiting. */
const RETRIES = 2;
/** A secondary limit is mostly lifted within a minute; a longer wait costs more than a second run. */
const MAX_LIMIT_WAIT_SECONDS = 60;
const MAX_LIMIT_WAITS = 3;
const DEFAULT_API_URL = 'https://api.github.com';

/** A queue that starts every call at once. */
const UNPACED = {
  key: () => ({
    schedule: <T, A extends unknown[]>(_options: unknown, call: (...words: A) => T, ...words: A): T =>
      call(...words),
  }),
};

/** Creates the client; without a token it fails with a RefusedError. Nothing is sent yet. */
export async function createClient(options: ClientOptions): Promise<GitHubClient> {
  const { environment, logger, secondMs = 1000 } = options;
  const token = options.token?.trim();
  if (token === undefined || token === '') throw noToken();
  const baseUrl = apiUrlOf(environment);
  const timeoutMs = options.timeoutMs ?? timeoutOf(environment);

  const [{ defaults, getOctokitOptions }, { Octokit }, { retry }, { throttling }] = await Promise.all([
    import('@actions/github/lib/utils'),
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ]);
  const wait = (kind: string) => (seconds: number, _options: unknown, _octokit: unknown, waits: number) => {
    if (seconds > MAX_LIMIT_WAIT_SECONDS || waits >= MAX_LIMIT_WAITS) return false;
    logger.info(`GitHub asks to wait ${seconds} seconds (${kind}).`);
    return true;
  };
  // GitHub asks for one write a second; a server on this machine is none that needs it.
  const pace: object = isLoopback(baseUrl) ? { write: UNPACED, notifications: UNPACED } : {};
  const client = new (Octokit.plugin(retry, throttling))({
    ...getOctokitOptions(token, { userAgent: `trainyard/${VERSION}`, baseUrl }),
    log: {
      debug: (message: string) => logger.debug(message),
      info: (message: string) => logger.debug(message),
      warn: (message: string) => logger.debug(message),
      error: (message: string) => logger.debug(message),
    },
    request: { ...defaults.request, fetch: boundedFetch(defaults.request?.fetch, timeoutMs) },
    retry: { retries: RETRIES, retryAfterBaseValue: secondMs },
    throttle: {
      ...pace,
      retryAfterBaseValue: secondMs,
      onRateLimit: wait('rate limit'),
      onSecondaryRateLimit: wait('secondary rate limit'),
    },
  });
  // Registered last, so that it sees a call's failure after all tries.
  client.hook.wrap('request', async (request, call) => {
    try {
      return await request(call);
    } catch (error) {
      call.request.signal?.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      const answer = 'response' in error ? (error.response as Answer | undefined) : undefined;
      throw explain(
        {
          method: call.method,
          route: routeOf(call.url),
          status: answer?.status,
          message: error.message,
          headers: answer?.headers ?? {},
        },
        error,
      );
    }
  });
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

/** The path of an upload's absolute URL, without what follows `?`. */
function routeOf(url: string): string {
  const [path = url] = url.split(/\{?\?/);
  return URL.canParse(path) ? new URL(path).pathname : path;
}

function apiUrlOf(environment: NodeJS.ProcessEnv): string {
  const value = environment['GITHUB_API_URL']?.trim();
  if (value === undefined || value === '') return DEFAULT_API_URL;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new UsageError(`The variable GITHUB_API_URL is "${value}", which is no http or https address.`, {
      remedy: `Set it to the address of the API: ${DEFAULT_API_URL}, or https://<host>/api/v3 on a server.`,
    });
  }
  return value.replace(/\/+$/, '');
}

function timeoutOf(environment: NodeJS.ProcessEnv): number {
  const value = environment['TRAINYARD_GITHUB_TIMEOUT_SECONDS']?.trim();
  if (value === undefined || value === '') return DEFAULT_TIMEOUT_SECONDS * 1000;
  const seconds = Number(value);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  throw new UsageError(
    `The variable TRAINYARD_GITHUB_TIMEOUT_SECONDS is "${value}"; a number above 0, at most ${MAX_TIMEOUT_SECONDS}, is accepted.`,
  );
}

function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
