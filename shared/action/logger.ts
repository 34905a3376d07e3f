import type { Severity } from '../verdict.ts';

/** A remark about a line of a file, shown by GitHub in the diff and by a terminal as `file:line`. */
export interface Annotation {
  readonly severity: Severity;
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** What an action says while it works. Domain code gets it as a parameter and never writes to the console. */
export interface Logger {
  info(message: string): void;
  debug(message: string): void;
  /** A warning line without a place. */
  warning(message: string): void;
  annotate(annotation: Annotation): void;
  /** Runs a phase in a fold of the log. */
  group<T>(title: string, phase: () => Promise<T>): Promise<T>;
  /** Starts a bar where the terminal has room for one; elsewhere a line now and then. */
  progress(title: string, total: number | undefined): Progress;
  /** Text that must never be shown from here on. */
  mask(secret: string): void;
  /**
   * Runs a phase during which lines of user code may be written by `line`; the runner obeys no command in them.
   */
  untrusted<T>(phase: (line: (text: string) => void) => Promise<T>): Promise<T>;
}

export interface Progress {
  /** `done` is in the unit of `total`; `note` is a few words such as a metric's last value. */
  update(done: number, note?: string): void;
  end(): void;
}
