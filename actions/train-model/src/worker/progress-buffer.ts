import { Evenly } from '../decide/evenly.ts';
import { MAX_SERIES, thin } from '../decide/series.ts';
import type { Progress } from '../dispatch/progress.ts';
import type { Point } from '../engines/engine.ts';

/** As the schema of a progress has it. */
const MAX_POINTS = 1_000;
const MAX_LINES = 200;
const MAX_LINE_CHARACTERS = 2_000;
const MAX_NAME_CHARACTERS = 200;
/** A progress is uploaded every few minutes for days: with so many numbers it is below a megabyte. */
const MAX_VALUES = 20_000;
/** Halved when it comes to this, so that it never falls below MAX_POINTS. */
const MOST_KEPT = 2 * MAX_POINTS + 2;

type ProgressPoint = Progress['points'][number];

/** What a training has told so far, within bounds. */
export class ProgressBuffer {
  readonly #points = new Evenly<ProgressPoint>(MOST_KEPT);
  /** The newest point: more metrics of the same step may follow. */
  #newest: ProgressPoint | undefined;
  #rows = 0;
  #widest = 1;
  #lines: string[] = [];
  #lineCount = 0;
  #hasNews = false;

  line(text: string): void {
    this.#hasNews = true;
    this.#lineCount += 1;
    this.#lines.push(text.slice(0, MAX_LINE_CHARACTERS).toWellFormed());
    if (this.#lines.length > 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
  }

  point({ step, values, total }: Point): void {
    if (!Number.isFinite(step)) return;
    const told = Object.entries(values).filter(
      ([name, value]) => Number.isFinite(value) && name.length <= MAX_NAME_CHARACTERS,
    );
    this.#hasNews = true;
    this.#rows += 1;
    const point: ProgressPoint = {
      row: this.#rows,
      step,
      values: Object.fromEntries(told.slice(0, MAX_SERIES)),
      total: total === undefined || !Number.isFinite(total) ? null : total,
    };
    const newest = this.#newest;
    if (newest !== undefined && belongTogether(newest, point)) {
      // A logger that writes a row for each metric: of rows left out evenly, one metric might lose all of its own.
      point.values = { ...newest.values, ...point.values };
      point.total ??= newest.total;
    } else if (newest !== undefined) {
      this.#points.add(newest);
    }
    this.#newest = point;
    this.#widest = Math.max(this.#widest, Object.keys(point.values).length);
  }

  /** True where there is something that no progress has told. */
  get hasNews(): boolean {
    return this.#hasNews;
  }

  /** All that a progress tells. */
  tell(): Pick<Progress, 'points' | 'lines' | 'lineCount'> {
    this.#hasNews = false;
    const points = [...this.#points.items(), ...(this.#newest === undefined ? [] : [this.#newest])];
    return {
      points: thin(points, Math.min(MAX_POINTS, Math.max(2, Math.floor(MAX_VALUES / this.#widest)))),
      lines: this.#lines.slice(-MAX_LINES),
      lineCount: this.#lineCount,
    };
  }
}

function belongTogether(one: ProgressPoint, next: ProgressPoint): boolean {
  const names = Object.keys(next.values);
  return (
    one.step === next.step &&
    names.length + Object.keys(one.values).length <= MAX_SERIES &&
    names.every((name) => !Object.hasOwn(one.values, name))
  );
}
