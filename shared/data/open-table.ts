import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf, SubjectError } from '../errors.ts';
import { withoutValues } from './decide/error-text.ts';
import { readCsv } from './csv.ts';
import type { DataFormat, Table, TableSource } from './engine.ts';
import { readJsonLines } from './jsonl.ts';
import { readParquet } from './parquet.ts';
import { quoteIdentifier, quoteText } from './sql.ts';

/** One file, ready to be read by one SELECT of our own. */
export interface Reading {
  /** A SELECT of all the file's columns, in its order. */
  readonly select: string;
  /** Counts what could not be parsed; called after the SELECT has run. */
  rejected(): Promise<Table['files'][number]['rejected']>;
  /** Removes what the reading left behind. */
  end(): Promise<void>;
}

export interface ReadContext {
  readonly connection: DuckDBConnection;
  /** Unique within the instance, letters and digits: a prefix for helper tables and files. */
  readonly key: string;
  readonly temporaryDirectory: string;
  readonly signal: AbortSignal;
}

type Column = Table['columns'][number];

const READERS: Readonly<Record<DataFormat, (source: TableSource, context: ReadContext) => Promise<Reading>>> =
  {
    csv: readCsv,
    jsonl: readJsonLines,
    parquet: readParquet,
  };

/** Columns that every table has besides the file's own. */
const ADDED_COLUMNS = ['__file', '__row'];

/**
 * Reads each file once into one table of the engine's, and shows it as a view with `__file` and `__row`. Files of one
 * table must have the same columns: one that lacks a column would otherwise pass for full of nulls.
 */
export async function openTable(
  name: string,
  sources: readonly TableSource[],
  context: ReadContext,
): Promise<Table> {
  const { connection } = context;
  const stored = `${name}__rows`;
  const into = quoteIdentifier(stored);
  const files: Table['files'][number][] = [];
  let columns: Column[] | undefined;
  for (const [index, source] of sources.entries()) {
    const reading = await READERS[source.format](source, { ...context, key: `${context.key}_file${index}` });
    try {
      const found = await columnsOf(connection, reading.select);
      refuseColumns(source, found);
      if (columns === undefined) {
        columns = found;
        await connection.run(`CREATE TABLE ${into} AS SELECT * FROM (${reading.select}) LIMIT 0`);
      } else {
        refuseDifference(sources[0], columns, source, found);
      }
      const names = columns.map((column) => quoteIdentifier(column.name)).join(', ');
      const inserted = await connection.run(`INSERT INTO ${into} SELECT ${names} FROM (${reading.select})`);
      files.push({ label: source.label, rows: inserted.rowsChanged, rejected: await reading.rejected() });
    } catch (error) {
      throw broken(source, error);
    } finally {
      await reading.end();
    }
  }
  await createView(connection, name, stored, files);
  return { name, columns: columns ?? [], files };
}

/** DuckDB tells of damaged pages and footers by errors that begin so; whoever wrote the file must mend that. */
function broken(source: TableSource, error: unknown): unknown {
  const message = messageOf(error);
  if (source.format !== 'parquet' || !message.startsWith('Invalid')) return error;
  return new SubjectError('data', `${source.label} is damaged: ${withoutValues(message)}`, {
    remedy: 'Write the file again, or fetch it again.',
    where: { file: source.label },
    cause: error,
  });
}

async function columnsOf(connection: DuckDBConnection, select: string): Promise<Column[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE ${select}`);
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

function refuseColumns(source: TableSource, columns: readonly Column[]): void {
  const taken = columns.find(({ name }) => [...ADDED_COLUMNS, 'rowid'].includes(name.toLowerCase()));
  if (taken === undefined) return;
  throw new SubjectError(
    'data',
    `${source.label} has a column "${taken.name}", a name that is taken by Trainyard.`,
    {
      remedy: 'Give the column another name.',
      where: { file: source.label },
    },
  );
}

function refuseDifference(
  first: TableSource | undefined,
  expected: readonly Column[],
  source: TableSource,
  found: readonly Column[],
): void {
  const types = new Map(found.map(({ name, type }) => [name, type]));
  const differing = expected.find(({ name, type }) => types.get(name) !== type)?.name;
  const extra = found.find(({ name }) => !expected.some((column) => column.name === name))?.name;
  const column = differing ?? extra;
  if (column === undefined) return;
  throw new SubjectError(
    'data',
    `${source.label} and ${first?.label ?? 'another file'} belong to one split, and differ in column "${column}".`,
    {
      remedy:
        'Give all files of a split the same columns of the same types, or name them as splits of their own.',
    },
  );
}

/** Rows keep the order in which they were inserted, so a row's number in its file follows from its id in the table. */
async function createView(
  connection: DuckDBConnection,
  name: string,
  stored: string,
  files: Table['files'],
): Promise<void> {
  const starts = files.map((_, index) => files.slice(0, index).reduce((sum, file) => sum + file.rows, 0));
  const choose = (value: (start: number, index: number) => string): string =>
    `CASE ${starts
      .map((start, index) => `WHEN rowid >= ${start} THEN ${value(start, index)}`)
      .reverse()
      .join(' ')} END`;
  const columns = `*, ${choose((_, index) => String(index))} AS __file, ${choose((start) => `rowid - ${start} + 1`)} AS __row`;
  await connection.run(
    `CREATE VIEW ${quoteIdentifier(name)} AS SELECT ${columns} FROM ${quoteIdentifier(stored)}`,
  );
}

/** A path as a literal for DuckDB's readers, which take *, ? and [ for patterns. */
export function pathLiteral(path: string): string {
  return quoteText(path.replace(/[*?[]/g, '[$&]'));
}
