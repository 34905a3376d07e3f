import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DuckDBDecimalValue, DuckDBInstance, DuckDBListValue } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api';
import { InfrastructureError, messageOf, SubjectError } from '../errors.ts';
import { withoutValues } from './decide/error-text.ts';
import type {
  ComputedType,
  DataFormat,
  Limits,
  Query,
  Row,
  RowAppender,
  Scalar,
  ScoringEngine,
  Table,
  TableSource,
} from './engine.ts';
import { openTable } from './open-table.ts';
import { openAppender } from './row-appender.ts';
import { quoteIdentifier, quoteText } from './sql.ts';

/** Spilling may fill this much of the disk, then a query ends with an error instead of the machine. */
const MAX_SPILL = '32GiB';
/** DUCKDB_STATEMENT_TYPE_SELECT in duckdb.h. */
const SELECT_STATEMENT = 1;

const COPY_OPTIONS: Readonly<Record<DataFormat, string>> = {
  csv: 'FORMAT csv, HEADER true',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
};

/** The embedded DataEngine. Data becomes tables by our own SQL; then the connection can reach nothing outside. */
export class DuckDbEngine implements ScoringEngine {
  #instance: DuckDBInstance | undefined;
  #connection: DuckDBConnection | undefined;
  #spill: string | undefined;
  #timeoutMs = 0;

  async open(
    sources: readonly TableSource[],
    limits: Limits,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Table>> {
    await this.close();
    this.#timeoutMs = limits.queryTimeoutMs;
    // Queries may read what lies in the folder to spill to, so it holds nothing else.
    this.#spill = await mkdtemp(join(limits.temporaryDirectory, 'spill-'));
    this.#instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${limits.memoryMiB}MiB`,
      threads: String(Math.min(limits.threads, availableParallelism())),
      temp_directory: this.#spill,
      max_temp_directory_size: MAX_SPILL,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_persistent_secrets: 'false',
    });
    this.#connection = await this.#instance.connect();
    try {
      return await this.#load(sources, limits, signal);
    } catch (error) {
      // An instance that was not locked down answers no query.
      await this.close();
      throw error;
    }
  }

  async #load(
    sources: readonly TableSource[],
    limits: Limits,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Table>> {
    // Timestamps mean the same on every machine.
    await this.#guarded('setting up', signal, (live) => live.run("SET TimeZone = 'UTC'"));
    const tables = new Map<string, Table>();
    for (const [name, files] of Map.groupBy(sources, (source) => source.table)) {
      const context = { key: `table${tables.size}`, temporaryDirectory: limits.temporaryDirectory, signal };
      const table = await this.#guarded(`reading ${name}`, signal, (connection) =>
        openTable(name, files, { connection, ...context }),
      );
      tables.set(name, table);
    }
    // From here on no query reads or writes a file, loads an extension or changes a setting.
    const lock = 'SET enable_external_access = false; SET lock_configuration = true';
    await this.#guarded('locking down', signal, (live) => live.run(lock));
    return tables;
  }

  async run(plan: readonly Query[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly Row[]>> {
    const results = new Map<string, readonly Row[]>();
    for (const query of plan) {
      const rows = await this.#guarded(query.name, signal, (connection) => select(connection, query));
      results.set(query.name, rows);
    }
    return results;
  }

  async derive(table: string, query: Query, signal: AbortSignal): Promise<void> {
    await this.#guarded(query.name, signal, async (connection) => {
      await prepareSelect(connection, query);
      const kept = await connection.prepare(`CREATE TEMP TABLE ${quoteIdentifier(table)} AS ${query.sql}`);
      if ((query.parameters ?? []).length > 0) kept.bind([...(query.parameters ?? [])]);
      await kept.run();
    });
  }

  async *stream(
    query: Query,
    signal: AbortSignal,
  ): AsyncGenerator<readonly (readonly Scalar[])[], void, undefined> {
    const result = await this.#guarded(query.name, signal, async (connection) => {
      const statement = await prepareSelect(connection, query);
      const { parameters = [] } = query;
      if (parameters.length > 0) statement.bind([...parameters]);
      return await statement.stream();
    });
    for (;;) {
      const chunk = await this.#guarded(query.name, signal, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getColumns().map(scalars);
    }
  }

  async append(
    table: string,
    columns: readonly { readonly name: string; readonly type: ComputedType }[],
    signal: AbortSignal,
  ): Promise<RowAppender> {
    return await this.#guarded(`filling ${table}`, signal, async () => {
      if (this.#instance === undefined) throw new InfrastructureError('The data engine is closed.');
      // A connection of its own: one that appends would end what is being streamed.
      return await openAppender(await this.#instance.connect(), table, columns);
    });
  }

  async write(query: Query, path: string, format: DataFormat, signal: AbortSignal): Promise<void> {
    await this.#guarded(query.name, signal, async (connection) => {
      await prepareSelect(connection, query);
      // The folder to spill to is the only one that a locked-down engine may still write to.
      const written = join(this.#spill ?? '', `written.${format}`);
      await connection.run(`COPY (${query.sql}) TO ${quoteText(written)} (${COPY_OPTIONS[format]})`);
      await move(written, path);
    });
  }

  async close(): Promise<void> {
    this.#connection?.disconnectSync();
    this.#instance?.closeSync();
    this.#connection = undefined;
    this.#instance = undefined;
    if (this.#spill !== undefined) await rm(this.#spill, { recursive: true, force: true });
    this.#spill = undefined;
  }

  /** Runs one piece of work that a signal or the time limit interrupts. */
  async #guarded<T>(
    name: string,
    signal: AbortSignal,
    work: (live: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const connection = this.#connection;
    if (connection === undefined) {
      throw new InfrastructureError(
        `"${name}" cannot be asked: the data engine is closed, or a fatal error ended it.`,
      );
    }
    const timeout = { late: false };
    const interrupt = (): void => connection.interrupt();
    const timer = setTimeout(() => {
      timeout.late = true;
      interrupt();
    }, this.#timeoutMs);
    signal.addEventListener('abort', interrupt);
    try {
      return await work(connection);
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.late)
        throw new InfrastructureError(
          `"${name}" took longer than ${this.#timeoutMs / 1000} s and was ended.`,
        );
      throw await this.#explained(name, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
    }
  }

  async #explained(name: string, error: unknown): Promise<Error> {
    if (error instanceof InfrastructureError || error instanceof SubjectError) return error;
    const message = messageOf(error);
    if (/FATAL|INTERNAL Error|database has been invalidated/.test(message)) {
      // DuckDB answers nothing more after such an error; the next `open` starts a new instance.
      await this.close();
      return new InfrastructureError(
        `"${name}" ended the data engine with an internal error: ${withoutValues(message)}`,
      );
    }
    if (message.startsWith('Out of Memory')) {
      return new InfrastructureError(`"${name}" needs more memory than the limit allows.`, {
        remedy: 'Raise the memory limit, or free space in the temporary folder.',
      });
    }
    return new InfrastructureError(`"${name}" failed in the data engine: ${withoutValues(message)}`);
  }
}

/** Moves a file, also to another disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch {
    await copyFile(from, to);
    await rm(from);
  }
}

/** Makes sure that a text is one SELECT and nothing else. */
async function prepareSelect(
  connection: DuckDBConnection,
  { name, sql }: Query,
): Promise<DuckDBPreparedStatement> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new InfrastructureError(`"${name}" is not one statement.`);
  const statement = await statements.prepare(0);
  if (Number(statement.statementType) !== SELECT_STATEMENT) {
    throw new InfrastructureError(`"${name}" is no SELECT.`);
  }
  return statement;
}

async function select(connection: DuckDBConnection, query: Query): Promise<Row[]> {
  const statement = await prepareSelect(connection, query);
  const { parameters = [] } = query;
  if (parameters.length > 0) statement.bind([...parameters]);
  const reader = await statement.runAndReadAll();
  const names = reader.columnNames();
  return reader.getRows().map((values) => {
    const row = Object.create(null) as Record<string, Scalar | Scalar[]>;
    for (const [index, column] of names.entries()) row[column] = plain(values[index] ?? null);
    return row;
  });
}

function plain(value: DuckDBValue): Scalar | Scalar[] {
  return value instanceof DuckDBListValue ? value.items.map(scalar) : scalar(value);
}

/** A column, whose values are of one type: numbers are taken as they are, which is most of what is streamed. */
function scalars(values: readonly DuckDBValue[]): readonly Scalar[] {
  return isNumbers(values) ? values : values.map(scalar);
}

function isNumbers(values: readonly DuckDBValue[]): values is readonly number[] {
  return values.every((value) => typeof value === 'number');
}

function scalar(value: DuckDBValue): Scalar {
  if (typeof value === 'bigint') {
    const narrow = Number(value);
    return Number.isSafeInteger(narrow) ? narrow : value;
  }
  if (value === null || typeof value !== 'object') return value;
  return value instanceof DuckDBDecimalValue ? value.toDouble() : value.toString();
}
