import type { DATA_FORMATS } from '../record/data-section.ts';

export type DataFormat = (typeof DATA_FORMATS)[number];

/** One file of rows. */
export interface TableSource {
  /** The table's name in queries. Several sources of one name are one table. */
  readonly table: string;
  /** Absolute. */
  readonly path: string;
  /** How the user knows the file, for errors. */
  readonly label: string;
  readonly format: DataFormat;
  /** Only for CSV; `utf-8` where it is not given. */
  readonly encoding?: 'utf-8' | 'utf-16' | 'latin-1' | undefined;
}

export interface Limits {
  readonly memoryMiB: number;
  readonly threads: number;
  /** Where the engine may spill. */
  readonly temporaryDirectory: string;
  readonly queryTimeoutMs: number;
}

/** A table that can be asked. Besides the file's own columns it has `__file` (0-based source) and `__row` (from 1). */
export interface Table {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    /** The engine's type: VARCHAR for all CSV columns, which are cast by the query that needs it. */
    readonly type: string;
  }[];
  /** Per source, in the order given. Rows that could not be parsed are counted, and are in no table. */
  readonly files: readonly {
    readonly label: string;
    readonly rows: number;
    /** Physical lines that are no rows: ragged, bad quoting; with the line number, capped at 100. */
    readonly rejected: {
      readonly count: number;
      readonly lines: readonly { readonly line: number; readonly reason: string }[];
    };
  }[];
}

export type Scalar = string | number | bigint | boolean | null;
export type Row = Readonly<Record<string, Scalar | Scalar[]>>;

/** One SELECT in portable SQL over the tables that were opened, for which `parameters` fill `$1`, `$2` … */
export interface Query {
  readonly name: string;
  readonly sql: string;
  readonly parameters?: readonly Scalar[];
}

/** Scans, joins and aggregates rows (port). The embedded implementation is DuckDB. */
export interface DataEngine {
  open(
    sources: readonly TableSource[],
    limits: Limits,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Table>>;
  /** The rows of each query, by its name. Integers beyond 2^53 arrive as bigint, all others as number. */
  run(plan: readonly Query[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly Row[]>>;
  /** Keeps the rows of one SELECT as a table for later queries, so that a join is made once. Ends with `close`. */
  derive(table: string, select: Query, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A type that a table of computed rows may have. */
export type ComputedType = 'BIGINT' | 'DOUBLE' | 'FLOAT' | 'VARCHAR';

/** Takes rows that this process computed, column by column. */
export interface RowAppender {
  push(columns: readonly (readonly Scalar[])[]): void;
  /** To be called once, when all rows are there or none is wanted any more. */
  close(): void;
}

/** An engine whose rows can be taken out and given back: what a model that runs in this process needs. */
export interface ScoringEngine extends DataEngine {
  /**
   * The rows of one SELECT as columns, in batches of at most 2,048 that are read as they are asked for. Ask nothing else
   * of the engine until the last has come; `append` is open meanwhile.
   */
  stream(select: Query, signal: AbortSignal): AsyncIterable<readonly (readonly Scalar[])[]>;
  /** Opens a new, empty table for rows that this process computes. Ends with `close`. */
  append(
    table: string,
    columns: readonly { readonly name: string; readonly type: ComputedType }[],
    signal: AbortSignal,
  ): Promise<RowAppender>;
  /** Writes the rows of one SELECT as a new file at `path`, absolute. CSV has a header line. */
  write(select: Query, path: string, format: DataFormat, signal: AbortSignal): Promise<void>;
}
