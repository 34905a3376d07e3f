import { messageOf } from '../../../../shared/errors.ts';

export type MetricsResult =
  | { readonly ok: true; readonly values: Readonly<Record<string, number>> }
  | { readonly ok: false; readonly problem: 'not-a-number' | 'not-valid'; readonly message: string };

/** More is no metrics file but data. */
const MAX_METRICS = 2_000;
const MAX_DEPTH = 20;

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

/**
 * Reads metrics from JSON: nested numbers, their names joined by dots. NaN and Infinity are a result of their own;
 * text, booleans, null and lists are passed over.
 */
export function parseMetrics(text: string): MetricsResult {
  let document: unknown;
  try {
    document = JSON.parse(
      // Some editors put a byte order mark before the text (RFC 8259, section 8.1: readers may ignore it).
      text
        .replace(/^\ufeff/, '')
        .replaceAll(STRING_OR_NON_NUMBER, (token) =>
          token.startsWith('"') ? token : JSON.stringify(MARK + token),
        ),
    );
  } catch (error) {
    return { ok: false, problem: 'not-valid', message: `is not JSON${placeOf(error)}` };
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { ok: false, problem: 'not-valid', message: 'is not a JSON object' };
  }
  const values = new Map<string, number>();
  const bad: string[] = [];
  const collect = (value: object, prefix: string, depth: number): void => {
    for (const [key, entry] of Object.entries(value) as [string, unknown][]) {
      const name = `${prefix}${key}`;
      if (typeof entry === 'number') {
        // JSON has numbers beyond what a double holds, such as 1e999.
        if (Number.isFinite(entry)) values.set(name, entry);
        else bad.push(`${name} is ${entry}`);
      } else if (typeof entry === 'string' && entry.startsWith(MARK)) {
        bad.push(`${name} is ${entry.slice(MARK.length)}`);
      } else if (typeof entry === 'object' && entry !== null && !Array.isArray(entry) && depth < MAX_DEPTH) {
        collect(entry, `${name}.`, depth + 1);
      }
    }
  };
  collect(document, '', 0);
  if (bad.length > 0) return { ok: false, problem: 'not-a-number', message: bad.slice(0, 5).join(', ') };
  if (values.size > MAX_METRICS) {
    return { ok: false, problem: 'not-valid', message: `holds more than ${MAX_METRICS} numbers` };
  }
  return { ok: true, values: Object.fromEntries(values) };
}
