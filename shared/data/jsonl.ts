import { DuckDBListValue } from '@duckdb/node-api';
import { SubjectError } from '../errors.ts';
import { typeOfKey } from './decide/json-type.ts';
import type { Table, TableSource } from './engine.ts';
import { pathLiteral, type ReadContext, type Reading } from './open-table.ts';
import { quoteIdentifier, quoteText } from './sql.ts';
import { inspectText } from './text-file.ts';

/** As many lines that are no objects are named; all are counted. */
const MAX_REJECTED_LINES = 100;

/**
 * Prepares one file of JSON Lines. Lines are taken as text first: DuckDB's own reader would turn a broken line into
 * a row of nulls.
 */
export async function readJsonLines(source: TableSource, context: ReadContext): Promise<Reading> {
  const { connection, key, signal } = context;
  await inspectText(source, 'utf-8', signal);
  const lines = quoteIdentifier(`${key}__lines`);
  const valid = 'CASE WHEN json_valid(line) THEN line END';
  // Of two values of one key one would silently win, and another reader of the file might see the other.
  const problem = `CASE WHEN coalesce(json_type(${valid}) <> 'OBJECT', true) THEN 'no JSON object'
    WHEN len(json_keys(${valid})) > len(list_distinct(json_keys(${valid}))) THEN 'a key stands twice' END`;
  await connection.run(
    `CREATE TABLE ${lines} AS SELECT line, problem, problem IS NULL AS good, row_number() OVER () AS number
      FROM (SELECT line, ${problem} AS problem FROM read_csv(` +
      `${pathLiteral(source.path)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '', ` +
      `quote = '', escape = '', nullstr = '', max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${BUFFER_BYTES}, hive_partitioning = false))`,
  );
  const keys = await keysOf(context, lines, source);
  const extract = ({ name, type }: { name: string; type: string }): string => {
    const pointer = quoteText(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    const value =
      type === 'JSON'
        ? `nullif(json_extract(line, ${pointer}), 'null'::JSON)`
        : `json_extract_string(line, ${pointer})::${type}`;
    return `${value} AS ${quoteIdentifier(name)}`;
  };
  return {
    select: `SELECT ${keys.map(extract).join(', ')} FROM ${lines} WHERE good ORDER BY number`,
    rejected: async (): Promise<Table['files'][number]['rejected']> => {
      const found = await connection.runAndReadAll(
        `SELECT number, count(*) OVER (), problem FROM ${lines} WHERE NOT good AND line IS NOT NULL ORDER BY number LIMIT ${MAX_REJECTED_LINES}`,
      );
      const rows = found.getRows();
      return {
        count: Number(rows[0]?.[1] ?? 0),
        lines: rows.map(([number, , reason]) => ({ line: Number(number), reason: String(reason) })),
      };
    },
    async end() {
      await connection.run(`DROP TABLE ${lines}`);
    },
  };
}

/** A line of JSON may hold a document; the limit only keeps one broken file from filling the memory. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const BUFFER_BYTES = 2 * MAX_LINE_BYTES;

async function keysOf(
  { connection }: ReadContext,
  lines: string,
  source: TableSource,
): Promise<{ name: string; type: string }[]> {
  const pointer = `'/' || replace(replace(key, '~', '~0'), '/', '~1')`;
  // DuckDB calls every whole number that is not negative UBIGINT; up to 18 digits it is a BIGINT as well.
  const found = await connection.runAndReadAll(
    `SELECT key, list(DISTINCT CASE WHEN kind = 'UBIGINT' AND length(value) <= 18 THEN 'BIGINT' ELSE kind END) ` +
      `FROM (SELECT key, place, number, json_type(line, ${pointer}) AS kind, json_extract(line, ${pointer}) AS value ` +
      `FROM (SELECT line, number, unnest(json_keys(line)) AS key, generate_subscripts(json_keys(line), 1) AS place ` +
      `FROM ${lines} WHERE good)) GROUP BY key ORDER BY min((number, place))`,
  );
  const keys = found.getRows().map(([name, kinds]) => ({
    name: String(name),
    type: typeOfKey(kinds instanceof DuckDBListValue ? kinds.items.map(String) : []),
  }));
  const seen = new Map<string, string>();
  for (const { name } of keys) {
    if (name === '' || name.includes('\0')) {
      throw new SubjectError(
        'data',
        `${source.label} has a key that ${name === '' ? 'is empty' : 'holds a NUL character'}.`,
        { remedy: 'Give every key a name.', where: { file: source.label } },
      );
    }
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      throw new SubjectError(
        'data',
        `${source.label} has keys "${other}" and "${name}", which differ only in case.`,
        {
          remedy: 'Give each key one spelling.',
          where: { file: source.label },
        },
      );
    }
    seen.set(name.toLowerCase(), name);
  }
  if (keys.length > 0) return keys;
  throw new SubjectError('data', `${source.label} holds no JSON object with a key.`, {
    remedy: 'Write one JSON object a line.',
    where: { file: source.label },
  });
}
