import type { z } from 'zod';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import { GitHubError } from './permission.ts';

/** A followed run asks for a handful of addresses; the oldest are forgotten beyond this. */
const MAX_REMEMBERED = 200;

interface Remembered {
  readonly etag: string;
  readonly data: unknown;
}

export interface Conditional<T> {
  readonly data: T;
  /** False where GitHub said that nothing has changed (304), which costs nothing of the rate limit. */
  readonly changed: boolean;
}

/**
 * GET requests that name the ETag of the answer before (RFC 9110, section 13.1.2): GitHub answers 304 for what has not
 * changed and does not count it, and the answer that is known is given again.
 */
export class ConditionalRequests {
  readonly #client: GitHubClient;
  readonly #remembered = new Map<string, Remembered>();

  constructor(client: GitHubClient) {
    this.#client = client;
  }

  /** Reads `route`, as GitHub's documentation writes it, such as `GET /repos/{owner}/{repo}/actions/runs/{run_id}`. */
  async get<T>(
    route: string,
    parameters: Readonly<Record<string, string | number>>,
    { schema, what }: { readonly schema: z.ZodType<T>; readonly what: string },
    signal: AbortSignal,
  ): Promise<Conditional<T>> {
    const { url } = this.#client.request.endpoint(route, { ...parameters });
    const known = this.#remembered.get(url);
    try {
      const answer: { data: unknown; headers: { etag?: string } } = await this.#client.request(route, {
        ...parameters,
        ...(known === undefined ? {} : { headers: { 'if-none-match': known.etag } }),
        request: { signal },
      });
      const read = readAnswer(schema, answer.data, what);
      const { etag } = answer.headers;
      if (etag !== undefined) this.#remember(url, { etag, data: answer.data });
      return { data: read, changed: true };
    } catch (error) {
      // Octokit throws for 304: the answer before still holds.
      if (known === undefined || !(error instanceof GitHubError) || error.status !== 304) throw error;
      return { data: readAnswer(schema, known.data, what), changed: false };
    }
  }

  #remember(url: string, answer: Remembered): void {
    this.#remembered.delete(url);
    this.#remembered.set(url, answer);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
