/** Slower than this an upload counts as hanging: 256 KiB a second. */
const MIN_UPLOAD_BYTES_PER_MS = 262;
const BINARY = 'application/octet-stream';
/** A blob of 100 MB, the greatest that GitHub gives, comes as base64 in JSON; more is no answer to hold in memory. */
const MAX_JSON_BYTES = 144 * 1024 * 1024;

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `fetch` so that a server that goes silent cannot hold a job: an answer must be here whole within `timeoutMs`,
 * an upload has longer by its size, and a binary download may take as long as it flows. A JSON answer has a limit.
 */
export function boundedFetch(inner: unknown, timeoutMs: number): Fetch {
  const call: Fetch = typeof inner === 'function' ? (inner as Fetch) : fetch;
  return async (url, options = {}) => {
    const limitMs =
      timeoutMs + (options.body instanceof Blob ? options.body.size / MIN_UPLOAD_BYTES_PER_MS : 0);
    const watchdog = new Watchdog(limitMs);
    try {
      const signals = options.signal ? [watchdog.signal, options.signal] : [watchdog.signal];
      const response = await call(url, { ...options, signal: AbortSignal.any(signals) });
      if (response.body === null) {
        watchdog.stop();
        return response;
      }
      const facts = { status: response.status, headers: [...response.headers] as [string, string][] };
      if (response.ok && new Headers(options.headers).get('accept') === BINARY) {
        return answerOf(response.url, response.body.pipeThrough(watchdog.stream()), facts);
      }
      // Read here, for the client takes a body that was cut off for an empty one.
      const json = /json/i.test(response.headers.get('content-type') ?? '');
      const body = await (json ? limited(response.body, MAX_JSON_BYTES) : response.arrayBuffer());
      watchdog.stop();
      return answerOf(response.url, body, facts);
    } catch (error) {
      watchdog.stop();
      // The client repeats what fails, but not what was aborted under this name.
      if (options.signal?.aborted === true) throw new DOMException('The call was cancelled.', 'AbortError');
      throw error;
    }
  };
}

async function limited(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<ArrayBuffer> {
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    transform(chunk, next) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes)
        throw new DOMException(`the answer has more than ${maxBytes} bytes`, 'AbortError');
      next.enqueue(new Uint8Array(chunk));
    },
  });
  return await new Response(body.pipeThrough(counting)).arrayBuffer();
}

/** An answer with the address that it came from, by which the client finds the next page. */
function answerOf(url: string, body: ArrayBuffer | ReadableStream, facts: ResponseInit): Response {
  return Object.defineProperty(new Response(body, facts), 'url', { value: url });
}

/** Aborts when nothing was heard for its time. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number) {
    this.#timer = setTimeout(() => {
      const seconds = (limitMs / 1000).toLocaleString('en');
      this.#controller.abort(new Error(`no answer within ${seconds} seconds`));
    }, limitMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** A pipe in which every chunk counts as heard. */
  stream(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    return new TransformStream({
      transform: (chunk, next) => {
        this.#timer.refresh();
        next.enqueue(chunk);
      },
      flush: () => this.stop(),
      cancel: () => this.stop(),
    });
  }
}
