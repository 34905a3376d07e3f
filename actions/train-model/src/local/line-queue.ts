/** Above this the writer is asked to wait, so that a training which floods its log fills no memory here. */
const HIGH_WATER_LINES = 1_000;

/** Lines that one side writes and the other reads as they come. */
export class LineQueue {
  readonly #lines: string[] = [];
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #onDrain: () => void;
  #settle: () => void = () => undefined;
  /** Settles when nothing more will be written. */
  readonly closed = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(onDrain: () => void) {
    this.#onDrain = onDrain;
  }

  /** Returns false where the writer should wait until it is called back. */
  push(lines: readonly string[]): boolean {
    this.#lines.push(...lines);
    this.#wake?.();
    return this.#lines.length < HIGH_WATER_LINES;
  }

  close(): void {
    this.#closed = true;
    this.#settle();
    this.#wake?.();
  }

  /** All lines until the queue is closed and empty. */
  async *read(signal: AbortSignal): AsyncGenerator<string> {
    for (;;) {
      while (this.#lines.length > 0) {
        for (const line of this.#lines.splice(0)) yield line;
        this.#onDrain();
      }
      if (this.#closed || signal.aborted) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
