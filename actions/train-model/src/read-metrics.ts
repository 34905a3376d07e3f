import { readFile, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { parseMetrics } from './decide/metrics.ts';
import type { Series } from './decide/series.ts';
import { isUntouched, type Snapshot } from './output-files.ts';
import { readSeries, type SeriesStart } from './series-file.ts';

/** Final metrics are some numbers; what is larger is data. */
const MAX_METRICS_BYTES = 10 * 1024 * 1024;

/** Something that makes a training that ended well fail all the same. */
export interface MetricsFault {
  readonly failureClass: 'not-a-number' | 'missing-outputs';
  readonly message: string;
}

export interface MetricsFound {
  readonly metrics: Readonly<Record<string, number>>;
  readonly series: readonly Series[];
  readonly faults: readonly MetricsFault[];
}

interface MetricsPlaces {
  readonly directory: string;
  readonly metrics: string | undefined;
  readonly metricsSeries: string | undefined;
  readonly snapshot: Snapshot;
  readonly seriesStart: SeriesStart | undefined;
}

/** Reads the declared metrics. Without a metrics file the last row of the series tells the final metrics. */
export async function readMetrics(places: MetricsPlaces): Promise<MetricsFound> {
  const faults: MetricsFault[] = [];
  const read = async (
    input: string,
    path: string | undefined,
  ): Promise<{ path: string; label: string } | undefined> => {
    if (path === undefined) return undefined;
    const label = `Input "${input}": "${relative(places.directory, path).split(sep).join('/')}"`;
    const facts = await stat(path).catch(() => undefined);
    const fault =
      facts?.isFile() !== true
        ? `${label} does not exist after the training.`
        : (await isUntouched(path, places.snapshot))
          ? `${label} was there before and was not written by this training.`
          : undefined;
    if (fault === undefined) return { path, label };
    faults.push({ failureClass: 'missing-outputs', message: fault });
    return undefined;
  };
  const refuse = (label: string, problem: 'not-a-number' | 'not-valid', message: string): void => {
    faults.push(
      problem === 'not-a-number'
        ? { failureClass: 'not-a-number', message: `${label}: ${message}.` }
        : { failureClass: 'missing-outputs', message: `${label} ${message}.` },
    );
  };

  let series: readonly Series[] = [];
  let last: Readonly<Record<string, number>> = {};
  const seriesFile = await read('metrics-series', places.metricsSeries);
  if (seriesFile !== undefined) {
    const result = await readSeries(seriesFile.path, places.seriesStart);
    if (!result.ok) refuse(seriesFile.label, result.problem, result.message);
    else if (result.rows === 0) refuse(seriesFile.label, 'not-valid', 'holds no row of this training');
    else {
      series = result.collector.series();
      last = result.collector.last();
    }
  }
  const metricsFile = await read('metrics', places.metrics);
  let metrics: Readonly<Record<string, number>> = places.metrics === undefined ? last : {};
  if (metricsFile !== undefined) {
    const { size } = await stat(metricsFile.path);
    const result =
      size > MAX_METRICS_BYTES
        ? ({ ok: false, problem: 'not-valid', message: `is larger than ${MAX_METRICS_BYTES} bytes` } as const)
        : parseMetrics(await readFile(metricsFile.path, 'utf8'));
    if (result.ok) metrics = result.values;
    else refuse(metricsFile.label, result.problem, result.message);
  }
  return { metrics, series, faults };
}
