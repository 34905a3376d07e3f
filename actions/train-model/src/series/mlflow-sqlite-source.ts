import { join } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import { z } from 'zod';
import { messageOf } from '../../../../shared/errors.ts';
import { pointOf } from '../decide/point-of.ts';
import { liesInside } from './find-files.ts';
import { factsOf } from './growing-file.ts';
import { LEAST_GAP_MS, MAX_NAME_CHARACTERS } from './limits.ts';
import type { MetricSource } from './metric-source.ts';
import { finiteOrNot } from './mlflow-values.ts';
import { type Look, NOTHING, type Problem, type Row, type Source, type SourceReader } from './source.ts';

/** Rows that one look takes; the query blocks this process while it runs. */
const LOOK_ROWS = 20_000;
/** As many rows as other sources have bytes for; what is more is data. */
const MAX_ROWS = 5_000_000;
/** A writer holds its lock for some milliseconds. */
const BUSY_MS = 500;

const rowSchema = z.object({
  id: z.number(),
  run: z.string(),
  name: z.string(),
  value: z.number().nullable(),
  step: z.number(),
  not_a_number: z.number().nullable(),
});

/** Where MLflow's database stood before the training. */
interface Start {
  readonly inode: bigint;
  readonly lastRow: number;
}

/** Node's own SQLite, loaded when it is needed; older versions of Node.js have none. */
function loadSqlite(): typeof Sqlite | undefined {
  return process.getBuiltinModule('node:sqlite');
}

/** MLflow's default store: a SQLite file. Rows are only ever added to its table of metrics, so row ids tell what is new. */
export function mlflowSqliteSource(source: MetricSource, root: string): Source {
  let start: Start | undefined;
  const find = async (): Promise<string | undefined> => {
    // A folder counts by the file that MLflow puts there.
    for (const path of [source.place, join(source.place, 'mlflow.db')]) {
      if ((await factsOf(path)) !== undefined) return path;
    }
    return undefined;
  };
  return {
    label: source.label,
    prefix: source.format,
    files: [source.place],
    gapMs: LEAST_GAP_MS,
    async begin() {
      start = undefined;
      const path = await find();
      const facts = path === undefined ? undefined : await factsOf(path);
      if (path === undefined || facts === undefined) return;
      const last = query(path, 'SELECT coalesce(max(rowid), 0) AS id FROM metrics', []);
      const { success, data } = z.array(z.object({ id: z.number() })).safeParse(last.rows);
      start = { inode: facts.ino, lastRow: (success ? data[0]?.id : undefined) ?? 0 };
    },
    open: () => new SqliteReader(find, root, start),
    absent: async () =>
      (await find()) === undefined ? 'does not exist after the training' : 'holds no metric of this training',
  };
}

function query(path: string, sql: string, values: readonly number[]): { rows: unknown[]; problem?: string } {
  const sqlite = loadSqlite();
  if (sqlite === undefined) {
    return {
      rows: [],
      problem: `cannot be read by Node.js ${process.versions.node}: it needs version 22.13 or newer`,
    };
  }
  try {
    const database = new sqlite.DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    try {
      database.exec('PRAGMA trusted_schema = OFF');
      // A view or a virtual table of that name could run whatever its writer thought of, and never end.
      const kind = database.prepare("SELECT type, sql FROM sqlite_schema WHERE name = 'metrics'").get();
      if (kind === undefined) return { rows: [] };
      const plain = kind['type'] === 'table' && /^\s*CREATE TABLE/i.test(String(kind['sql']));
      if (!plain) return { rows: [], problem: 'is no database of MLflow: "metrics" is no table' };
      return { rows: database.prepare(sql).all(...values) };
    } finally {
      database.close();
    }
  } catch (error) {
    return { rows: [], problem: `could not be read: ${messageOf(error)}` };
  }
}

const SELECT =
  'SELECT rowid AS id, substr(run_uuid, 1, 8) AS run, ' +
  `substr(key, 1, ${MAX_NAME_CHARACTERS + 1}) AS name, CAST(value AS REAL) AS value, CAST(step AS REAL) AS step, ` +
  'CAST(is_nan AS INTEGER) AS not_a_number FROM metrics WHERE rowid > ? ORDER BY rowid LIMIT ?';

class SqliteReader implements SourceReader {
  readonly #find: () => Promise<string | undefined>;
  readonly #root: string;
  readonly #start: Start | undefined;
  #inode: bigint | undefined;
  #last = 0;
  #count = 0;
  #problem: string | undefined;

  constructor(find: () => Promise<string | undefined>, root: string, start: Start | undefined) {
    this.#find = find;
    this.#root = root;
    this.#start = start;
  }

  async look(): Promise<Look> {
    const path = await this.#find();
    const facts = path === undefined ? undefined : await factsOf(path);
    if (path === undefined || facts === undefined) return NOTHING;
    if (!(await liesInside(this.#root, path))) return this.#refuse('is a link that leaves the workspace');
    const anew = this.#inode !== undefined && this.#inode !== facts.ino;
    if (this.#inode === undefined) this.#last = this.#start?.inode === facts.ino ? this.#start.lastRow : 0;
    if (anew) this.#last = 0;
    this.#inode = facts.ino;
    const found = query(path, SELECT, [this.#last, LOOK_ROWS]);
    if (found.problem !== undefined) return this.#refuse(found.problem);
    const parsed = z.array(rowSchema).safeParse(found.rows);
    if (!parsed.success)
      return this.#refuse('is no database of MLflow: its table "metrics" has other columns');
    this.#problem = undefined;
    this.#last = parsed.data.at(-1)?.id ?? this.#last;
    this.#count += parsed.data.length;
    if (this.#count > MAX_ROWS)
      return this.#refuse(`holds more than ${MAX_ROWS} rows, of which the first were read`);
    const rows = parsed.data.map((row): Row => {
      const value = valueOf(row.value, row.not_a_number === 1);
      return { ...pointOf(row.step, [[row.name, value]]), group: row.run };
    });
    return { rows, anew, more: parsed.data.length === LOOK_ROWS };
  }

  end(): Row[] {
    return [];
  }

  problems(): readonly Problem[] {
    return this.#problem === undefined ? [] : [{ failureClass: 'missing-outputs', message: this.#problem }];
  }

  /** A database that is locked or half written is read at the next look: only what the last look found is a problem. */
  #refuse(message: string): Look {
    this.#problem = message;
    return NOTHING;
  }
}

function valueOf(value: number | null, notANumber: boolean): number {
  return notANumber || value === null ? NaN : finiteOrNot(value);
}
