import { MAX_SERIES, type Series, thin } from '../decide/series.ts';
import { nameOfKey } from './gathered.ts';

/** All curves of a record together. */
const MAX_POINTS_IN_ALL = 200_000;
const MAX_POINTS = 1_000;

/** What one source told in the end, by keys. */
export interface Told {
  readonly label: string;
  readonly prefix: string;
  readonly series: readonly Series[];
  readonly summary: Readonly<Record<string, number>>;
}

export interface Assembled {
  readonly series: Series[];
  /** The last value of each metric, and what is told without a curve. */
  readonly last: Record<string, number>;
  readonly notices: string[];
}

function groupOf(key: string): string {
  return key.slice(0, key.indexOf('\u0000'));
}

/**
 * Puts the sources together by metric name. Where two tell the same name, the one that is declared first keeps it, and
 * the other's goes by its format: `tensorboard/loss`.
 */
export function assemble(sources: readonly Told[]): Assembled {
  const series = new Map<string, Series>();
  const last = new Map<string, number>();
  const notices: string[] = [];
  for (const { label, prefix, series: own, summary } of sources) {
    const withGroup = new Set(own.map(({ metric }) => groupOf(metric))).size > 1;
    const clashes: string[] = [];
    // Names of this source itself may come together when they are cut.
    const others = new Set(last.keys());
    const free = (name: string): string => {
      if (!others.has(name)) return name;
      clashes.push(name);
      for (let number = 1; ; number += 1) {
        const candidate = `${prefix}${number === 1 ? '' : `-${number}`}/${name}`;
        if (!others.has(candidate)) return candidate;
      }
    };
    for (const { metric, points } of own) {
      const value = points.at(-1)?.[1];
      if (value === undefined) continue;
      const name = free(nameOfKey(metric, withGroup));
      series.set(name, { metric: name, points });
      last.set(name, value);
    }
    for (const [name, value] of Object.entries(summary)) {
      if (!series.has(name)) last.set(name, value);
    }
    if (clashes.length > 0) {
      notices.push(
        `${label} tells ${clashes.slice(0, 3).join(', ')} as another source does: here the name is "${prefix}/${clashes[0] ?? ''}".`,
      );
    }
  }
  const kept = [...series.values()].slice(0, MAX_SERIES);
  if (series.size > MAX_SERIES) notices.push(tooMany());
  const most = Math.max(2, Math.min(MAX_POINTS, Math.floor(MAX_POINTS_IN_ALL / Math.max(1, kept.length))));
  return {
    series: kept.map(({ metric, points }) => ({ metric, points: thin(points, most) })),
    last: Object.fromEntries([...last].slice(0, 2 * MAX_SERIES)),
    notices,
  };
}

export function tooMany(): string {
  return `The training told more than ${MAX_SERIES} metrics: the first ${MAX_SERIES} are kept.`;
}
