import type { Point } from './engine.ts';

/** What an engine of this machine needs of a training's metrics (src/series/open-metrics.ts). */
export interface LiveMetrics {
  /** One line of the command's output, whole enough for a pattern. */
  line(text: string): void;
  /** Rows as they are written, best effort. */
  points(options: {
    readonly pollMs: number;
    readonly ended: () => boolean;
    readonly signal: AbortSignal;
  }): AsyncIterable<Point>;
}
