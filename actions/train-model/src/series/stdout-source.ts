import { UsageError } from '../../../../shared/errors.ts';
import { parseNumber, pointOf } from '../decide/point-of.ts';
import { LEAST_GAP_MS } from './limits.ts';
import type { MetricSource } from './metric-source.ts';
import type { Row, Source } from './source.ts';

/** Of a longer line the beginning is searched. */
const MAX_LINE_CHARACTERS = 16_384;
/** Rows that wait for the next look; what a program prints beyond is left out evenly. */
const MOST_WAITING = 4_000;
/** Groups that tell where a row stands. */
const STEP = 'step';
const TOTAL = 'steps_total';

/** A source that is told each line of the command's output. */
export interface StdoutSource extends Source {
  line(text: string): void;
}

/**
 * Finds metrics in what the command prints, by a pattern of RE2's syntax: it takes linear time, so that no line can
 * keep it busy (github.com/google/re2/wiki/WhyRE2).
 */
export function stdoutSource(source: MetricSource): StdoutSource {
  let read: ((text: string) => [string, string][] | undefined) | undefined;
  let waiting: Row[] = [];
  let rows = 0;
  let stride = 1;
  return {
    label: source.label,
    prefix: source.format,
    files: [],
    gapMs: LEAST_GAP_MS,
    once: true,
    async begin() {
      read = await compile(source);
      waiting = [];
      rows = 0;
      stride = 1;
    },
    line(text) {
      const found = read?.(text.slice(0, MAX_LINE_CHARACTERS));
      if (found === undefined) return;
      const numbers: [string, number][] = [];
      const positions = new Map<string, number>();
      for (const [name, word] of found) {
        const value = parseNumber(word.replaceAll(',', ''));
        if (value === undefined) continue;
        if ((name === STEP || name === TOTAL) && Number.isFinite(value)) positions.set(name, value);
        else numbers.push([name, value]);
      }
      if (numbers.length === 0) return;
      rows += 1;
      const point = pointOf(positions.get(STEP) ?? rows, numbers, positions.get(TOTAL));
      // A row with a value that is no number is never left out: the stop rules wait for it.
      if (rows % stride !== 0 && waiting.at(-1)?.bad === undefined) waiting.pop();
      waiting.push({ ...point, group: '' });
      if (waiting.length >= MOST_WAITING) {
        waiting = waiting
          .filter((row, index) => index % 2 === 0 || row.bad !== undefined)
          .slice(-MOST_WAITING / 2);
        stride *= 2;
      }
    },
    open: () => ({
      look() {
        const taken = waiting;
        waiting = [];
        stride = 1;
        return Promise.resolve({ rows: taken, anew: false, more: false });
      },
      end: () => [],
      problems: () => [],
    }),
    absent: () => Promise.resolve('matches no line of the output with a number in a named group'),
  };
}

async function compile({
  place,
  label,
}: MetricSource): Promise<(text: string) => [string, string][] | undefined> {
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    const pattern = RE2JS.compile(place);
    const names = Object.keys(pattern.namedGroups());
    return (text) => {
      const matcher = pattern.matcher(text);
      if (!matcher.find()) return undefined;
      return names.flatMap((name): [string, string][] => {
        const word = matcher.group(name);
        return word === null ? [] : [[name, word]];
      });
    };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new UsageError(`${label} is no regular expression: ${error.message}.`, {
      remedy: 'Accepted: the syntax of RE2, which has neither look-around nor back-references.',
      cause: error,
    });
  }
}
