import type { z } from 'zod';
import type { seriesSchema } from '../../../../shared/record/training-section.ts';
import type { Point } from '../engines/engine.ts';
import { parseMetrics } from './metrics.ts';

export type Series = z.infer<typeof seriesSchema>;

/** As the record's schema says: enough for a curve, little enough for a comment's page. */
const MAX_POINTS = 1_000;
/** Columns that tell where a row stands, and are no metric. */
const POSITION = ['step', 'steps_total', 'time', 'timestamp'];

export type RowResult =
  | { readonly ok: true; readonly point: Point }
  | { readonly ok: false; readonly problem: 'not-a-number' | 'not-valid'; readonly message: string };

/** Reads one line of a series: `{"step": n, "<metric>": value, …}`; without `step` the row's number counts, from 1. */
export function parseRow(line: string, row: number): RowResult {
  const parsed = parseMetrics(line);
  if (!parsed.ok) return parsed;
  const { values } = parsed;
  const metrics = Object.entries(values).filter(([name]) => !POSITION.includes(name));
  return {
    ok: true,
    point: {
      step: values['step'] ?? row,
      values: Object.fromEntries(metrics),
      total: values['steps_total'],
    },
  };
}

/** Gathers rows to one series for each metric, in the order in which the metrics first appear. */
export class SeriesCollector {
  readonly #points = new Map<string, [number, number][]>();

  add({ step, values }: Point): void {
    for (const [metric, value] of Object.entries(values)) {
      const points = this.#points.get(metric) ?? [];
      points.push([step, value]);
      this.#points.set(metric, points);
    }
  }

  series(): Series[] {
    return [...this.#points].map(([metric, points]) => ({ metric, points: thin(points) }));
  }

  /** The last value of each metric. */
  last(): Record<string, number> {
    return Object.fromEntries(
      [...this.#points].flatMap(([metric, points]) => {
        const value = points.at(-1)?.[1];
        return value === undefined ? [] : [[metric, value]];
      }),
    );
  }
}

/** Leaves at most MAX_POINTS, evenly, with the first and the last. */
export function thin<T>(points: readonly T[], most = MAX_POINTS): T[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, index) =>
    Math.round((index * (points.length - 1)) / (most - 1)),
  ).flatMap((index) => points.slice(index, index + 1));
}
