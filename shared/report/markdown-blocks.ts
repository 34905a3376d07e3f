import type { Block, Cell, Column, CurvesBlock, HeatBlock, MetricsBlock, TableBlock } from './block.ts';
import { WITHHELD } from './block.ts';
import { escapeHtmlLines } from './escape-html.ts';
import { codeMarkdown, escapeMarkdown, linkTarget } from './escape-markdown.ts';
import { formatNumber } from './format.ts';
import { BAR_LEGEND, textBar } from './interval.ts';
import { mermaidCharts } from './mermaid.ts';
import { MARKS, type Tone } from './marks.ts';
import { namedOnPage } from './on-page.ts';
import { shareRight } from './share-right.ts';
import { sparkline } from './sparkline.ts';

/** How much of each thing a form of Markdown shows; what is cut is said. */
export interface MarkdownLimits {
  readonly rows: number;
  readonly cellCharacters: number;
  readonly diffLines: number;
  /** Learning curves drawn by Mermaid. */
  readonly charts: number;
  /** Without what is behind a fold. */
  readonly unfoldedOnly?: boolean;
}

/** A matrix with more labels is wider than a comment. */
const MAX_HEAT_LABELS = 20;

const NOTE_SIGNS: Readonly<Record<Tone, string>> = {
  good: '✅',
  bad: '❌',
  doubt: '⚠️',
  busy: '🔎',
  muted: 'ℹ️',
  plain: 'ℹ️',
};

/** A block as Markdown for GitHub, ending without a line break. */
export function markdownBlock(block: Block, limits: MarkdownLimits): string {
  if (block.kind !== 'note' && block.pageOnly === true) return onPage(block.title);
  switch (block.kind) {
    case 'note':
      return `${NOTE_SIGNS[block.tone]} ${escapeMarkdown(block.text, limits.cellCharacters * 2)}`;
    case 'facts':
      return titled(
        block,
        block.facts
          .map(({ label, value }) => `- ${escapeMarkdown(label)}: ${markdownCell(value, limits)}`)
          .join('\n'),
      );
    case 'table':
      return titled(block, table(block, limits));
    case 'metrics':
      return titled(block, metrics(block, limits));
    case 'curves':
      return titled(block, curves(block, limits));
    case 'slices':
      return onPage(
        block.title,
        block.charts.map(({ metric }) => metric),
      );
    case 'plots':
      return onPage(
        block.title,
        block.plots.map(({ title }) => title),
      );
    case 'heat':
      return titled(block, `${heat(block, limits)}\n\n${escapeMarkdown(block.caption)}`);
    case 'timeline':
      return titled(
        block,
        rows(
          [
            { header: 'Result' },
            { header: 'Step' },
            { header: 'Duration', numeric: true },
            { header: 'Detail' },
          ],
          block.steps.map((step) => [
            `${MARKS[step.mark].emoji} ${MARKS[step.mark].word}`,
            escapeMarkdown(step.name, limits.cellCharacters),
            escapeMarkdown(step.duration),
            step.detail === null ? '–' : escapeMarkdown(step.detail, limits.cellCharacters),
          ]),
          limits,
        ),
      );
    case 'diff':
      return titled(block, diff(block.text, limits));
  }
}

/** True for what is behind a fold here. */
export function isFolded(block: Block): boolean {
  return block.kind !== 'note' && (block.folded === true || block.folded === 'markdown');
}

/** What only the page can draw, or has the room for. */
function onPage(title: string, names: readonly string[] = []): string {
  return `🖼️ ${escapeMarkdown(title)}: ${escapeMarkdown(`${namedOnPage(names)}in report.html`)}`;
}

function curves(block: CurvesBlock, limits: MarkdownLimits): string {
  const charts = mermaidCharts(block.curves, limits.charts);
  const signs = new Map(charts.flatMap((chart) => [...chart.signs]));
  const table = rows(
    [{ header: 'Series' }, { header: 'Curve' }, { header: 'Values' }],
    block.curves.map((curve) => [
      [signs.get(curve) ?? '', codeMarkdown(curve.metric, limits.cellCharacters)].join(' ').trim(),
      sparkline(curve.points.map(([, value]) => value)),
      escapeMarkdown(curve.text),
    ]),
    limits,
  );
  return [...charts.map((chart) => chart.text), table].join('\n\n');
}

function titled(block: Exclude<Block, { kind: 'note' }>, body: string): string {
  if (!isFolded(block)) return `#### ${escapeMarkdown(block.title)}\n\n${body}`;
  return `<details><summary>${escapeMarkdown(block.title)}</summary>\n\n${body}\n\n</details>`;
}

/** One cell: its sign, then its text, escaped. */
export function markdownCell(cell: Cell, limits: MarkdownLimits): string {
  const words =
    cell.code === true
      ? codeMarkdown(cell.text, limits.cellCharacters)
      : escapeMarkdown(cell.text, limits.cellCharacters);
  const target = cell.url === undefined ? undefined : linkTarget(cell.url);
  const shown = target === undefined || words === '' ? words : `[${words}](${target})`;
  const signed = cell.mark === undefined ? shown : `${MARKS[cell.mark].emoji} ${shown}`;
  return [
    ...(cell.interval === undefined ? [] : [`\`${textBar(cell.interval)}\``]),
    signed,
    ...(cell.interval === undefined ? [] : [escapeMarkdown(cell.interval.words)]),
    ...(cell.below === undefined ? [] : [`<sub>${escapeMarkdown(cell.below, limits.cellCharacters)}</sub>`]),
  ]
    .filter((line) => line !== '')
    .join('<br>');
}

function table(block: TableBlock, limits: MarkdownLimits): string {
  const shown = block.rows.slice(0, limits.rows);
  const drawn = shown.some((row) => row.some((cell) => cell.interval !== undefined));
  return [
    rows(
      block.columns,
      shown.map((row) => row.map((cell) => markdownCell(cell, limits))),
      limits,
      block.rows.length,
    ),
    ...(drawn ? [`<sub>${BAR_LEGEND}; one scale for each metric</sub>`] : []),
  ].join('\n\n');
}

/** A table of GitHub's; the cells are escaped already. */
export function rows(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  limits: MarkdownLimits,
  total = cells.length,
): string {
  const line = (parts: readonly string[]): string => `| ${parts.join(' | ')} |`;
  const shown = cells.slice(0, limits.rows);
  const cut = total - shown.length;
  return [
    line(columns.map((column) => escapeMarkdown(column.header))),
    line(columns.map((column) => (column.numeric === true ? '--:' : '---'))),
    ...shown.map(line),
    ...(cut === 0
      ? []
      : ['', `… and ${formatNumber(cut)} more, left out here for length; the whole report has them.`]),
  ].join('\n');
}

function metrics(block: MetricsBlock, limits: MarkdownLimits): string {
  const compared = block.metrics.some((metric) => metric.baseline !== null);
  const sized = block.metrics.some((metric) => metric.n !== null);
  return rows(
    [
      { header: 'Metric' },
      { header: 'Value', numeric: true },
      ...(compared
        ? [
            { header: `Baseline (${block.baselineName ?? 'given'})`, numeric: true },
            { header: 'Change', numeric: true },
          ]
        : []),
      ...(sized ? [{ header: 'n', numeric: true }] : []),
    ],
    block.metrics.map((metric) => [
      codeMarkdown(metric.name, limits.cellCharacters),
      `**${escapeMarkdown(metric.value)}**`,
      ...(compared
        ? [
            metric.baseline === null ? '–' : escapeMarkdown(metric.baseline),
            metric.change === null ? '–' : markdownCell(metric.change, limits),
          ]
        : []),
      ...(sized ? [metric.n === null ? '–' : escapeMarkdown(metric.n)] : []),
    ]),
    limits,
  );
}

function heat({ labels, counts }: HeatBlock, limits: MarkdownLimits): string {
  if (labels.length > MAX_HEAT_LABELS) {
    return `The matrix of ${formatNumber(labels.length)} labels is too wide to show here; report.html has it.`;
  }
  return rows(
    [
      { header: 'True \\ predicted' },
      ...labels.map((label) => ({ header: label, numeric: true })),
      { header: 'Right', numeric: true },
    ],
    counts.map((row, index) => [
      `**${escapeMarkdown(labels[index] ?? '', limits.cellCharacters)}**`,
      ...row.map((count, column) => heatCell(count, index === column)),
      shareRight(row, index),
    ]),
    limits,
  );
}

function heatCell(count: number | null, right: boolean): string {
  if (count === null) return escapeMarkdown(WITHHELD);
  if (count === 0) return '·';
  return right ? `**${formatNumber(count)}**` : formatNumber(count);
}

function diff(text: string, limits: MarkdownLimits): string {
  const lines = escapeHtmlLines(text).split('\n');
  const cut = lines.length - limits.diffLines;
  const shown = cut > 0 ? lines.slice(0, limits.diffLines) : lines;
  // In an element, not in a fence: nothing of the text can end it, and nothing in it is Markdown.
  return [
    `<pre lang="diff">${shown.join('\n')}</pre>`,
    ...(cut > 0 ? ['', `… and ${formatNumber(cut)} more lines, left out here for length.`] : []),
  ].join('\n');
}
