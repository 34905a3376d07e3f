import { setTimeout as sleep } from 'node:timers/promises';
import { thin } from '../decide/series.ts';
import type { Point } from '../engines/engine.ts';
import { type Gathered, keyOf } from './gathered.ts';
import { LiveFilter } from './live-filter.ts';
import { LiveNames } from './live-names.ts';
import { READS_A_LOOK, ROWS_A_LOOK, SERVER_GAP_MS } from './limits.ts';
import type { Row, Source, SourceReader } from './source.ts';

/** How soon the end of a training is seen between two looks. */
const TICK_MS = 50;

/** A source while the training runs. */
export interface LiveSource {
  readonly source: Source;
  readonly reader: SourceReader;
  readonly gathered: Gathered;
}

export interface LiveOptions {
  readonly pollMs: number;
  readonly ended: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Points as they are written, best effort, each once. However fast a training writes, each source is looked at no more
 * often than its gap allows, and one look passes on a bounded number of rows.
 */
export async function* livePoints(
  sources: readonly LiveSource[],
  options: LiveOptions,
): AsyncGenerator<Point> {
  const { pollMs, ended, signal } = options;
  const names = new LiveNames();
  const looks = new AbortController();
  const lives = sources.map((one, index) => new Live(one, index, names));
  const stop = AbortSignal.any([signal, looks.signal]);
  try {
    while (!ended() && !signal.aborted) {
      for (const live of lives) live.lookIfDue(pollMs, stop);
      // Names are given in the order in which the sources are declared; a server is not waited for.
      await Promise.all(lives.filter((live) => !live.remote).map((live) => live.settled));
      for (const live of lives) yield* live.takePoints();
      await sleep(Math.min(TICK_MS, pollMs), undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return;
    // What was written behind the last look. A server is asked by `finish`.
    looks.abort();
    for (const live of lives) {
      if (!live.remote) await live.lastLook(signal);
      yield* live.takePoints();
    }
  } finally {
    looks.abort();
    await Promise.all(lives.map((live) => live.settled));
  }
}

class Live {
  readonly #live: LiveSource;
  readonly #index: number;
  readonly #names: LiveNames;
  readonly #filter = new LiveFilter();
  #lookedAt = -Infinity;
  #looking = false;
  #rows: readonly Row[] = [];
  settled: Promise<void> = Promise.resolve();

  constructor(live: LiveSource, index: number, names: LiveNames) {
    this.#live = live;
    this.#index = index;
    this.#names = names;
  }

  /** True where a look asks another machine. */
  get remote(): boolean {
    return this.#live.source.gapMs >= SERVER_GAP_MS;
  }

  lookIfDue(pollMs: number, signal: AbortSignal): void {
    const now = performance.now();
    if (this.#looking || now - this.#lookedAt < Math.max(pollMs, this.#live.source.gapMs)) return;
    this.#lookedAt = now;
    this.#looking = true;
    this.settled = this.#look(signal)
      // A look that fails is made again; what is wrong is told in the end.
      .catch(() => undefined)
      .finally(() => (this.#looking = false));
  }

  async lastLook(signal: AbortSignal): Promise<void> {
    await this.settled;
    await this.#look(signal).catch(() => undefined);
  }

  takePoints(): Point[] {
    const points = this.#rows.map((row) => this.#named(row));
    this.#rows = [];
    return points;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const rows: Row[] = [];
    for (let reads = 0; reads < READS_A_LOOK; reads += 1) {
      const look = await this.#live.reader.look(signal);
      this.#live.gathered.take(look);
      if (look.anew) this.#filter.again();
      for (const row of look.rows) {
        const fresh = this.#unseen(row);
        if (fresh !== undefined) rows.push(fresh);
      }
      if (!look.more) break;
    }
    this.#rows = thinRows([...this.#rows, ...rows]);
  }

  #unseen(row: Row): Row | undefined {
    const values = Object.entries(row.values).filter(([metric, value]) =>
      this.#filter.isNew(keyOf(row.group, metric), row.step, value),
    );
    // What is no number has no place on a curve, and to be told of it twice harms nobody.
    return values.length === 0 && row.bad === undefined
      ? undefined
      : { ...row, values: Object.fromEntries(values) };
  }

  #named({ group, values, ...row }: Row): Point {
    const named = Object.entries(values).map(([metric, value]) => [
      this.#names.nameOf(this.#index, this.#live.source.prefix, group, keyOf(group, metric)),
      value,
    ]);
    return { ...row, values: Object.fromEntries(named) as Record<string, number> };
  }
}

/** Evenly, with first and last; a row with what is no number is never left out. */
function thinRows(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= ROWS_A_LOOK) return rows;
  const kept = new Set(thin(rows, ROWS_A_LOOK));
  let bad = 0;
  return rows.filter((row) => kept.has(row) || (row.bad !== undefined && (bad += 1) <= ROWS_A_LOOK));
}
