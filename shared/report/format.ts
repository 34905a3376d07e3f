const DIGITS = 4;
const MAX_DIGITS = 15;
const MAX_DECIMALS = 12;
/** Two results of floating-point arithmetic that differ by less are one number, as the gate judges them. */
const ROUNDING = 1e-12;

/** True where two numbers differ by no more than the order in which a machine adds. */
export function sameNumber(one: number, other: number): boolean {
  return Math.abs(one - other) <= ROUNDING;
}

/** A number for people: four significant digits, thousands separated, no trailing zeros. Integers stay whole. */
export function formatNumber(value: number, digits = DIGITS): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    Number.isInteger(value) && size < 1e15
      ? grouped(String(size))
      : size >= 1e6 || size < 1e-4
        ? size
            .toExponential(digits - 1)
            .replace(/\.?0+e/, 'e')
            .replace('e+', 'e')
        : rounded(size, digits);
  return value < 0 ? `−${text}` : text;
}

function rounded(size: number, digits: number): string {
  const text = size.toPrecision(digits);
  // From 1,000 on toPrecision may round to ten's or turn to exponents: whole numbers are meant there.
  if (size >= 10 ** (digits - 1)) return grouped(Math.round(size).toString());
  const [whole = '', fraction = ''] = text.split('.');
  const decimals = fraction.replace(/0+$/, '');
  return decimals === '' ? grouped(whole) : `${grouped(whole)}.${decimals}`;
}

function grouped(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number beside others: with as many digits as it takes to look different from those that differ from it. */
export function formatBeside(value: number, others: readonly (number | null)[]): string {
  const different = others.filter((other) => other !== null && !sameNumber(other, value));
  for (let digits = DIGITS; digits < MAX_DIGITS; digits += 1) {
    const text = formatNumber(value, digits);
    if (different.every((other) => other === null || formatNumber(other, digits) !== text)) return text;
  }
  return String(value);
}

/**
 * Both ends of a range with as many decimals as its width is worth, `0.919` and `0.938`; with more where an end would
 * else look like one of `others`, which it is not.
 */
export function formatRange(
  low: number,
  high: number,
  others: readonly (number | null)[] = [],
): readonly [string, string] {
  const width = high - low;
  if (!(width > 1e-9) || Math.max(Math.abs(low), Math.abs(high)) >= 1e15) {
    return [formatBeside(low, [high]), formatBeside(high, [low])];
  }
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, Math.ceil(-Math.log10(width)) + 1));
  const confused = (end: number, digits: number): boolean =>
    others.some(
      (other) => other !== null && !sameNumber(other, end) && fixed(other, digits) === fixed(end, digits),
    );
  let digits = decimals;
  while (digits < MAX_DECIMALS && (confused(low, digits) || confused(high, digits))) digits += 1;
  return [fixed(low, digits), fixed(high, digits)];
}

function fixed(value: number, decimals: number): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const text = fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
  return value < 0 && Number(value.toFixed(decimals)) !== 0 ? `−${text}` : text;
}

/** As `formatNumber`, with a sign also where it is positive. */
export function formatSigned(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value);
}

/** A share of a whole, in per cent; what is not all or nothing never looks so. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  if (percent < 100 && percent > 99.9) return '>99.9 %';
  return `${formatNumber(percent, 3)} %`;
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 9.95) return `${formatNumber(milliseconds, 2)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${grouped(String(Math.floor(minutes / 60)))} h ${minutes % 60} min`;
}

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size in decimal units, three significant digits. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let size = bytes;
  let unit = 'B';
  for (const next of BYTE_UNITS) {
    if (size < 999.5) break;
    size /= 1000;
    unit = next;
  }
  return `${formatNumber(size, 3)} ${unit}`;
}

export function formatUsd(usd: number): string {
  if (usd > 0 && usd < 0.01) return '< USD 0.01';
  const [whole = '', cents = ''] = usd.toFixed(2).split('.');
  return `USD ${grouped(whole)}.${cents}`;
}

/** Enough of a digest to tell it from others at a glance; the algorithm's name is kept. */
export function shortDigest(digest: string): string {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+:)?(.*)$/s.exec(digest) ?? [];
  return `${algorithm}${hex.slice(0, 12)}`;
}

/** `1 check`, `2 checks`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** The text with a full stop at its end, where it has no closing mark of its own. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?…:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
