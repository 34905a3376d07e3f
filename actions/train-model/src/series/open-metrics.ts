import { relative, sep } from 'node:path';
import { messageOf } from '../../../../shared/errors.ts';
import { joinSeries } from '../decide/join-series.ts';
import type { Point } from '../engines/engine.ts';
import { assemble, type Told, tooMany } from './assemble.ts';
import { type FinalMetrics, openFinalMetrics } from './final-metrics.ts';
import { Gathered } from './gathered.ts';
import { READS_WHEN_CANCELLED } from './limits.ts';
import { type LiveOptions, livePoints, type LiveSource } from './live-points.ts';
import type { MetricSource } from './metric-source.ts';
import type { MetricsFault, MetricsFound } from './metrics-found.ts';
import { openSource } from './open-source.ts';
import type { Source } from './source.ts';
import { type StdoutSource, stdoutSource } from './stdout-source.ts';

export interface MetricsOptions {
  /** The working directory, absolute. */
  readonly directory: string;
  /** What no file of metrics may lie outside of; by default the working directory. */
  readonly workspace?: string;
  /** The inputs of these names, absolute. */
  readonly metrics: string | undefined;
  readonly metricsSeries: string | undefined;
  readonly sources: readonly MetricSource[];
  /** What the command sees. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether a curve with NaN or Infinity is a fault, as by default; false where no rule of `stop-on` says so. */
  readonly nanIsFault?: boolean;
}

/** Follows the metrics of one training. */
export interface MetricsFollower {
  /** Absolute paths of what it reads. */
  readonly files: readonly string[];
  /** Before the start: what lies there is not this training's. A pattern that is none is told here. */
  begin(signal: AbortSignal): Promise<void>;
  /** One line of the command's output. */
  line(text: string): void;
  /** Live, best effort, each point once. */
  points(options: LiveOptions): AsyncIterable<Point>;
  /** The truth: all is read again after the end. */
  finish(signal: AbortSignal): Promise<MetricsFound>;
}

/** Opens all places in which a training writes metrics. */
export function openMetrics(options: MetricsOptions): MetricsFollower {
  const { directory, metrics, metricsSeries, environment } = options;
  const root = options.workspace ?? directory;
  const labelOf = (input: string, path: string): string =>
    `Input "${input}": "${relative(directory, path).split(sep).join('/')}"`;
  const declared: MetricSource[] = [
    ...(metricsSeries === undefined
      ? []
      : [
          { format: 'jsonl' as const, place: metricsSeries, label: labelOf('metrics-series', metricsSeries) },
        ]),
    ...options.sources,
  ];
  const printed: StdoutSource[] = [];
  const sources = declared.map((source): Source => {
    const { format } = source;
    if (format !== 'stdout') return openSource({ ...source, format }, { root, environment });
    const opened = stdoutSource(source);
    printed.push(opened);
    return opened;
  });
  const final =
    metrics === undefined ? undefined : openFinalMetrics(metrics, labelOf('metrics', metrics), root);
  let lives: readonly LiveSource[] = [];
  return {
    files: [...(metrics === undefined ? [] : [metrics]), ...sources.flatMap(({ files }) => files)],
    async begin(signal) {
      await final?.begin();
      for (const source of sources) await source.begin(signal);
      lives = sources.map((source) => ({ source, reader: source.open(), gathered: new Gathered() }));
    },
    line(text) {
      for (const source of printed) source.line(text);
    },
    points: (live) => livePoints(lives, live),
    finish: (signal) => readAll(lives, final, options.nanIsFault ?? true, signal),
  };
}

async function readAll(
  lives: readonly LiveSource[],
  final: FinalMetrics | undefined,
  nanIsFault: boolean,
  signal: AbortSignal,
): Promise<MetricsFound> {
  const faults: MetricsFault[] = [];
  const told: Told[] = [];
  let leftOut = 0;
  // A server that hangs must not be waited for once for each source.
  for (const one of await Promise.all(lives.map((live) => readSource(live, nanIsFault, signal)))) {
    faults.push(...one.faults);
    told.push(one.told);
    leftOut += one.leftOut;
  }
  const { series, last, notices } = assemble(told);
  if (leftOut > 0 && !notices.includes(tooMany())) notices.push(tooMany());
  if (final === undefined) return { metrics: last, series, faults, notices };
  const read = await final.read();
  if ('values' in read) return { metrics: read.values, series, faults, notices };
  return { metrics: {}, series, faults: [...faults, read.fault], notices };
}

interface SourceEnd {
  readonly told: Told;
  readonly faults: readonly MetricsFault[];
  readonly leftOut: number;
}

async function readSource(live: LiveSource, nanIsFault: boolean, signal: AbortSignal): Promise<SourceEnd> {
  const { source } = live;
  const { label, prefix } = source;
  const reader = source.once === true ? live.reader : source.open();
  const gathered = source.once === true ? live.gathered : new Gathered();
  const faults: MetricsFault[] = [];
  let whole = false;
  try {
    for (let reads = 0; !whole && !(signal.aborted && reads >= READS_WHEN_CANCELLED); reads += 1) {
      const look = await reader.look(signal);
      gathered.take(look);
      whole = !look.more;
    }
    gathered.take({ rows: reader.end(), anew: false, more: false });
  } catch (error) {
    faults.push({
      failureClass: 'missing-outputs',
      message: `${label} could not be read: ${messageOf(error)}.`,
    });
  }
  for (const { failureClass, message } of reader.problems())
    faults.push({ failureClass, message: `${label} ${message}.` });
  const summary = reader.summary?.() ?? {};
  if (gathered.rows === 0 && Object.keys(summary).length === 0 && faults.length === 0) {
    faults.push({ failureClass: 'missing-outputs', message: `${label} ${await source.absent()}.` });
  }
  const bad = gathered.firstBad;
  if (bad !== undefined && nanIsFault) {
    const place = prefix === 'jsonl' ? `row ${bad.row}` : `step ${bad.step}`;
    faults.push({ failureClass: 'not-a-number', message: `${label}: ${place}: ${bad.bad}.` });
  }
  return {
    told: { label, prefix, series: seriesOf(live, gathered, whole), summary },
    faults,
    leftOut: gathered.leftOut,
  };
}

/** What was read in the end, behind what was seen live and has gone since. */
function seriesOf(
  { source, gathered: seen }: LiveSource,
  gathered: Gathered,
  whole: boolean,
): Told['series'] {
  if (source.once === true) return gathered.series();
  // What has been taken away since was this training's all the same.
  if (gathered.rows === 0) return seen.series();
  if (!whole) return seen.rows > gathered.rows ? seen.series() : gathered.series();
  return joinSeries(source.newestOnly === true ? seen.series() : seen.replaced, gathered.series());
}
