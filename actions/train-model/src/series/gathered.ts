import { joinSeries } from '../decide/join-series.ts';
import { type Series, SeriesCollector } from '../decide/series.ts';
import { MAX_NAME_CHARACTERS } from './limits.ts';
import type { Look } from './source.ts';

/** Between a group and a metric's name while both are one key; no name holds it. */
const JOINT = '\u0000';

export function keyOf(group: string, metric: string): string {
  return `${group}${JOINT}${metric.replaceAll(JOINT, '')}`;
}

/** The name that a key is shown by: with its group where the source has several. */
export function nameOfKey(key: string, withGroup: boolean): string {
  const at = key.indexOf(JOINT);
  const group = key.slice(0, at);
  const metric = key.slice(at + 1);
  const name = withGroup && group !== '' ? `${group}/${metric}` : metric;
  return name.length > MAX_NAME_CHARACTERS ? `${name.slice(0, MAX_NAME_CHARACTERS - 1)}…` : name;
}

/** All that a source has told, by keys of group and metric, in bounded memory. */
export class Gathered {
  #collector = new SeriesCollector();
  #replaced: Series[] = [];
  #leftOut = 0;
  #rows = 0;
  #firstBad: { readonly row: number; readonly step: number; readonly bad: string } | undefined;

  take({ rows, anew }: Look): void {
    if (anew) {
      this.#replaced = this.series();
      this.#leftOut += this.#collector.leftOut;
      this.#collector = new SeriesCollector();
    }
    for (const { step, values, bad, group } of rows) {
      this.#rows += 1;
      for (const [metric, value] of Object.entries(values))
        this.#collector.put(keyOf(group, metric), step, value);
      if (bad !== undefined) this.#firstBad ??= { row: this.#rows, step, bad: bad.join(', ') };
    }
  }

  /** What was read before the source was replaced or written anew. */
  get replaced(): Series[] {
    return this.#replaced;
  }

  get rows(): number {
    return this.#rows;
  }

  get firstBad(): { readonly row: number; readonly step: number; readonly bad: string } | undefined {
    return this.#firstBad;
  }

  /** Values without a place, because there are too many metrics. */
  get leftOut(): number {
    return this.#leftOut + this.#collector.leftOut;
  }

  series(): Series[] {
    return joinSeries(this.#replaced, this.#collector.series());
  }
}
