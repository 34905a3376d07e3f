import type { Point } from './engine.ts';

/** What an engine of this machine needs of a training's metrics (src/series/open-metrics.ts). */
export interface LiveMetrics {
  /** Absolute paths of the files that it reads. */
  readonly files: readonly string[];
  /** Before the start: what lies there is not this training's. */
  begin(signal: AbortSignal): Promise<void>;
  /** One line of the command's output, whole enough for a pattern. */
  line(text: string): void;
  /** Rows as they are written, best effort. */
  points(options: {
    readonly pollMs: number;
    readonly ended: () => boolean;
    readonly signal: AbortSignal;
  }): AsyncIterable<Point>;
}
