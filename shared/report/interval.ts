import type { Tone } from './marks.ts';

/** From and to: what a bar's width stands for. Bars that are to be compared share one. */
export type Scale = readonly [number, number];

/** Where a rule draws its line, and on which side of it the rule is broken. */
export interface Limit {
  readonly at: number;
  readonly forbidden: 'below' | 'above';
}

/** An estimate with its interval, to be drawn on a scale. */
export interface Bar {
  readonly at: number | null;
  readonly low: number;
  readonly high: number;
  readonly limit: Limit | null;
  /** The place of no change; null where there is none. */
  readonly zero: number | null;
  readonly scale: Scale;
  readonly tone: Tone;
  /** The interval in words. */
  readonly words: string;
}

/** Bars without their scale, which only all of them together have. */
export type UnscaledBar = Omit<Bar, 'scale'>;

const CELLS = 15;
/** Of the whole width, on each side: so that nothing lies on the edge. */
const MARGIN = 0.04;

/** The scale on which all of these bars can be seen, with their limits and the place of no change. */
export function scaleOf(bars: readonly UnscaledBar[]): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const bar of bars) {
    for (const value of [bar.low, bar.high, bar.at, bar.zero, bar.limit?.at ?? null]) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  const margin = high > low ? (high - low) * MARGIN : Math.abs(low) * MARGIN || 1;
  return [low - margin, high + margin];
}

/** Where on its scale a value lies, from 0 to 1. */
export function positionOn([from, to]: Scale, value: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** How `textBar` is to be read. */
export const BAR_LEGEND = '● estimate, ├─┤ interval, ┃ limit of the rule, │ no change';

/** The bar as text of fixed width: `··┃··├──●─┼──┤`. */
export function textBar(bar: Bar, cells = CELLS): string {
  const cellOf = (value: number): number => Math.round(positionOn(bar.scale, value) * (cells - 1));
  const drawn = Array.from({ length: cells }, () => '·');
  const low = cellOf(bar.low);
  const high = cellOf(bar.high);
  const zero = bar.zero === null ? undefined : cellOf(bar.zero);
  const limit = bar.limit === null ? undefined : apart(bar.limit.at, bar, cellOf, cells);
  if (zero !== undefined) drawn[zero] = '│';
  if (limit !== undefined) drawn[limit] = '┃';
  for (let cell = low; cell <= high; cell += 1)
    drawn[cell] = cell === limit ? '╂' : cell === zero ? '┼' : '─';
  drawn[low] = low === limit ? '┠' : '├';
  drawn[high] = high === limit ? '┨' : '┤';
  if (bar.at !== null) drawn[cellOf(bar.at)] = '●';
  return drawn.join('');
}

/** A limit outside the interval must not look as if it lay within it. */
function apart(limit: number, bar: Bar, cellOf: (value: number) => number, cells: number): number {
  const cell = cellOf(limit);
  if (limit < bar.low && cell === cellOf(bar.low)) return Math.max(0, cell - 1);
  if (limit > bar.high && cell === cellOf(bar.high)) return Math.min(cells - 1, cell + 1);
  return cell;
}
