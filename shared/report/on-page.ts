import { formatNumber, listed } from './format.ts';

/** Pictures named one by one. */
const NAMED = 6;

/** The pictures that only the page has, named as long as they are few: `ROC and Calibration, `. */
export function namedOnPage(names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length - NAMED;
  const shown = more > 0 ? [...names.slice(0, NAMED), `${formatNumber(more)} more`] : names;
  return `${listed(shown)}, `;
}
