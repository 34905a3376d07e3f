/** Slower than this an upload counts as hanging: 256 KiB a second. */
const MIN_UPLOAD_BYTES_PER_MS = 262;
const BINARY = 'application/octet-stream';

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `fetch` so that a server that goes silent cannot hold a job: an answer must be here whole within `timeoutMs`,
 * an upload has longer by its size. Of a binary download only the headers are bounded; its reader bounds the rest.
 */
export function boundedFetch(inner: unknown, timeoutMs: number): Fetch {
  const call: Fetch = typeof inner === 'function' ? (inner as Fetch) : fetch;
  return async (url, options = {}) => {
    const limitMs =
      timeoutMs + (options.body instanceof Blob ? options.body.size / MIN_UPLOAD_BYTES_PER_MS : 0);
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort(new TimeoutError(limitMs));
    }, limitMs);
    const signals = [
      controller.signal,
      ...(options.signal === undefined || options.signal === null ? [] : [options.signal]),
    ];
    try {
      const response = await call(url, { ...options, signal: AbortSignal.any(signals) });
      const binary = response.ok && new Headers(options.headers).get('accept') === BINARY;
      if (binary || response.body === null) return response;
      // Read here, for the client takes a body that was cut off for an empty one.
      const body = await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: [...response.headers] });
    } catch (error) {
      // The client repeats what fails, but not what was aborted under this name.
      if (options.signal?.aborted === true) throw new DOMException('The call was cancelled.', 'AbortError');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}

class TimeoutError extends Error {
  constructor(ms: number) {
    super(`no answer within ${(ms / 1000).toLocaleString('en')} seconds`);
    this.name = 'TimeoutError';
  }
}
