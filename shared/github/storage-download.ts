import type { GitHubClient } from './client.ts';
import { InfrastructureError, messageOf } from '../errors.ts';

/** Accepted by the client's fetch as a stream that may take as long as it flows. */
const BINARY = 'application/octet-stream';

/**
 * The bytes that a redirect of GitHub's API leads to. The address lies in a storage that refuses a token and holds for
 * one minute, so that it is asked anew for each try.
 */
export async function openRedirected(
  client: GitHubClient,
  route: string,
  parameters: Readonly<Record<string, string | number>>,
  what: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { headers } = await client.request(route, { ...parameters, request: { signal, redirect: 'manual' } });
  const { location } = headers;
  if (location === undefined || !URL.canParse(location)) {
    throw new InfrastructureError(`GitHub names no place to download ${what} from.`);
  }
  const inner: unknown = client.request.endpoint.DEFAULTS.request?.fetch;
  const call = typeof inner === 'function' ? (inner as typeof fetch) : fetch;
  try {
    const response = await call(location, { headers: { accept: BINARY }, signal });
    if (response.ok && response.body !== null) return whole(response.body, what, signal);
    throw new Error(`the storage answered ${response.status}`);
  } catch (cause) {
    throw broken(cause, what, signal);
  }
}

async function* whole(
  body: AsyncIterable<Uint8Array>,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw broken(cause, what, signal);
  }
}

function broken(cause: unknown, what: string, signal: AbortSignal): InfrastructureError {
  signal.throwIfAborted();
  return new InfrastructureError(`The download of ${what} failed: ${messageOf(cause)}.`, {
    remedy: 'Run the job again. If it stays, see githubstatus.com.',
    cause,
  });
}
