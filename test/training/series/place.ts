import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Point } from '../../../actions/train-model/src/engines/engine.ts';
import { parseMetricSource } from '../../../actions/train-model/src/series/metric-source.ts';
import {
  type MetricsFollower,
  type MetricsOptions,
  openMetrics,
} from '../../../actions/train-model/src/series/open-metrics.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** A folder in which something writes metrics; disposing removes it. */
export interface Place extends AsyncDisposable {
  readonly directory: string;
  write(path: string, text: string | Uint8Array): Promise<string>;
  /** Copies what a real library wrote. */
  fixture(path: string, to: string): Promise<void>;
  /** Opens sources as the input `metrics-sources` names them. */
  open(sources: readonly string[], options?: Partial<MetricsOptions>): MetricsFollower;
}

export async function openPlace(): Promise<Place> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-series-')));
  return {
    directory,
    async write(path, text) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    async fixture(path, to) {
      await cp(join(FIXTURES, path), join(directory, to), { recursive: true });
    },
    open: (sources, options = {}) =>
      openMetrics({
        directory,
        metrics: undefined,
        metricsSeries: undefined,
        environment: {},
        ...options,
        sources: sources.map((line) =>
          parseMetricSource(line, { workspace: directory, workingDirectory: directory }),
        ),
      }),
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const never = new AbortController().signal;

/** Follows a training that is over when `until` resolves. */
export async function followUntil(
  metrics: MetricsFollower,
  until: Promise<unknown>,
  signal: AbortSignal = never,
): Promise<Point[]> {
  let ended = false;
  void until.finally(() => (ended = true)).catch(() => undefined);
  const points: Point[] = [];
  for await (const point of metrics.points({ pollMs: 10, ended: () => ended, signal })) points.push(point);
  return points;
}
