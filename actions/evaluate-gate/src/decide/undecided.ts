import { detectableEffect, neededRows } from '../../../../shared/statistics/power.ts';
import { formatCount, formatNumber } from './metrics.ts';
import type { Open, Question, Words } from './question.ts';

/** What more rows would bring. */
export interface Outlook {
  /** The least distance from the limit that rows like these decide with the gate file's power. */
  readonly detectable: number | null;
  /** Rows that would decide a distance such as was seen. */
  readonly neededRows: number | null;
}

/** Beyond this, no number of rows that anybody has would decide. */
const MOST_ROWS = 1e9;
const HALF = 0.5;

/** What could have been decided, and with how many rows this would be. */
export function outlookOf({ rule, n }: Question, { inference, claim }: Open, power: number): Outlook {
  const { alpha } = rule;
  const standardError = inference.standardError ?? impliedError(inference.interval(1 - 2 * alpha), alpha);
  if (!(standardError > 0 && Number.isFinite(standardError))) return { detectable: null, neededRows: null };
  const rows = n ?? inference.n;
  const distance = Math.abs(inference.estimate - claim.at);
  const needed = neededRows({ n: rows, standardError, distance, alpha, power });
  return {
    detectable: detectableEffect({ standardError, alpha, power }),
    // Fewer than there are: then not the rows but the correction for many rules kept it from being decided.
    neededRows: needed > rows && needed <= MOST_ROWS ? needed : null,
  };
}

/** The standard error of a normal interval of this width: at a power of one half only the quantile of alpha is left. */
function impliedError([low, high]: readonly [number, number], alpha: number): number {
  return (high - low) / 2 / detectableEffect({ standardError: 1, alpha, power: HALF });
}

/** The outlook in words: `599 rows decide a change of 0.02 from the limit; about 4,100 rows would decide this one`. */
export function outlookWords(
  rows: number,
  { detectable, neededRows: needed }: Outlook,
  distance: Words['distance'],
): string {
  if (detectable === null) return 'the rows do not tell how many would decide';
  const now = `${formatCount(rows)} rows decide ${distance} of ${formatNumber(detectable)} from the limit`;
  return needed === null ? now : `${now}; about ${formatCount(roundUp(needed))} rows would decide this one`;
}

const DIGITS = 2;

/** Two digits: what is extrapolated must not look exact. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) + 1 - DIGITS);
  return Math.ceil(count / unit) * unit;
}
