import type { Block, Cell, TableBlock } from './block.ts';
import { WITHHELD } from './block.ts';
import { cleanLine, cleanLines } from './clean-text.ts';
import { formatNumber } from './format.ts';
import { BAR_LEGEND, textBar } from './interval.ts';
import { MARKS, type Tone } from './marks.ts';
import { namedOnPage } from './on-page.ts';
import { shareRight } from './share-right.ts';
import { sparkline } from './sparkline.ts';
import { type TerminalCell, type TerminalColumn, terminalTable } from './terminal-table.ts';
import { displayWidth, wrap } from './terminal-text.ts';

/** What the terminal can: its width, and colour or none. */
export interface Screen {
  readonly columns: number;
  paint(tone: Tone, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

/** A terminal is read from its end: what is folded elsewhere is shown in a few rows. */
const ROWS_SHOWN = 50;
const FOLDED_ROWS_SHOWN = 12;
const DIFF_LINES_SHOWN = 60;
const MAX_HEAT_LABELS = 20;

/** A block as lines. */
export function terminalBlock(block: Block, screen: Screen): string[] {
  if (block.kind === 'note') {
    return paragraph(block.text, screen, '│ ').map((line) => screen.paint(block.tone, line));
  }
  return [...paragraph(block.title, screen).map((line) => screen.bold(line)), ...bodyOf(block, screen), ''];
}

/** A paragraph of foreign text, wrapped, each line behind `indent`. */
export function paragraph(text: string, screen: Screen, indent = ''): string[] {
  return wrap(cleanLine(text), screen.columns - displayWidth(indent)).map((line) => `${indent}${line}`);
}

function onPage(names: readonly string[], screen: Screen): string[] {
  return paragraph(`${namedOnPage(names)}in report.html`, screen).map((line) => screen.dim(line));
}

function bodyOf(block: Exclude<Block, { kind: 'note' }>, screen: Screen): string[] {
  if (block.pageOnly === true) return onPage([], screen);
  switch (block.kind) {
    case 'facts':
      return factLines(
        block.facts.map(({ label, value }) => [
          cleanLine(label),
          // There is no link behind a word here.
          terminalCell(
            value.url === undefined ? value : { ...value, text: `${value.text}, ${value.url}` },
            screen,
          ),
        ]),
        screen,
      );
    case 'table':
      return tableLines(block, screen);
    case 'metrics':
      return rows(
        [
          { header: 'Metric', numeric: false },
          { header: 'Value', numeric: true },
          ...(block.metrics.some((metric) => metric.baseline !== null)
            ? [
                { header: `Baseline (${cleanLine(block.baselineName ?? 'given')})`, numeric: true },
                { header: 'Change', numeric: true },
              ]
            : []),
          ...(block.metrics.some((metric) => metric.n !== null) ? [{ header: 'n', numeric: true }] : []),
        ],
        block.metrics.map((metric) => [
          plain(metric.name, screen),
          { text: metric.value, paint: (text: string) => screen.bold(text) },
          ...(block.metrics.some((each) => each.baseline !== null)
            ? [
                plain(metric.baseline ?? '–', screen),
                metric.change === null ? plain('–', screen) : terminalCell(metric.change, screen),
              ]
            : []),
          ...(block.metrics.some((each) => each.n !== null) ? [plain(metric.n ?? '–', screen)] : []),
        ]),
        screen,
      );
    case 'curves':
      return block.curves.flatMap(({ metric, points, text }) => [
        ...paragraph(
          `${metric}  ${sparkline(
            points.map(([, value]) => value),
            24,
          )}`,
          screen,
        ),
        ...paragraph(text, screen, '  ').map((line) => screen.dim(line)),
      ]);
    case 'heat':
      return [
        ...heatLines(block, screen),
        ...paragraph(block.caption, screen).map((line) => screen.dim(line)),
      ];
    case 'slices':
      return onPage(
        block.charts.map(({ metric }) => metric),
        screen,
      );
    case 'plots':
      return onPage(
        block.plots.map(({ title }) => title),
        screen,
      );
    case 'timeline':
      return rows(
        [
          { header: 'Result', numeric: false },
          { header: 'Step', numeric: false },
          { header: 'Duration', numeric: true },
          { header: 'Detail', numeric: false },
        ],
        block.steps.map((step) => [
          terminalCell({ text: MARKS[step.mark].word, mark: step.mark }, screen),
          plain(step.name, screen),
          plain(step.duration, screen),
          plain(step.detail ?? '–', screen),
        ]),
        screen,
      );
    case 'diff':
      return diffLines(block.text, screen);
  }
}

/** Labels and values, the values in one column where there is room. */
export function factLines(facts: readonly (readonly [string, TerminalCell])[], screen: Screen): string[] {
  const label = Math.max(0, ...facts.map(([name]) => displayWidth(name)));
  const indent = Math.min(label + 2, Math.floor(screen.columns / 2));
  return facts.flatMap(([name, cell]) => {
    const lines = wrap(cell.text, screen.columns - indent).map((line) => cell.paint(line));
    const [first = '', ...others] = lines;
    const blanks = indent - displayWidth(name);
    return [
      ...(blanks > 0
        ? [screen.dim(name) + ' '.repeat(blanks) + first]
        : [...wrap(name, screen.columns).map((line) => screen.dim(line)), ' '.repeat(indent) + first]),
      ...others.map((line) => ' '.repeat(indent) + line),
    ];
  });
}

/** A cell with its sign and colour. */
export function terminalCell(cell: Cell, screen: Screen): TerminalCell {
  const sign = cell.mark === undefined ? '' : `${MARKS[cell.mark].sign} `;
  const tone = cell.tone ?? (cell.mark === undefined ? 'plain' : MARKS[cell.mark].tone);
  const parts = [cell.text, cell.interval?.words, cell.below].flatMap((part) => cleanLine(part ?? '') || []);
  return { text: `${sign}${parts.join(': ')}`, paint: (text) => screen.paint(tone, text) };
}

function plain(text: string, screen: Screen): TerminalCell {
  return terminalCell({ text }, screen);
}

function tableLines(block: TableBlock, screen: Screen): string[] {
  const limit = block.folded === true ? FOLDED_ROWS_SHOWN : ROWS_SHOWN;
  const cut = block.rows.length - limit;
  const drawn = block.columns.map((_, index) => block.rows.some((row) => row[index]?.interval !== undefined));
  return [
    ...rows(
      // A bar has a column of its own, which is never made narrower.
      block.columns.flatMap((column, index) => [
        ...(drawn[index] === true ? [{ header: 'Interval', numeric: true }] : []),
        { header: cleanLine(column.header), numeric: column.numeric === true },
      ]),
      block.rows
        .slice(0, limit)
        .map((row) =>
          row.flatMap((cell, index) => [
            ...(drawn[index] === true
              ? [terminalCell({ text: cell.interval === undefined ? '–' : textBar(cell.interval) }, screen)]
              : []),
            terminalCell(cell, screen),
          ]),
        ),
      screen,
    ),
    ...(cut > 0
      ? paragraph(`… and ${formatNumber(cut)} more; report.html has them.`, screen).map((line) =>
          screen.dim(line),
        )
      : []),
    ...(drawn.includes(true) ? paragraph(`${BAR_LEGEND}.`, screen).map((line) => screen.dim(line)) : []),
  ];
}

function rows(
  columns: readonly TerminalColumn[],
  cells: readonly (readonly TerminalCell[])[],
  screen: Screen,
): string[] {
  return terminalTable(columns, cells, screen.columns, (text) => screen.dim(text));
}

function heatLines(block: Extract<Block, { kind: 'heat' }>, screen: Screen): string[] {
  if (block.labels.length > MAX_HEAT_LABELS) {
    return paragraph(
      `The matrix of ${formatNumber(block.labels.length)} labels is too wide; report.html has it.`,
      screen,
    );
  }
  return rows(
    [
      { header: 'true \\ predicted', numeric: false },
      ...block.labels.map((label) => ({ header: cleanLine(label), numeric: true })),
      { header: 'right', numeric: true },
    ],
    block.counts.map((row, index) => [
      plain(block.labels[index] ?? '', screen),
      ...row.map((count, column) =>
        terminalCell(
          {
            text: count === null ? WITHHELD : count === 0 ? '·' : formatNumber(count),
            tone: count === null || count === 0 ? 'muted' : index === column ? 'good' : 'bad',
          },
          screen,
        ),
      ),
      plain(shareRight(row, index), screen),
    ]),
    screen,
  );
}

function diffLines(text: string, screen: Screen): string[] {
  const lines = cleanLines(text);
  const cut = lines.length - DIFF_LINES_SHOWN;
  return [
    ...lines.slice(0, DIFF_LINES_SHOWN).flatMap((line) => {
      const tone: Tone = line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'plain';
      return wrap(line, screen.columns).map((part) => screen.paint(tone, part));
    }),
    ...(cut > 0
      ? paragraph(`… and ${formatNumber(cut)} more lines; report.html has them.`, screen).map((line) =>
          screen.dim(line),
        )
      : []),
  ];
}
