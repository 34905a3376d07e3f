import { messageOf } from '../../../../shared/errors.ts';

/** What a JSON document tells: its finite numbers, and those that are none, such as `loss is NaN`. */
export type Numbers =
  | {
      readonly ok: true;
      readonly values: Readonly<Record<string, number>>;
      readonly bad: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

export type MetricsResult =
  | { readonly ok: true; readonly values: Readonly<Record<string, number>> }
  | { readonly ok: false; readonly problem: 'not-a-number' | 'not-valid'; readonly message: string };

/** More is no metrics file but data. */
const MAX_METRICS = 2_000;
const MAX_DEPTH = 20;
/** So many values that are no numbers are named; they come together. */
const MOST_BAD = 5;

/** What JSON cannot say but Python's json writes. In strings these words mean nothing. */
const STRING_OR_NON_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
/** Stands for a value that is no number while the text is parsed; no text holds it by chance. */
const MARK = '\u0000trainyard-not-a-number:';

/** Where the parser gave up. Its whole message quotes the text, and what a training wrote may be data. */
function placeOf(error: unknown): string {
  const place = / at position \d+(?: \(line \d+ column \d+\))?/.exec(messageOf(error))?.[0];
  if (place !== undefined) return `: it is broken${place}`;
  return messageOf(error).includes('end of JSON') ? ': it ends too early' : '';
}

export type Parsed =
  { readonly ok: true; readonly document: unknown } | { readonly ok: false; readonly message: string };

/** Parses JSON as Python writes it. In place of NaN and Infinity the document has marks, which `numberOf` reads. */
export function parseJson(text: string): Parsed {
  // Some editors put a byte order mark before the text (RFC 8259, section 8.1: readers may ignore it).
  const plain = text.replace(/^\ufeff/, '');
  try {
    return { ok: true, document: JSON.parse(plain) };
  } catch {
    // Read again with marks only where it must be: a series has millions of rows.
  }
  try {
    const marked = plain.replaceAll(STRING_OR_NON_NUMBER, (token) =>
      token.startsWith('"') ? token : JSON.stringify(MARK + token),
    );
    return { ok: true, document: JSON.parse(marked) };
  } catch (error) {
    return { ok: false, message: `is not JSON${placeOf(error)}` };
  }
}

/** The number that a value of `parseJson` is, finite or not; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !value.startsWith(MARK)) return undefined;
  return Number(value.slice(MARK.length));
}

/** The numbers of a document, nested ones under names joined by `joint`. */
export function collectNumbers(document: object, joint: string): Map<string, number> {
  const values = new Map<string, number>();
  const collect = (value: object, prefix: string, depth: number): void => {
    for (const [key, entry] of Object.entries(value) as [string, unknown][]) {
      if (values.size > MAX_METRICS) return;
      const name = `${prefix}${key}`;
      const number = numberOf(entry);
      if (number !== undefined) values.set(name, number);
      else if (typeof entry === 'object' && entry !== null && !Array.isArray(entry) && depth < MAX_DEPTH) {
        collect(entry, `${name}${joint}`, depth + 1);
      }
    }
  };
  collect(document, '', 0);
  return values;
}

/** Tells finite numbers from the others. */
export function sortOut(numbers: Iterable<readonly [string, number]>): {
  values: Record<string, number>;
  bad: string[];
} {
  const values: [string, number][] = [];
  const bad: string[] = [];
  for (const [name, value] of numbers) {
    // JSON has numbers beyond what a double holds, such as 1e999.
    if (Number.isFinite(value)) values.push([name, value]);
    else if (bad.length < MOST_BAD) bad.push(`${name} is ${value}`);
  }
  return { values: Object.fromEntries(values), bad };
}

/** Reads the numbers of a JSON object, also those that are not finite. */
export function readNumbers(text: string, joint = '.'): Numbers {
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const { document } = parsed;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { ok: false, message: 'is not a JSON object' };
  }
  const numbers = collectNumbers(document, joint);
  if (numbers.size > MAX_METRICS) {
    return { ok: false, message: `holds more than ${MAX_METRICS} numbers` };
  }
  return { ok: true, ...sortOut(numbers) };
}

/**
 * Reads metrics from JSON: nested numbers, their names joined by dots. NaN and Infinity are a result of their own;
 * text, booleans, null and lists are passed over.
 */
export function parseMetrics(text: string): MetricsResult {
  const numbers = readNumbers(text);
  if (!numbers.ok) return { ok: false, problem: 'not-valid', message: numbers.message };
  if (numbers.bad.length > 0) return { ok: false, problem: 'not-a-number', message: numbers.bad.join(', ') };
  return { ok: true, values: numbers.values };
}
