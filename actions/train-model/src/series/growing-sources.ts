import { basename, dirname, join, relative, sep } from 'node:path';
import { createEventParser } from './event-parser.ts';
import { createFilesSource } from './files-source.ts';
import { findFiles } from './find-files.ts';
import { factsOf } from './growing-file.ts';
import { createJsonLinesParser, createMlflowLineParser, createTableParser } from './line-parsers.ts';
import type { MetricSource } from './metric-source.ts';
import type { Source } from './source.ts';
import { createWandbParser } from './wandb-parser.ts';
import { withSummary } from './with-summary.ts';

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
  const rows = createFilesSource({
    source,
    root,
    find: () => findFiles(tables, (path) => path.endsWith('.tsv')),
    parserOf: (path) => createTableParser('\t', nameIn(tables, path).replace(/\.tsv$/, '')),
    headed: true,
    nameOf: (path) => nameIn(source.place, path),
  });
  return withSummary(rows, {
    path: join(source.place, 'metrics.json'),
    root,
    joint: '/',
    isMetric: (name) => name !== 'step',
  });
}

/** W&B's folder: the file of each run, which is written live, online and offline, and the newest run's summary. */
export function wandbFolderSource(source: MetricSource, root: string): Source {
  const rows = createFilesSource({
    source,
    root,
    find: () => findFiles(source.place, (path) => path.endsWith('.wandb')),
    parserOf: createWandbParser,
    groupOf: (path) => basename(path, '.wandb'),
    nameOf: (path) => nameIn(source.place, path),
  });
  return withSummary(rows, {
    path: join(source.place, 'latest-run', 'files', 'wandb-summary.json'),
    root,
    joint: '.',
    isMetric: (name) => !name.startsWith('_'),
  });
}
