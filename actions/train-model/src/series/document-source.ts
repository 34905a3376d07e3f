import { readFile } from 'node:fs/promises';
import { parseJson } from '../decide/metrics.ts';
import type { Point } from '../engines/engine.ts';
import { liesInside } from './find-files.ts';
import { factsOf, stateOf } from './growing-file.ts';
import { LEAST_GAP_MS, MAX_DOCUMENT_BYTES } from './limits.ts';
import type { MetricSource } from './metric-source.ts';
import { type Look, NOTHING, type Problem, type Row, type Source, type SourceReader } from './source.ts';

export interface DocumentSourceOptions {
  readonly source: MetricSource;
  readonly root: string;
  /** Where the document may be, absolute. */
  readonly find: () => Promise<string[]>;
  /** All rows of a document; text says what is wrong with it. */
  readonly rowsOf: (document: unknown) => readonly Point[] | string;
  /** Which of several documents is the newest: the largest counts. */
  readonly ageOf: (path: string, changedMs: number) => number;
  readonly newestOnly?: boolean;
}

/** A source that is one JSON document, which its writer replaces: it is read whole each time that it has changed. */
export function createDocumentSource(options: DocumentSourceOptions): Source {
  const { source, find, newestOnly = false } = options;
  const before = new Map<string, string>();
  return {
    label: source.label,
    prefix: source.format,
    files: [source.place],
    gapMs: LEAST_GAP_MS,
    newestOnly,
    async begin() {
      before.clear();
      for (const path of await find()) {
        const facts = await factsOf(path);
        if (facts !== undefined) before.set(path, stateOf(facts));
      }
    },
    open: () => new DocumentReader(options, before),
    async absent() {
      const found = await find();
      if (found.length === 0) return 'does not exist after the training';
      for (const path of found) {
        const facts = await factsOf(path);
        if (facts !== undefined && before.get(path) !== stateOf(facts)) return 'holds no metric';
      }
      return 'was there before and was not written by this training';
    },
  };
}

class DocumentReader implements SourceReader {
  readonly #options: DocumentSourceOptions;
  readonly #before: ReadonlyMap<string, string>;
  #seen = '';
  #problem: string | undefined;

  constructor(options: DocumentSourceOptions, before: ReadonlyMap<string, string>) {
    this.#options = options;
    this.#before = before;
  }

  async look(): Promise<Look> {
    const { root, rowsOf } = this.#options;
    const newest = await this.#newest();
    if (newest === undefined || newest.state === this.#seen) return NOTHING;
    const { path, state, size } = newest;
    if (size > MAX_DOCUMENT_BYTES) return this.#refuse(state, `is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    if (!(await liesInside(root, path))) return this.#refuse(state, 'is a link that leaves the workspace');
    const parsed = parseJson(await readFile(path, 'utf8').catch(() => ''));
    if (!parsed.ok) return this.#refuse(state, parsed.message);
    const points = rowsOf(parsed.document);
    if (typeof points === 'string') return this.#refuse(state, points);
    this.#seen = state;
    this.#problem = undefined;
    return { rows: points.map((point): Row => ({ ...point, group: '' })), anew: true, more: false };
  }

  end(): Row[] {
    return [];
  }

  problems(): readonly Problem[] {
    return this.#problem === undefined ? [] : [{ failureClass: 'missing-outputs', message: this.#problem }];
  }

  /** A document that is half written is read again when it has changed: only what the last look found is a problem. */
  #refuse(state: string, message: string): Look {
    this.#seen = state;
    this.#problem = message;
    return NOTHING;
  }

  async #newest(): Promise<{ path: string; state: string; size: number } | undefined> {
    let newest: { path: string; state: string; size: number; age: number } | undefined;
    for (const path of await this.#options.find()) {
      const facts = await factsOf(path);
      if (facts === undefined) continue;
      const state = stateOf(facts);
      if (this.#before.get(path) === state) continue;
      const age = this.#options.ageOf(path, Number(facts.mtimeMs));
      if (newest === undefined || age >= newest.age) newest = { path, state, size: Number(facts.size), age };
    }
    return newest;
  }
}
