import { existsSync, realpathSync, statSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { containedPath, isInside } from '../action/contained-path.ts';
import { UsageError } from '../errors.ts';
import type { DataFormat } from './engine.ts';

const FORMATS: ReadonlyMap<string, DataFormat> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'csv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.parquet', 'parquet'],
]);

/** A split's name may become a table's, a label of a plot and a part of an id. */
const SPLIT_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const DEFAULT_SPLIT = 'data';

/** One data file, found by a pattern. */
export interface DataFile {
  readonly split: string;
  /** Absolute. */
  readonly path: string;
  /** Relative to the working directory, with `/`. */
  readonly uri: string;
  readonly format: DataFormat;
}

interface Folders {
  readonly workspace: string;
  readonly workingDirectory: string;
}

/** The format that a file's name tells. */
export function formatOf(uri: string): DataFormat {
  const format = FORMATS.get(extname(uri).toLowerCase());
  if (format !== undefined) return format;
  throw new UsageError(`"${uri}" has no format that can be read.`, {
    remedy: `Accepted endings: ${[...FORMATS.keys()].join(', ')}.`,
  });
}

/** Splits `train=data/*.parquet` at its first `=`; a pattern alone belongs to the split `data`. */
export function splitAndPattern(entry: string, input: string): { split: string; pattern: string } {
  const at = entry.indexOf('=');
  // A folder may be named year=2024: only what can be a split's name, and holds no slash, is one.
  if (at === -1 || entry.slice(0, at).includes('/')) return { split: DEFAULT_SPLIT, pattern: entry };
  const [split, pattern] = [entry.slice(0, at).trim(), entry.slice(at + 1).trim()];
  if (SPLIT_PATTERN.test(split) && pattern !== '') return { split, pattern };
  throw new UsageError(`Input "${input}" has the entry "${entry}".`, {
    remedy: 'Accepted: a pattern, or name=pattern with a name of letters, digits, hyphens and underscores.',
  });
}

/** Finds the files of all entries, inside the workspace, each once for a split and sorted; none is an error. */
export async function expandGlobs(
  entries: readonly string[],
  folders: Folders,
  input: string,
): Promise<DataFile[]> {
  const found = new Map<string, DataFile>();
  for (const entry of entries) {
    const { split, pattern } = splitAndPattern(entry, input);
    const paths = await matches(pattern, folders, input);
    if (paths.length === 0) {
      throw new UsageError(`Input "${input}": no file matches "${pattern}".`, {
        remedy: `Patterns are relative to "${relative(folders.workspace, folders.workingDirectory) || '.'}" of the repository. Was the data fetched before this step?`,
      });
    }
    for (const path of paths) {
      const uri = relative(folders.workingDirectory, path).split(sep).join('/');
      found.set(`${split}\0${path}`, { split, path, uri, format: formatOf(uri) });
    }
  }
  const key = (file: DataFile): string => `${file.split}\0${file.uri}`;
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function matches(
  pattern: string,
  { workspace, workingDirectory }: Folders,
  input: string,
): Promise<string[]> {
  const label = `Input "${input}"`;
  // A name that exists is itself, whatever characters it holds.
  const exact = containedPath(workspace, workingDirectory, pattern.replace(/[*?[{].*$/s, ''), label);
  const literal = resolve(workingDirectory, pattern);
  if (existsSync(literal)) {
    const facts = statSync(literal);
    if (facts.isFile()) return [literal];
    if (!facts.isDirectory()) {
      throw new UsageError(`${label}: "${pattern}" is neither a file nor a folder.`, {
        remedy: 'Write the data to a regular file first; a pipe or a device cannot be read twice.',
      });
    }
    throw new UsageError(`${label}: "${pattern}" is a folder.`, {
      remedy: `Name its files, as in ${pattern}/*.parquet.`,
    });
  }
  if (exact === literal) return [];
  const real = realpathSync(workspace);
  const paths: string[] = [];
  for await (const name of glob(pattern, { cwd: workingDirectory })) {
    const path = isAbsolute(name) ? name : join(workingDirectory, name);
    if (!statSync(path).isFile()) continue;
    if (!isInside(real, realpathSync(path))) {
      throw new UsageError(`${label}: "${pattern}" matches "${name}", which lies outside the workspace.`, {
        remedy: 'Copy the file into the repository, or take the link out.',
      });
    }
    paths.push(path);
  }
  return paths;
}
