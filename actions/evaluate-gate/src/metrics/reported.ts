import { UsageError } from '../../../../shared/errors.ts';

/** Metrics nested deeper than this are a mistake or an attack on the stack. */
const MAX_DEPTH = 32;

/**
 * Reads metrics from JSON: numbers in nested objects, their names joined by dots, as DVC does. A null is kept, so that
 * a rule on it can say so; text, truth values and lists are left out. `source` is how the user knows the file.
 */
export function readReportedMetrics(text: string, source: string): ReadonlyMap<string, number | null> {
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
  const metrics = new Map<string, number | null>();
  if (!isObject(document)) {
    throw new UsageError(`The metrics in ${source} are no JSON object.`, {
      remedy: 'Write one JSON object, as in {"accuracy": 0.98}.',
    });
  }
  flatten(document, '', 0, (name, value) => {
    if (metrics.has(name) && metrics.get(name) !== value) {
      throw new UsageError(`The metrics in ${source} name "${name}" twice, with different values.`);
    }
    metrics.set(name, value);
  });
  return metrics;

  function flatten(
    object: object,
    prefix: string,
    depth: number,
    add: (name: string, value: number | null) => void,
  ): void {
    if (depth > MAX_DEPTH)
      throw new UsageError(`The metrics in ${source} are nested deeper than ${MAX_DEPTH} levels.`);
    for (const [key, value] of Object.entries(object) as [string, unknown][]) {
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (value === null) add(name, null);
      // 1e999 is a number in JSON's grammar and no finite one.
      else if (typeof value === 'number') add(name, Number.isFinite(value) ? value : null);
      else if (isObject(value)) flatten(value, name, depth + 1, add);
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
