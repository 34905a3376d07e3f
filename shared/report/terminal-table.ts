import { displayWidth, pad, wrap } from './terminal-text.ts';

/** One cell: plain text, and what colours it once its width is known. */
export interface TerminalCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

export interface TerminalColumn {
  readonly header: string;
  readonly numeric: boolean;
}

const GAP = '  ';
/** Before a cell's text in a list. */
const INDENT = '    ';
/** A column of text is not made narrower than this: below it a list is easier to read than a table. */
const MIN_WIDTH = 12;

/** An aligned table of at most `columns` columns of the terminal; where that cannot be, a list of its rows. */
export function terminalTable(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly TerminalCell[])[],
  width: number,
  dim: (text: string) => string,
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.header), ...rows.map((row) => displayWidth(row[index]?.text ?? ''))),
  );
  if (!shrink(widths, columns, width)) return asList(columns, rows, width, dim);
  // A header may be wider than its column has become: it is wrapped as the cells are.
  const header = columns.map((column) => ({ text: column.header, paint: (text: string) => text }));
  return [
    ...rowLines(header, widths, columns).map((line) => dim(line)),
    ...rows.flatMap((row) => rowLines(row, widths, columns)),
  ];
}

/** Takes from the widest columns of text until all fit; false where they cannot. */
function shrink(widths: number[], columns: readonly TerminalColumn[], width: number): boolean {
  const total = (): number => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  while (total() > width) {
    const excess = total() - width;
    const candidates = widths.map((each, index) =>
      columns[index]?.numeric === true || each <= MIN_WIDTH ? 0 : each,
    );
    const widest = Math.max(...candidates);
    if (widest === 0) return false;
    const next = Math.max(MIN_WIDTH, ...candidates.filter((each) => each < widest));
    const index = candidates.indexOf(widest);
    widths[index] = Math.max(next === widest ? MIN_WIDTH : next, widest - Math.max(1, excess));
    if (widths[index] === widest) widths[index] = widest - 1;
  }
  return true;
}

function rowLines(
  row: readonly TerminalCell[],
  widths: readonly number[],
  columns: readonly TerminalColumn[],
): string[] {
  const wrapped = row.map((cell, index) => wrap(cell.text, widths[index] ?? 1));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    row
      .map((cell, index) => {
        const text = pad(wrapped[index]?.[line] ?? '', widths[index] ?? 0, columns[index]?.numeric);
        // Blanks stay uncoloured, so that a trimmed line ends where its text does.
        return text.trim() === '' ? text : text.replace(/\S(?:.*\S)?/, (shown) => cell.paint(shown));
      })
      .join(GAP)
      .trimEnd(),
  );
}

function asList(
  columns: readonly TerminalColumn[],
  rows: readonly (readonly TerminalCell[])[],
  width: number,
  dim: (text: string) => string,
): string[] {
  return rows.flatMap((row) =>
    row.flatMap((cell, index) => {
      const label = `${index === 0 ? '• ' : '  '}${columns[index]?.header ?? ''}:`;
      const whole = `${label} ${cell.text}`;
      if (displayWidth(whole) <= width) return [`${dim(label)} ${cell.paint(cell.text)}`];
      return [
        ...wrap(label.slice(2), width - 2).map((line, row) =>
          dim(`${row === 0 ? label.slice(0, 2) : '  '}${line}`),
        ),
        ...wrap(cell.text, width - INDENT.length).map((line) => INDENT + cell.paint(line)),
      ];
    }),
  );
}
