import { SubjectError } from '../errors.ts';

/** Most used first: of two that occur alike in the header, the first is taken. */
const DELIMITERS = [',', ';', '\t', '|'] as const;

export interface Header {
  readonly names: readonly string[];
  readonly delimiter: string;
}

/** Reads a CSV file's header from its beginning: the delimiter that it holds most of, and the columns' names. */
export function parseHeader(head: string, label: string): Header {
  const [best = { delimiter: ',', names: [] }] = DELIMITERS.map((delimiter) => ({
    delimiter,
    names: firstRecord(head, delimiter),
  })).sort((a, b) => b.names.length - a.names.length);
  const { delimiter, names } = best;
  const refuse = (what: string, remedy: string): SubjectError =>
    new SubjectError('data', `${label}, line 1: ${what}.`, { remedy, where: { file: label, line: 1 } });

  const blank = names.findIndex((name) => name.trim() === '');
  if (blank !== -1)
    throw refuse(`column ${blank + 1} has no name`, 'Give every column a name in the header.');
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other === name)
      throw refuse(`the header names the column "${name}" twice`, 'Give every column its own name.');
    if (other !== undefined) {
      throw refuse(`columns "${other}" and "${name}" differ only in case`, 'Give every column its own name.');
    }
    seen.set(name.toLowerCase(), name);
  }
  return { names, delimiter };
}

/** A quote opens a cell only at its beginning (RFC 4180, section 2); elsewhere it is a character. */
const CELL = '"(?:[^"]|"")*"|[^DELIMITER\\r\\n]*';

/** The cells of the first record, which ends at the first line end outside quotes. */
function firstRecord(head: string, delimiter: string): string[] {
  const escaped = `\\u${delimiter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const cell = new RegExp(`(${CELL.replace('DELIMITER', escaped)})(${escaped})?`, 'y');
  const cells: string[] = [];
  for (let match = cell.exec(head); match !== null; match = cell.exec(head)) {
    const [, text = '', more] = match;
    cells.push(text.startsWith('"') && text.length > 1 ? text.slice(1, -1).replaceAll('""', '"') : text);
    if (more === undefined) break;
  }
  return cells;
}
