import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { UsageError } from '../../../../shared/errors.ts';
import { Collected, isObject, MAX_METRICS, own, type Reported, tooMany } from './collected.ts';

/** One row with its texts; a longer line is no row of scores. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/** `samples_<task>_<time>.jsonl`, as lm-evaluation-harness names its files. */
const SAMPLES = /^samples_(.+?)(?:_\d{4}-\d{2}-\d{2}T[\d.:-]+)?\.jsonl$/;

/**
 * Reads scores of single examples, one JSON object a line, as their means: numbers by their names, nested ones joined by
 * dots, truth values as 0 and 1. In samples of lm-evaluation-harness only the fields that each line lists under
 * `metrics` are scores, named as in its results: `<task>.<metric>`. A score that some line lacks has no mean.
 * The file is streamed, so that memory does not grow with it; where a paired test is wanted, it is given as predictions.
 */
export async function readScoreLines(path: string, source: string, signal: AbortSignal): Promise<Reported> {
  const sums = new Map<string, { sum: number; n: number; group: string }>();
  const rows = new Map<string, number>();
  const task = SAMPLES.exec(basename(path))?.[1];
  let line = 0;
  for await (const text of linesOf(path, source, signal)) {
    line += 1;
    if (text.trim() === '') continue;
    const row = rowIn(text, `line ${line} of ${source}`);
    const filter = own(row, 'filter');
    const group = typeof filter === 'string' ? filter : '';
    rows.set(group, (rows.get(group) ?? 0) + 1);
    for (const [name, value] of scoresOf(row, task, group, `line ${line} of ${source}`)) {
      const known = sums.get(name) ?? { sum: 0, n: 0, group };
      if (sums.size >= MAX_METRICS && !sums.has(name)) throw tooMany(source);
      sums.set(name, { sum: known.sum + (value ?? NaN), n: known.n + 1, group });
    }
  }
  const collected = new Collected(source);
  for (const [name, { sum, n, group }] of sums) {
    const all =
      task === undefined ? [...rows.values()].reduce((total, each) => total + each, 0) : rows.get(group);
    collected.add(name, n === all ? sum / n : null);
  }
  if (line > 0) return collected.metrics;
  throw new UsageError(`There are no metrics in ${source}: it has no lines.`);
}

/** The lines of a file, of which none fills the memory. */
async function* linesOf(path: string, source: string, signal: AbortSignal): AsyncGenerator<string> {
  const input = createReadStream(path, { signal, encoding: 'utf8' }) as AsyncIterable<string>;
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) {
      throw new UsageError(`A line of ${source} is longer than ${MAX_LINE_CHARACTERS} characters.`, {
        remedy: 'Write one JSON object a line, as in {"id": 1, "rouge": 0.4}.',
      });
    }
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function rowIn(text: string, place: string): object {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    row = undefined;
  }
  if (isObject(row)) return row;
  throw new UsageError(`The metrics cannot be read: ${place} is no JSON object.`, {
    remedy: /\b(NaN|Infinity)\b/.test(text)
      ? 'JSON knows neither NaN nor Infinity: write numbers, or null.'
      : 'Write one JSON object a line, as in {"id": 1, "rouge": 0.4}.',
  });
}

function scoresOf(row: object, task: string | undefined, filter: string, place: string): Reported {
  const listed = own(row, 'metrics');
  const metrics = Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : undefined;
  const flat = new Collected(place);
  if (metrics !== undefined) {
    const prefix = task === undefined ? '' : `${task}.`;
    const suffix = filter === '' || filter === 'none' ? '' : `.${filter}`;
    for (const name of metrics) {
      const value = own(row, name);
      flat.add(`${prefix}${name}${suffix}`, typeof value === 'boolean' ? Number(value) : numberOf(value));
    }
    return flat.metrics;
  }
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    if (typeof value === 'boolean') flat.add(name, Number(value));
    else if (isObject(value)) flat.flatten(value, name, 1);
    else if (typeof value === 'number' || value === null) flat.add(name, value);
  }
  return flat.metrics;
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
