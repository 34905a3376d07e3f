import { type Series, thin } from './series.ts';

/**
 * One continuous series over attempts. A training that goes on from a checkpoint trains again what was trained behind
 * it, so of each metric the earlier points at or beyond the first own step are dropped.
 */
export function joinSeries(earlier: readonly Series[], own: readonly Series[]): Series[] {
  const ownPoints = new Map(own.map(({ metric, points }) => [metric, points]));
  const known = new Set(earlier.map(({ metric }) => metric));
  return [
    ...earlier.map(({ metric, points }) => {
      const further = ownPoints.get(metric) ?? [];
      const first = further.reduce((least, [step]) => Math.min(least, step), Infinity);
      return { metric, points: thin([...points.filter(([step]) => step < first), ...further]) };
    }),
    ...own
      .filter(({ metric }) => !known.has(metric))
      .map(({ metric, points }) => ({ metric, points: thin(points) })),
  ];
}
