import { UsageError } from '../../../../shared/errors.ts';

/**
 * Parses JSON in which no object has a key twice: of two values one would silently win, and a reader of the file might
 * see the other.
 */
export function parseStrictJson(text: string, source: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`The metrics in ${source} are not JSON.`, {
      remedy: /\b(NaN|Infinity)\b/.test(text)
        ? 'JSON knows neither NaN nor Infinity: write numbers, or null.'
        : 'Write one JSON object, as in {"accuracy": 0.98}.',
      cause,
    });
  }
  const twice = repeatedKey(text);
  if (twice === undefined) return document;
  throw new UsageError(`The metrics in ${source} have the key ${twice} twice in one object.`, {
    remedy: 'Give each metric a name of its own.',
  });
}

/** What tells the structure of JSON that is known to be valid: a string with the colon that makes it a key, or a brace. */
const TOKEN = /("(?:[^"\\]+|\\.)*")(\s*:)?|[{}]/g;

function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    if (string === undefined || colon === undefined) continue;
    // "a" may be written "\u0061".
    const key = string.includes('\\') ? JSON.stringify(JSON.parse(string)) : string;
    const keys = open.at(-1);
    if (keys?.has(key) === true) return key;
    keys?.add(key);
  }
  return undefined;
}
