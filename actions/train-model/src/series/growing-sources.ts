import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { readNumbers } from '../decide/metrics.ts';
import { createEventParser } from './event-parser.ts';
import { createFilesSource } from './files-source.ts';
import { findFiles } from './find-files.ts';
import { factsOf } from './growing-file.ts';
import { MAX_DOCUMENT_BYTES } from './limits.ts';
import { createJsonLinesParser, createMlflowLineParser, createTableParser } from './line-parsers.ts';
import type { MetricSource } from './metric-source.ts';
import type { Source, SourceReader } from './source.ts';

/** A path as a name: relative, with `/`. */
function nameIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

async function ifThere(path: string): Promise<string[]> {
  return (await factsOf(path)) === undefined ? [] : [path];
}

/** A file of JSON Lines. */
export function jsonLinesSource(source: MetricSource, root: string): Source {
  return createFilesSource({
    source,
    root,
    find: () => ifThere(source.place),
    parserOf: createJsonLinesParser,
  });
}

/** The metrics.csv of Lightning's CSVLogger, or the folder of its versions, of which those of this training count. */
export function lightningSource(source: MetricSource, root: string): Source {
  return createFilesSource({
    source,
    root,
    find: () => findFiles(source.place, (path) => basename(path) === 'metrics.csv'),
    parserOf: () => createTableParser(','),
    groupOf: (path) => nameIn(source.place, dirname(path)),
    headed: true,
    nameOf: (path) => nameIn(source.place, path),
  });
}

/** Event files of TensorBoard, in one folder or in several below it. */
export function tensorboardSource(source: MetricSource, root: string): Source {
  return createFilesSource({
    source,
    root,
    find: () => findFiles(source.place, (path) => basename(path).includes('tfevents')),
    parserOf: createEventParser,
    groupOf: (path) => nameIn(source.place, dirname(path)),
    nameOf: (path) => nameIn(source.place, path),
  });
}

/** The file store of MLflow: `<experiment>/<run>/metrics/<name>`. */
export function mlflowFilesSource(source: MetricSource, root: string): Source {
  const partsOf = (path: string): { run: string; metric: string } | undefined => {
    const parts = nameIn(source.place, path).split('/');
    const at = parts.lastIndexOf('metrics', parts.length - 2);
    const run = parts[at - 1];
    return at < 1 || run === undefined ? undefined : { run, metric: parts.slice(at + 1).join('/') };
  };
  return createFilesSource({
    source,
    root,
    find: () => findFiles(source.place, (path) => partsOf(path) !== undefined && !path.includes('.trash')),
    parserOf: (path) => createMlflowLineParser(partsOf(path)?.metric ?? ''),
    // As MLflow's own pages shorten a run's id.
    groupOf: (path) => (partsOf(path)?.run ?? '').slice(0, 8),
    nameOf: (path) => nameIn(source.place, path),
  });
}

/** DVCLive's folder: a table for each metric, and a summary of the newest values. */
export function dvcliveSource(source: MetricSource, root: string): Source {
  const tables = join(source.place, 'plots', 'metrics');
  const summaryFile = join(source.place, 'metrics.json');
  const inner = createFilesSource({
    source,
    root,
    find: () => findFiles(tables, (path) => path.endsWith('.tsv')),
    parserOf: (path) => createTableParser('\t', nameIn(tables, path).replace(/\.tsv$/, '')),
    headed: true,
    nameOf: (path) => nameIn(source.place, path),
  });
  let before: string | undefined;
  const textOf = async (): Promise<string | undefined> => {
    const facts = await factsOf(summaryFile);
    return facts === undefined || facts.size > MAX_DOCUMENT_BYTES
      ? undefined
      : await readFile(summaryFile, 'utf8').catch(() => undefined);
  };
  return {
    ...inner,
    async begin(signal) {
      before = await textOf();
      await inner.begin(signal);
    },
    open: () =>
      withSummary(inner.open(), async () => {
        const text = await textOf();
        return text === undefined || text === before ? undefined : text;
      }),
  };
}

/** Reads the summary after each look: it tells also what is logged without a curve. */
function withSummary(reader: SourceReader, read: () => Promise<string | undefined>): SourceReader {
  let summary: Readonly<Record<string, number>> = {};
  return {
    async look(signal) {
      const look = await reader.look(signal);
      const numbers = readNumbers((await read()) ?? '{}', '/');
      // It may be half written at this moment; the next look reads it whole.
      if (!numbers.ok) return look;
      summary = Object.fromEntries(Object.entries(numbers.values).filter(([name]) => name !== 'step'));
      return look;
    },
    end: () => reader.end(),
    problems: () => reader.problems(),
    summary: () => summary,
  };
}
