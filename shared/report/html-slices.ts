import type { SliceChart, SliceRow, SlicesBlock } from './block.ts';
import { escapeHtml } from './escape-html.ts';
import { axisSvg, intervalSvg } from './html-interval.ts';
import { htmlCell } from './html-cell.ts';

/** Charts of slices: one for each metric, a line for each slice, all lines of a chart on one scale. */
export function slicesHtml({ charts }: SlicesBlock): string {
  return `<div class="forests">${charts.map(chart).join('')}</div>`;
}

function chart(shown: SliceChart): string {
  const rows = shown.rows.map((row, index) => line(row, row.family !== shown.rows[index - 1]?.family));
  return `<figure class="forest"><figcaption><b><code>${escapeHtml(shown.metric)}</code></b></figcaption><ul>${rows.join('')}<li class="scale"><span></span>${axisSvg(shown)}<span></span></li></ul><figcaption>${escapeHtml(shown.caption)}</figcaption></figure>`;
}

function line(row: SliceRow, first: boolean): string {
  const bar = row.bar === null ? '<span class="interval"></span>' : intervalSvg(row.bar, row.name);
  const mark = row.mark === null ? '' : htmlCell({ text: '', mark: row.mark });
  return `<li${first ? ' class="first"' : ''}><span class="slice">${mark}<span>${escapeHtml(row.name)} <span class="n">n = ${escapeHtml(row.n)}</span></span></span>${bar}<span class="said">${htmlCell(row.words)}</span></li>`;
}
