/** Above these the writer is asked to wait, so that a training which floods its log fills no memory here. */
const HIGH_WATER_LINES = 1_000;
const HIGH_WATER_CHARACTERS = 1024 * 1024;

/** Lines that one side writes and the other reads as they come. */
export class LineQueue {
  #lines: string[] = [];
  #characters = 0;
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
    for (const line of lines) {
      this.#lines.push(line);
      this.#characters += line.length;
    }
    this.#wake?.();
    return this.#lines.length < HIGH_WATER_LINES && this.#characters < HIGH_WATER_CHARACTERS;
  }

  close(): void {
    this.#closed = true;
    this.#settle();
    this.#wake?.();
  }

  /** All lines until the queue is closed and empty. */
  async *read(signal: AbortSignal): AsyncGenerator<string> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (;;) {
        while (this.#lines.length > 0) {
          const lines = this.#lines;
          this.#lines = [];
          this.#characters = 0;
          yield* lines;
          this.#onDrain();
        }
        if (this.#closed || signal.aborted) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
