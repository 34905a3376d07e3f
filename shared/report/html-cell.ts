import type { Cell } from './block.ts';
import { escapeHtml } from './escape-html.ts';
import { linkTarget } from './escape-markdown.ts';
import { intervalSvg } from './html-interval.ts';
import { markIcon } from './html-icons.ts';
import { MARKS } from './marks.ts';

/** One cell: its sign, then its text, escaped. */
export function htmlCell(cell: Cell): string {
  const escaped = escapeHtml(cell.text);
  const words = cell.code === true && escaped !== '–' ? `<code>${escaped}</code>` : escaped;
  const target = cell.url === undefined ? undefined : linkTarget(cell.url);
  const shown = target === undefined ? words : `<a href="${target}" rel="noreferrer">${words}</a>`;
  const tone = cell.tone ?? (cell.mark === undefined ? undefined : MARKS[cell.mark].tone);
  const coloured = tone === undefined ? shown : `<span class="toned tone-${tone}">${shown}</span>`;
  const signed =
    cell.mark === undefined
      ? coloured
      : `<span class="cell"><span class="tone-${MARKS[cell.mark].tone} toned">${markIcon(cell.mark)}</span>${coloured}</span>`;
  return [
    ...(cell.interval === undefined ? [] : [intervalSvg(cell.interval, cell.text)]),
    signed,
    ...(cell.interval === undefined ? [] : [`<div class="range">${escapeHtml(cell.interval.words)}</div>`]),
    ...(cell.below === undefined ? [] : [`<div class="below">${escapeHtml(cell.below)}</div>`]),
  ].join('');
}
