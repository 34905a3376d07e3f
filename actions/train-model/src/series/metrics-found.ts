import type { Series } from '../decide/series.ts';

/** Something that makes a training that ended well fail all the same. */
export interface MetricsFault {
  readonly failureClass: 'not-a-number' | 'missing-outputs';
  readonly message: string;
}

/** What a training told by its metrics, read when it has ended. */
export interface MetricsFound {
  /** The final metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly series: Series[];
  readonly faults: readonly MetricsFault[];
  /** What a reader of the report should know, in full sentences. */
  readonly notices: readonly string[];
}
