import { UsageError } from '../../../../shared/errors.ts';

/** Metrics nested deeper than this are a mistake or an attack on the stack. */
export const MAX_DEPTH = 32;
/** No model has as many metrics; a file that does is another one, or an attack on memory. */
export const MAX_METRICS = 10_000;
/** A document of metrics; one of 10 000 metrics has a tenth of it. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

export type Reported = ReadonlyMap<string, number | null>;

/** Metrics by name as they are found in one source, which `source` names for errors. */
export class Collected {
  readonly source: string;
  readonly metrics = new Map<string, number | null>();

  constructor(source: string) {
    this.source = source;
  }

  /** Adds a metric. What is no finite number is kept as null, so that a rule on it can say so. */
  add(name: string, value: number | null): void {
    const known = value !== null && Number.isFinite(value) ? value : null;
    if (this.metrics.has(name) && this.metrics.get(name) !== known) {
      throw new UsageError(`The metrics in ${this.source} name "${name}" twice, with different values.`);
    }
    if (this.metrics.size >= MAX_METRICS && !this.metrics.has(name)) {
      throw tooMany(this.source);
    }
    this.metrics.set(name, known);
  }

  /**
   * Adds numbers of nested objects, their names joined by dots, as DVC does. Text, truth values and lists are left out.
   */
  flatten(object: object, prefix = '', depth = 0): void {
    if (depth > MAX_DEPTH)
      throw new UsageError(`The metrics in ${this.source} are nested deeper than ${MAX_DEPTH} levels.`);
    for (const [key, value] of Object.entries(object) as [string, unknown][]) {
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (value === null || typeof value === 'number') this.add(name, value);
      else if (isObject(value)) this.flatten(value, name, depth + 1);
    }
  }
}

export function tooMany(source: string): UsageError {
  return new UsageError(`The metrics in ${source} are more than ${MAX_METRICS}.`, {
    remedy: 'Give a file of metrics; rows of an evaluation go into "predictions".',
  });
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's own value under a key; undefined where there is none. */
export function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
}
