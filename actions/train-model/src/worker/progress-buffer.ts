import { thin } from '../decide/series.ts';
import type { Progress } from '../dispatch/progress.ts';
import type { Point } from '../engines/engine.ts';

/** As the schema of a progress has it. */
const MAX_POINTS = 1_000;
const MAX_LINES = 200;
const MAX_LINE_CHARACTERS = 2_000;
const MAX_NAME_CHARACTERS = 200;
/** A training that tells a metric every microsecond must not fill the memory until the next progress. */
const MAX_KEPT_POINTS = 4 * MAX_POINTS;

type ProgressPoint = Progress['points'][number];

export interface Batch {
  readonly points: readonly ProgressPoint[];
  readonly lines: readonly string[];
  readonly lineCount: number;
}

/** Keeps what a training has told since the progress before, within bounds. */
export class ProgressBuffer {
  #points: ProgressPoint[] = [];
  #lines: string[] = [];
  #lineCount = 0;

  line(text: string): void {
    this.#lineCount += 1;
    this.#lines.push(text.slice(0, MAX_LINE_CHARACTERS).toWellFormed());
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
  }

  point({ step, values, total }: Point): void {
    if (!Number.isFinite(step)) return;
    const told = Object.entries(values).filter(
      ([name, value]) => Number.isFinite(value) && name.length <= MAX_NAME_CHARACTERS,
    );
    this.#points.push({
      step,
      values: Object.fromEntries(told),
      total: total === undefined || !Number.isFinite(total) ? null : total,
    });
    if (this.#points.length >= MAX_KEPT_POINTS) this.#points = thin(this.#points, MAX_KEPT_POINTS / 2);
  }

  /** True where there is nothing that a progress has not told. */
  isEmpty(): boolean {
    return this.#points.length === 0 && this.#lines.length === 0;
  }

  take(): Batch {
    const batch = {
      points: thin(this.#points, MAX_POINTS),
      lines: this.#lines.slice(-MAX_LINES),
      lineCount: this.#lineCount,
    };
    this.#points = [];
    this.#lines = [];
    return batch;
  }
}
