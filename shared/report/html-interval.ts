import { escapeHtml } from './escape-html.ts';
import { formatNumber, formatRange } from './format.ts';
import { type Bar, type Limit, positionOn, type Scale } from './interval.ts';

const TRACK = 20;
const MIDDLE = TRACK / 2;
const AXIS = 34;

/** Draws an estimate with its interval; its places are shares of the width, so that it stretches with its box. */
export function intervalSvg(bar: Bar, label: string): string {
  const low = place(bar.scale, bar.low);
  const high = place(bar.scale, bar.high);
  const dot =
    bar.at === null ? '' : `<circle class="dot" cx="${place(bar.scale, bar.at)}" cy="${MIDDLE}" r="4"/>`;
  const whiskers = [
    line('whisker', low, high, MIDDLE, MIDDLE),
    line('whisker', low, low, MIDDLE - 4, MIDDLE + 4),
    line('whisker', high, high, MIDDLE - 4, MIDDLE + 4),
  ].join('');
  return `<svg class="interval tone-${bar.tone}" height="${TRACK}" role="img" aria-label="${escapeHtml(`${label}: ${bar.words}`)}">${ground(bar, TRACK)}${whiskers}${dot}</svg>`;
}

/** The scale below bars: the place of no change, and the limit. */
export function axisSvg({
  scale,
  zero,
  limit,
}: {
  readonly scale: Scale;
  readonly zero: number | null;
  readonly limit: Limit | null;
}): string {
  const [from, to] = formatRange(...scale);
  const labels = [
    ...(zero === null && limit === null
      ? [tick(scale, scale[0], 13, from), tick(scale, scale[1], 13, to)]
      : []),
    ...(zero === null ? [] : [tick(scale, zero, 13, formatNumber(zero))]),
    ...(limit === null ? [] : [tick(scale, limit.at, 28, `limit ${formatNumber(limit.at)}`)]),
  ];
  return `<svg class="interval axis" height="${AXIS}" aria-hidden="true">${labels.join('')}</svg>`;
}

function tick(scale: Scale, value: number, y: number, words: string): string {
  const position = positionOn(scale, value);
  const anchor = position < 0.2 ? 'start' : position > 0.8 ? 'end' : 'middle';
  return `<text x="${place(scale, value)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

function ground({ scale, zero, limit }: Bar, height: number): string {
  const shade =
    limit === null
      ? ''
      : limit.forbidden === 'below'
        ? `<rect class="forbidden" x="0" y="0" width="${place(scale, limit.at)}" height="${height}"/>`
        : `<rect class="forbidden" x="${place(scale, limit.at)}" y="0" width="${percent(1 - positionOn(scale, limit.at))}" height="${height}"/>`;
  const none = zero === null ? '' : line('zero', place(scale, zero), place(scale, zero), 0, height);
  const bound =
    limit === null ? '' : line('limit', place(scale, limit.at), place(scale, limit.at), 0, height);
  return shade + none + bound;
}

function line(name: string, x1: string, x2: string, y1: number, y2: number): string {
  return `<line class="${name}" x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}"/>`;
}

function place(scale: Scale, value: number): string {
  return percent(positionOn(scale, value));
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`;
}
