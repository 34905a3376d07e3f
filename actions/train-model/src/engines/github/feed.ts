/** More than this is never waited for by anybody: the oldest are dropped. */
const MAX_WAITING = 20_000;

/** Items that one side finds now and then, and the other reads as they come. */
export class Feed<T> {
  #items: T[] = [];
  #closed = false;
  #wake: (() => void) | undefined;

  push(items: readonly T[]): void {
    this.#items = [...this.#items, ...items].slice(-MAX_WAITING);
    this.#wake?.();
  }

  /** Nothing more comes. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Everything until the feed is closed and empty, or `signal` is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const wake = (): void => this.#wake?.();
    // It may be aborted while the reader works on an item.
    const isAborted = (): boolean => signal.aborted;
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!isAborted()) {
        yield* this.#items.splice(0);
        if (this.#closed && this.#items.length === 0) return;
        if (this.#items.length > 0 || isAborted()) continue;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
