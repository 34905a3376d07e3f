import { readFile } from 'node:fs/promises';
import { readNumbers } from '../decide/metrics.ts';
import { liesInside } from './find-files.ts';
import { factsOf, stateOf } from './growing-file.ts';
import { MAX_DOCUMENT_BYTES } from './limits.ts';
import type { Source, SourceReader } from './source.ts';

export interface SummaryOptions {
  /** The JSON file, absolute. */
  readonly path: string;
  readonly root: string;
  /** Between the parts of a nested name, as the rows have it. */
  readonly joint: string;
  readonly isMetric: (name: string) => boolean;
}

/** A source beside whose rows a JSON file tells the newest values, also of what is logged without a curve. */
export function withSummary(source: Source, options: SummaryOptions): Source {
  let before: string | undefined;
  const stateNow = async (): Promise<string | undefined> => {
    const facts = await factsOf(options.path);
    return facts === undefined || facts.size > MAX_DOCUMENT_BYTES ? undefined : stateOf(facts);
  };
  return {
    ...source,
    async begin(signal) {
      before = await stateNow();
      await source.begin(signal);
    },
    open() {
      const reader = source.open();
      let summary: Readonly<Record<string, number>> = {};
      let seen = before;
      return {
        async look(signal) {
          const look = await reader.look(signal);
          const state = await stateNow();
          if (state === undefined || state === seen) return look;
          seen = state;
          // Half written at this moment, it is read when it has changed again.
          summary = (await readSummary(options)) ?? summary;
          return look;
        },
        end: () => reader.end(),
        problems: () => reader.problems(),
        summary: () => summary,
      } satisfies SourceReader;
    },
  };
}

async function readSummary({
  path,
  root,
  joint,
  isMetric,
}: SummaryOptions): Promise<Record<string, number> | undefined> {
  if (!(await liesInside(root, path))) return undefined;
  const numbers = readNumbers(await readFile(path, 'utf8').catch(() => ''), joint);
  if (!numbers.ok) return undefined;
  return Object.fromEntries(Object.entries(numbers.values).filter(([name]) => isMetric(name)));
}
