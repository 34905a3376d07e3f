import { parseRow } from '../decide/series.ts';
import { parseNumber, pointOf } from '../decide/point-of.ts';
import type { Point } from '../engines/engine.ts';
import type { RowParser } from './files-source.ts';
import { MAX_ROW_BYTES } from './limits.ts';
import { RowLines } from './row-lines.ts';

/** Reads one line; text says what is wrong with it, undefined passes it over. */
type ReadLine = (line: string, row: number) => Point | string | undefined;

/** A parser of lines. The last line may be cut short, as where the training was ended while it wrote. */
function createLineParser(read: ReadLine): RowParser {
  const lines = new RowLines();
  let row = 0;
  let problem: string | undefined;
  const take = (line: string | { readonly tooLong: true }): Point[] => {
    row += 1;
    const result = typeof line === 'string' ? read(line, row) : `is longer than ${MAX_ROW_BYTES} characters`;
    if (typeof result !== 'string') return result === undefined ? [] : [result];
    problem ??= `row ${row} ${result}`;
    return [];
  };
  return {
    push: (bytes) => lines.push(bytes).flatMap(take),
    end() {
      const rest = lines.end();
      const result = rest.trim() === '' ? undefined : read(rest, row + 1);
      return typeof result === 'object' ? [result] : [];
    },
    get problem() {
      return problem;
    },
  };
}

/** JSON Lines: `{"step": 1, "loss": 0.5}`. */
export function createJsonLinesParser(): RowParser {
  return createLineParser((line, row) => {
    const result = parseRow(line, row);
    return result.ok ? result.point : result.message;
  });
}

/** The cells of one line of CSV (RFC 4180); a line break inside quotes is not expected in metrics. */
export function csvCells(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  const text = line.replace(/\r$/, '');
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quoted && character === '"' && text.charAt(at + 1) === '"') {
      cell += '"';
      at += 1;
    } else if (character === '"' && (quoted || cell === '')) quoted = !quoted;
    else if (character === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell];
}

/** Columns of Lightning's CSVLogger and of DVCLive that tell where a row stands. */
const POSITION = ['step', 'epoch', 'timestamp'];

/**
 * A table whose first line names the columns; empty cells and text are passed over. `only` gives each value the same
 * name, for a file that holds one metric.
 */
export function createTableParser(delimiter: ',' | '\t', only?: string): RowParser {
  let names: readonly string[] | undefined;
  let rows = 0;
  return createLineParser((line) => {
    const cells = csvCells(line, delimiter);
    if (names === undefined) {
      names = cells.map((cell) => cell.trim().replace(/^\ufeff/, ''));
      return undefined;
    }
    if (cells.length > names.length) return 'has more cells than the header';
    rows += 1;
    let step: number | undefined;
    const numbers: [string, number][] = [];
    for (const [index, cell] of cells.entries()) {
      const name = names[index] ?? '';
      const value = parseNumber(cell);
      if (value === undefined || name === '') continue;
      if (name === 'step') step = value;
      else if (!POSITION.includes(name)) numbers.push([only ?? name, value]);
    }
    return numbers.length === 0 ? undefined : pointOf(finite(step) ?? rows, numbers);
  });
}

/** Lines of MLflow's file store: `<milliseconds> <value> <step>`. */
export function createMlflowLineParser(metric: string): RowParser {
  return createLineParser((line, row) => {
    const [, value = '', step = ''] = line.trim().split(/\s+/);
    const number = parseNumber(value);
    if (number === undefined) return 'is no line "<timestamp> <value> <step>"';
    return pointOf(finite(parseNumber(step)) ?? row, [[metric, number]]);
  });
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
