import { isLoss } from './metric-words.ts';

/** A loss that is a hundred times its best is lost: noise between batches is far smaller. */
const DEFAULT_FACTOR = 100;
/** One bad batch is no divergence. */
const CONSECUTIVE = 3;
/** What a loss begins with says little about where it belongs. */
const FIRST = 3;

interface Watched {
  count: number;
  /** Least and largest value that were not over the limit. */
  least: number;
  largest: number;
  /** The largest of the first points. */
  start: number;
  over: number;
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));

/**
 * Tells when a metric of which less is better has grown out of all measure, in three points after each other.
 * - While all its values are positive: more than `factor` times the best so far.
 * - Otherwise, as a ratio means nothing across zero: farther above the best than `factor` times the range so far.
 *
 * Without a factor of the user's, careful: 100 times, and also worse than at the start. A loss that came near zero is
 * many times its best again after any hard batch, and a training that is still better than at its start has not
 * diverged.
 */
export class DivergenceWatch {
  readonly #metric: string | undefined;
  readonly #factor: number;
  readonly #careful: boolean;
  readonly #watched = new Map<string, Watched>();

  constructor({
    metric,
    factor,
  }: {
    readonly metric: string | undefined;
    readonly factor: number | undefined;
  }) {
    this.#metric = metric;
    this.#factor = factor ?? DEFAULT_FACTOR;
    this.#careful = factor === undefined;
  }

  /** Begins a sentence that says how it diverged; undefined while it has not. */
  observe(metric: string, step: number, value: number): string | undefined {
    if (this.#metric === undefined ? !isLoss(metric) : metric !== this.#metric) return undefined;
    const seen = this.#watched.get(metric) ?? {
      count: 0,
      least: value,
      largest: value,
      start: value,
      over: 0,
    };
    this.#watched.set(metric, seen);
    seen.count += 1;
    const early = seen.count <= FIRST;
    if (early) seen.start = Math.max(seen.start, value);
    const limit = this.#limitOf(seen);
    if (early || !(value > limit)) {
      seen.over = 0;
      seen.least = Math.min(seen.least, value);
      seen.largest = Math.max(seen.largest, value);
      return undefined;
    }
    seen.over += 1;
    if (seen.over < CONSECUTIVE) return undefined;
    return (
      `It diverged: ${metric} is ${figure(value)} at step ${step}, and was above ${figure(limit)} in ${CONSECUTIVE} ` +
      `points after each other, where its best is ${figure(seen.least)} (rule "divergence" of "stop-on", factor ${this.#factor})`
    );
  }

  #limitOf({ least, largest, start }: Watched): number {
    // Without a range nothing tells how large a change is for this metric.
    const range = largest > least ? (largest - least) * this.#factor : Infinity;
    const limit = least > 0 ? least * this.#factor : least + range;
    return this.#careful ? Math.max(limit, start) : limit;
  }
}
