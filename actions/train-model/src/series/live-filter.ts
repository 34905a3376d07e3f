import { MAX_SERIES } from '../decide/series.ts';

interface Curve {
  first: readonly [step: number, value: number];
  last: number;
  /** What is told again up to this step has been told before. */
  knownUntil: number;
}

/**
 * Lets each point pass once where a source is read from its beginning again. A curve that begins as it did before was
 * written anew with all its rows (a table with a new column, a document): its known steps are passed over. One that
 * begins otherwise is another, and all its rows are new.
 */
export class LiveFilter {
  readonly #curves = new Map<string, Curve>();
  #met: Set<string> | undefined;

  /** The rows that follow are those from the first on again. */
  again(): void {
    this.#met = new Set();
  }

  isNew(key: string, step: number, value: number): boolean {
    const curve = this.#curves.get(key);
    if (curve === undefined) {
      if (this.#curves.size >= MAX_SERIES) return false;
      this.#curves.set(key, { first: [step, value], last: step, knownUntil: -Infinity });
      return true;
    }
    if (this.#met !== undefined && !this.#met.has(key)) {
      this.#met.add(key);
      const same = curve.first[0] === step && curve.first[1] === value;
      if (!same) curve.first = [step, value];
      curve.knownUntil = same ? Math.max(curve.last, curve.knownUntil) : -Infinity;
    }
    if (step <= curve.knownUntil) return false;
    curve.last = step;
    return true;
  }
}
