import { acceptedNames } from '../../../../shared/action/accepted-names.ts';

/** One metric of one model. A null value was looked for and is not defined, for which `reason` gives the cause. */
export interface Metric {
  readonly value: number | null;
  /** Rows that it was computed on; null where it was only reported. */
  readonly n: number | null;
  readonly reason?: string;
}

export type Metrics = ReadonlyMap<string, Metric>;

/** Below this, a reported and a computed value are the same number written twice. */
const SAME = 1e-6;

interface Sources {
  /** What the predictions gave; an undefined one is not replaced by what was reported. */
  readonly computed: Metrics;
  /** Standard metrics that the gate file's columns do not allow, with the reason. */
  readonly notComputed: ReadonlyMap<string, string>;
  readonly reported: ReadonlyMap<string, number | null>;
  /** As the subject of a sentence: `The training`. */
  readonly reporter: string;
}

/** Computed metrics win over reported ones of the same name; `notices` tells where the two differ. */
export function mergeMetrics({ computed, notComputed, reported, reporter }: Sources): {
  readonly metrics: Metrics;
  readonly notices: readonly string[];
} {
  const metrics = new Map<string, Metric>();
  for (const [name, value] of reported) {
    const usable = value !== null && Number.isFinite(value);
    metrics.set(
      name,
      usable ? { value, n: null } : { value: null, n: null, reason: `${reporter} reported no number` },
    );
  }
  for (const [name, reason] of notComputed) {
    if (!metrics.has(name)) metrics.set(name, { value: null, n: null, reason });
  }
  const notices: string[] = [];
  for (const [name, metric] of computed) {
    const said = metrics.get(name)?.value;
    metrics.set(name, metric);
    if (said === undefined || said === null || metric.value === null) continue;
    if (Math.abs(said - metric.value) <= SAME) continue;
    notices.push(
      `${reporter} reported ${name} ${formatApart(said, metric.value)}, the predictions give ` +
        `${formatApart(metric.value, said)}; the latter counts.`,
    );
  }
  return { metrics, notices };
}

/** Why a metric has no value, with the nearest name that has one. */
export function whyMissing(name: string, metrics: Metrics): string {
  const metric = metrics.get(name);
  if (metric !== undefined) return metric.reason ?? 'it is not defined';
  const known = [...metrics].filter(([, { value }]) => value !== null).map(([each]) => each);
  return known.length === 0 ? 'nothing was measured' : `it was not measured. ${measuredNames(name, known)}`;
}

function measuredNames(name: string, known: readonly string[]): string {
  return acceptedNames(name, known).replace('Accepted:', 'Measured:').replace(/\.$/, '');
}

const DIGITS = 4;
const MAX_DIGITS = 13;
/** Two results of floating-point arithmetic that differ by less are one number: bounds are met within it. */
export const ROUNDING = 1e-12;

/** A number with four decimals, or four significant digits where it is tiny or huge. */
export function formatNumber(value: number, digits = DIGITS): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 10 ** -digits || size >= 1e9)) return value.toExponential(digits - 1);
  return trimZeros(value.toFixed(digits));
}

/** A number with as many decimals as tell it from `other`, so that no sentence says "0.01 is more than 0.01". */
export function formatApart(value: number, other: number): string {
  for (let digits = DIGITS; digits < MAX_DIGITS && Math.abs(value - other) > ROUNDING; digits += 1) {
    const text = formatNumber(value, digits);
    if (text !== formatNumber(other, digits)) return text;
  }
  return formatNumber(value);
}

/** A count with commas: `4,100`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `0.9000` reads as 0.9, and `-0.0` as 0. */
function trimZeros(text: string): string {
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
}
