import type { Point } from '../engines/engine.ts';
import { sortOut } from './metrics.ts';

/** A row of metrics at one step; a value that is no finite number is among the point's `bad`. */
export function pointOf(step: number, numbers: Iterable<readonly [string, number]>, total?: number): Point {
  const { values, bad } = sortOut(numbers);
  return { step, values, total, ...(bad.length === 0 ? {} : { bad }) };
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** Reads a number as programs print it, also `nan` and `-inf`; undefined where the text is none. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (/^[+-]?nan$/i.test(trimmed)) return NaN;
  const infinite = INFINITE.exec(trimmed);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
