import type { z } from 'zod';
import type { seriesSchema } from '../../../../shared/record/training-section.ts';
import type { Point } from '../engines/engine.ts';
import { Evenly } from './evenly.ts';
import { readNumbers } from './metrics.ts';

export type Series = z.infer<typeof seriesSchema>;

/** As the record's schema says: enough for a curve, little enough for a comment's page. */
const MAX_POINTS = 1_000;
/** What is gathered of one metric is halved when it comes to this, so that it never falls below MAX_POINTS. */
const MOST_KEPT = 2 * MAX_POINTS + 2;
/** A section is one JSON document that every report reads: all curves together have this many points. */
const MAX_POINTS_IN_ALL = 200_000;
/** Of so many metrics nobody looks at each curve; what a training logs for every layer comes to more. */
export const MAX_SERIES = 1_000;
/** Columns that tell where a row stands, and are no metric. */
const POSITION = ['step', 'steps_total', 'time', 'timestamp'];

export type RowResult =
  { readonly ok: true; readonly point: Point } | { readonly ok: false; readonly message: string };

/**
 * Reads one line of a series: `{"step": n, "<metric>": value, …}`; without `step` the row's number counts, from 1.
 * A value that is no finite number is among the point's `bad`.
 */
export function parseRow(line: string, row: number): RowResult {
  const parsed = readNumbers(line);
  if (!parsed.ok) return parsed;
  const { values, bad } = parsed;
  const metrics = Object.entries(values).filter(([name]) => !POSITION.includes(name));
  return {
    ok: true,
    point: {
      step: values['step'] ?? row,
      values: Object.fromEntries(metrics),
      total: values['steps_total'],
      ...(bad.length === 0 ? {} : { bad }),
    },
  };
}

/** One curve in bounded memory. Two lists of numbers: pairs of a thousand curves would take several times as much. */
class Curve {
  readonly #steps = new Evenly<number>(MOST_KEPT);
  readonly #values = new Evenly<number>(MOST_KEPT);
  last = 0;

  add(step: number, value: number): void {
    this.#steps.add(step);
    this.#values.add(value);
    this.last = value;
  }

  points(): [number, number][] {
    const values = this.#values.items();
    return this.#steps.items().map((step, index) => [step, values[index] ?? 0]);
  }
}

/** Gathers rows to one series for each metric, in the order in which the metrics first appear. Memory is bounded. */
export class SeriesCollector {
  readonly #curves = new Map<string, Curve>();
  #left = 0;

  add({ step, values }: Point): void {
    for (const [metric, value] of Object.entries(values)) this.put(metric, step, value);
  }

  put(metric: string, step: number, value: number): void {
    let curve = this.#curves.get(metric);
    if (curve === undefined) {
      if (this.#curves.size >= MAX_SERIES) {
        this.#left += 1;
        return;
      }
      curve = new Curve();
      this.#curves.set(metric, curve);
    }
    curve.add(step, value);
  }

  /** Values that were left out because there are too many metrics. */
  get leftOut(): number {
    return this.#left;
  }

  series(): Series[] {
    const most = Math.max(
      2,
      Math.min(MAX_POINTS, Math.floor(MAX_POINTS_IN_ALL / Math.max(1, this.#curves.size))),
    );
    return [...this.#curves].map(([metric, curve]) => ({ metric, points: thin(curve.points(), most) }));
  }

  /** The last value of each metric. */
  last(): Record<string, number> {
    return Object.fromEntries([...this.#curves].map(([metric, curve]) => [metric, curve.last]));
  }
}

/** Leaves at most so many, evenly, with the first and the last. */
export function thin<T>(points: readonly T[], most = MAX_POINTS): T[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, index) =>
    Math.round((index * (points.length - 1)) / (most - 1)),
  ).flatMap((index) => points.slice(index, index + 1));
}
