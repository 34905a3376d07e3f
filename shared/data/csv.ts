import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHeader } from './csv-header.ts';
import type { Table, TableSource } from './engine.ts';
import { pathLiteral, type ReadContext, type Reading } from './open-table.ts';
import { quoteIdentifier, quoteText } from './sql.ts';
import { inspectText, type Newline, rewriteText } from './text-file.ts';

/** As many lines that are no rows are named; all are counted. */
const MAX_REJECTED_LINES = 100;
/** A cell may hold a document; the limit keeps one open quote from filling the memory. The buffer holds some lines. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const BUFFER_BYTES = 4 * MAX_LINE_BYTES;

const NEWLINES: Readonly<Record<Newline, string>> = { lf: '\\n', mixed: '\\n', crlf: '\\r\\n', cr: '\\r' };

const REASONS: Readonly<Record<string, string>> = {
  'MISSING COLUMNS': 'too few cells',
  'TOO MANY COLUMNS': 'too many cells',
  'UNQUOTED VALUE': 'bad quoting',
  'INVALID ENCODING': 'bad encoding',
  'LINE SIZE OVER MAXIMUM': 'too long',
};

/**
 * Prepares one CSV file. What a sniffer would guess is read here: header, delimiter, line ends, encoding. Every cell
 * stays text, and the queries that need a type cast it, so that a bad cell is counted instead of ending the read.
 */
export async function readCsv(source: TableSource, context: ReadContext): Promise<Reading> {
  const { connection, key, temporaryDirectory, signal } = context;
  const encoding = source.encoding ?? 'utf-8';
  const copy = join(temporaryDirectory, `${key}.csv`);
  let path = source.path;
  let facts = encoding === 'utf-8' ? await inspectText(source, encoding, signal) : undefined;
  if (facts === undefined || facts.newline === 'mixed') {
    await rewriteText(source, encoding, copy, signal);
    path = copy;
    facts = await inspectText(source, encoding, signal, copy);
  }
  const { names, delimiter } = parseHeader(facts.head, source.label);
  const types = names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
  const scans = `${key}__scans`;
  const rejects = `${key}__rejects`;
  const options = [
    pathLiteral(path),
    `auto_detect = false, header = true, columns = {${types}}`,
    `delim = ${quoteText(delimiter)}, quote = '"', escape = '"', new_line = '${NEWLINES[facts.newline]}'`,
    `nullstr = '', allow_quoted_nulls = false, max_line_size = ${MAX_LINE_BYTES}, buffer_size = ${BUFFER_BYTES}, hive_partitioning = false`,
    `store_rejects = true, rejects_scan = ${quoteText(scans)}, rejects_table = ${quoteText(rejects)}, rejects_limit = 0`,
  ];
  return {
    select: `SELECT * FROM read_csv(${options.join(', ')})`,
    rejected: async (): Promise<Table['files'][number]['rejected']> => {
      const found = await connection.runAndReadAll(
        `SELECT line, min(error_type::VARCHAR), count(*) OVER () FROM ${quoteIdentifier(rejects)} GROUP BY line ` +
          `ORDER BY line LIMIT ${MAX_REJECTED_LINES}`,
      );
      const rows = found.getRows();
      return {
        count: Number(rows[0]?.[2] ?? 0),
        lines: rows.map(([line, kind]) => ({
          line: Number(line),
          reason: REASONS[String(kind)] ?? 'no row',
        })),
      };
    },
    async end() {
      await connection.run(`DROP TABLE IF EXISTS ${quoteIdentifier(scans)}`);
      await connection.run(`DROP TABLE IF EXISTS ${quoteIdentifier(rejects)}`);
      await rm(copy, { force: true });
    },
  };
}
