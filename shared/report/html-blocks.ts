import type {
  Block,
  CurvesBlock,
  FactsBlock,
  HeatBlock,
  MetricsBlock,
  TableBlock,
  TimelineBlock,
} from './block.ts';
import { WITHHELD } from './block.ts';
import { drawCurves } from './chart.ts';
import { escapeHtml, escapeHtmlLines } from './escape-html.ts';
import { formatNumber } from './format.ts';
import { htmlCell } from './html-cell.ts';
import { plotsHtml } from './html-plots.ts';
import { slicesHtml } from './html-slices.ts';
import { markIcon, toneIcon } from './html-icons.ts';
import { MARKS } from './marks.ts';
import { shareRight } from './share-right.ts';

/** A text of so many characters may be broken into lines; a shorter one of a table stays in one. */
const LONG_CELL = 28;
/** The strongest colour of the heat map, in per cent: text on it stays readable. */
const MAX_HEAT = 55;

/** A block as HTML. */
export async function htmlBlock(block: Block): Promise<string> {
  if (block.kind === 'note') {
    return `<p class="note tone-${block.tone}">${toneIcon(block.tone)}<span>${escapeHtml(block.text)}</span></p>`;
  }
  const title = `<h3>${escapeHtml(block.title)}</h3>`;
  const body = await bodyOf(block);
  return block.folded === true
    ? `<details class="fold"><summary>${title}</summary><div class="inside">${body}</div></details>`
    : `<div class="block">${title}${body}</div>`;
}

async function bodyOf(block: Exclude<Block, { kind: 'note' }>): Promise<string> {
  switch (block.kind) {
    case 'facts':
      return facts(block);
    case 'table':
      return table(block);
    case 'metrics':
      return metrics(block);
    case 'curves':
      return await curves(block);
    case 'heat':
      return heat(block);
    case 'slices':
      return slicesHtml(block);
    case 'plots':
      return await plotsHtml(block);
    case 'timeline':
      return timeline(block);
    case 'diff':
      return diff(block.text);
  }
}

function facts(block: FactsBlock): string {
  const items = block.facts.map(
    ({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd>${htmlCell(value)}</dd>`,
  );
  return `<dl class="facts">${items.join('')}</dl>`;
}

/** A box that scrolls by itself, so that the page never does; it can be reached and scrolled by the keyboard. */
function scrolling(label: string, content: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${content}</div>`;
}

function table(block: TableBlock): string {
  const drawn = block.rows.some((row) => row.some((cell) => cell.interval !== undefined));
  const numeric = (index: number): string => (block.columns[index]?.numeric === true ? ' class="num"' : '');
  const head = block.columns
    .map((column, index) => `<th scope="col"${numeric(index)}>${escapeHtml(column.header)}</th>`)
    .join('');
  const body = block.rows.map((row) => {
    const cells = row.map((cell, index) => {
      const long = block.columns[index]?.numeric !== true && cell.text.length > LONG_CELL;
      // Where there is no room for a table each row becomes a card, whose values need their names.
      const label = drawn ? ` data-label="${escapeHtml(block.columns[index]?.header ?? '')}"` : '';
      return `<td${long ? ' class="long"' : numeric(index)}${label}>${htmlCell(cell)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return scrolling(
    block.title,
    `<table${drawn ? ' class="rules"' : ''}><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>`,
  );
}

function metrics(block: MetricsBlock): string {
  const cards = block.metrics.map((metric) => {
    const change =
      metric.change === null
        ? ''
        : `<div class="pill tone-${metric.change.tone ?? 'plain'}">${escapeHtml(metric.change.text)}</div>`;
    const baseline =
      metric.baseline === null
        ? ''
        : `<div class="against">${escapeHtml(metric.baseline)} in ${escapeHtml(block.baselineName ?? 'the baseline')}</div>`;
    const n = metric.n === null ? '' : `<div class="against">n = ${escapeHtml(metric.n)}</div>`;
    return `<li class="metric"><div class="label"><code>${escapeHtml(metric.name)}</code></div><div class="value">${escapeHtml(metric.value)}</div>${change}${baseline}${n}</li>`;
  });
  return `<ul class="metrics">${cards.join('')}</ul>`;
}

async function curves(block: CurvesBlock): Promise<string> {
  const charts = await drawCurves(block.curves);
  const drawn = new Set(charts.flatMap((chart) => chart.curves));
  const figures = charts.map((chart) => {
    const legend = chart.curves.map(
      ({ metric, text }, index) =>
        `<li><i style="--swatch:${chart.colours[index] ?? ''}"></i><span><code>${escapeHtml(metric)}</code> ${escapeHtml(text)}</span></li>`,
    );
    return `<figure><figcaption><b>${escapeHtml(chart.title)}</b></figcaption>${chart.svg}<figcaption><ul class="legend">${legend.join('')}</ul></figcaption></figure>`;
  });
  const others = block.curves
    .filter((curve) => !drawn.has(curve))
    .map(({ metric, text }) => `<p class="quiet"><code>${escapeHtml(metric)}</code> ${escapeHtml(text)}</p>`);
  return `<div class="charts">${figures.join('')}</div>${others.join('')}`;
}

function heat({ title, labels, counts, caption }: HeatBlock): string {
  const head = labels.map((label) => `<th scope="col">${escapeHtml(label)}</th>`).join('');
  const rows = counts.map((row, index) => {
    const total = row.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const cells = row.map((count, column) => heatCell(count, total, index === column));
    return `<tr><th scope="row">${escapeHtml(labels[index] ?? '')}</th>${cells.join('')}<td class="share">${escapeHtml(shareRight(row, index))}</td></tr>`;
  });
  return `${scrolling(
    title,
    `<table class="heat"><thead><tr><th scope="col">true ↓ predicted →</th>${head}<th scope="col">right</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`,
  )}<p class="quiet">${escapeHtml(caption)}</p>`;
}

function heatCell(count: number | null, total: number, right: boolean): string {
  if (count === null) return `<td class="none" style="--heat:0">${escapeHtml(WITHHELD)}</td>`;
  if (count === 0) return '<td class="none" style="--heat:0">0</td>';
  const share = count / total;
  // A few errors among many rows must still be seen: their colour grows with the root of their share.
  const strength = right ? share : Math.sqrt(share);
  return `<td class="${right ? 'right' : 'wrong'}" style="--heat:${Math.round(MAX_HEAT * strength)}">${formatNumber(count)}</td>`;
}

function timeline(block: TimelineBlock): string {
  const longest = Math.max(1, ...block.steps.map((step) => step.durationMs));
  const items = block.steps.map((step) => {
    const { tone, word } = MARKS[step.mark];
    const detail = step.detail === null ? '' : `<div class="detail">${escapeHtml(step.detail)}</div>`;
    return `<li class="tone-${tone}"><span class="dot">${markIcon(step.mark)}</span><span class="step">${escapeHtml(step.name)} <span class="hidden">${word}</span></span><span class="took">${escapeHtml(step.duration)}</span>${detail}<span class="bar" style="--part:${Math.round((100 * step.durationMs) / longest)}"></span></li>`;
  });
  return `<ol class="timeline">${items.join('')}</ol>`;
}

function diff(text: string): string {
  const lines = escapeHtmlLines(text)
    .split('\n')
    .map((line) => {
      if (line.startsWith('@@')) return `<span class="hunk">${line}</span>`;
      if (line.startsWith('+')) return `<span class="plus">${line}</span>`;
      return line.startsWith('-') ? `<span class="minus">${line}</span>` : line;
    });
  return `<pre tabindex="0">${lines.join('\n')}</pre>`;
}
