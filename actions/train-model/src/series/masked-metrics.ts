import type { Masker } from '../../../../shared/process/decide/masker.ts';
import type { Point } from '../engines/engine.ts';
import type { MetricsFound } from './metrics-found.ts';
import type { MetricsFollower } from './open-metrics.ts';

/** Names of metrics are user code's as any line of its output is, and go farther: into record, report and comment. */
export function maskMetrics(metrics: MetricsFollower, masker: Masker): MetricsFollower {
  if (masker.longest === 0) return metrics;
  return {
    files: metrics.files,
    begin: (signal) => metrics.begin(signal),
    line: (text) => metrics.line(text),
    async *points(live) {
      for await (const point of metrics.points(live)) yield maskPoint(point, masker);
    },
    finish: async (signal) => maskFound(await metrics.finish(signal), masker),
  };
}

function maskPoint({ values, bad, ...point }: Point, masker: Masker): Point {
  return {
    ...point,
    values: maskKeys(values, masker),
    ...(bad === undefined ? {} : { bad: bad.map((text) => masker.mask(text)) }),
  };
}

function maskFound({ metrics, series, faults, notices }: MetricsFound, masker: Masker): MetricsFound {
  return {
    metrics: maskKeys(metrics, masker),
    series: series.map((one) => ({ ...one, metric: masker.mask(one.metric) })),
    faults: faults.map((fault) => ({ ...fault, message: masker.mask(fault.message) })),
    notices: notices.map((notice) => masker.mask(notice)),
  };
}

function maskKeys(values: Readonly<Record<string, number>>, masker: Masker): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [masker.mask(name), value]));
}
