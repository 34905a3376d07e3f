import { MARKS, type Mark, type Tone } from './marks.ts';

const PATHS: Readonly<Record<Mark, string>> = {
  pass: 'M5 12.5l4.5 4.5L19 7.5',
  fail: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  warn: 'M12 4.5L21 19.5H3zM12 10.5v4M12 17v.01',
  inconclusive: 'M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.1.6-1.7 1.3-1.7 2.5M12 18.5v.01',
  error: 'M12 5.5v8M12 18.5v.01',
  'not-run': 'M6.5 12h11',
  skipped: 'M5.5 6.5l6 5.5-6 5.5M12.5 6.5l6 5.5-6 5.5',
  pending: 'M12 6.5V12l3.5 2.5M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z',
};

const TONE_MARKS: Readonly<Record<Tone, Mark>> = {
  good: 'pass',
  bad: 'error',
  doubt: 'warn',
  busy: 'pending',
  muted: 'not-run',
  plain: 'not-run',
};

function icon(path: string): string {
  return `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
}

/** The sign of a verdict or result; the word beside it says the same to those who do not see it. */
export function markIcon(mark: Mark): string {
  return icon(PATHS[mark]);
}

export function toneIcon(tone: Tone): string {
  return tone === 'plain' || tone === 'busy'
    ? icon('M12 11v6M12 7v.01M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z')
    : icon(PATHS[TONE_MARKS[tone]]);
}

/** A verdict as a pill: sign and word in its colour. */
export function pill(mark: Mark): string {
  const { word, tone } = MARKS[mark];
  return `<span class="pill tone-${tone}">${markIcon(mark)}${word}</span>`;
}

/** Two rails that meet at a switch. */
export const LOGO =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 22V2M12 22V2M5 19h9M5 14.500h9M5 5h9M12 13c4-1 6-4 6-11M5 9.500h13"/></svg>';
