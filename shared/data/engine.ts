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
