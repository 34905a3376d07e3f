import { z } from 'zod';
import { UsageError } from '../../../../shared/errors.ts';
import {
  type HostedRate,
  type Machine,
  PRICE_PAGE,
  rateOfLargerLabel,
  rateOfMachine,
  rateOfStandardLabel,
} from './github-prices.ts';

/** The key of the price of storage, beside which every key is a label. */
const STORAGE_KEY = 'storage-gb-month';
const MAX_USD_PER_HOUR = 100_000;
const MINUTES_PER_HOUR = 60;

const mapSchema = z.record(z.string(), z.unknown());

/** What the user says that things cost. */
export interface Prices {
  /** US dollars an hour, by label. */
  readonly labels: ReadonlyMap<string, number>;
  /** US dollars for a gigabyte and month; undefined: GitHub's published price. */
  readonly storageGbMonthUsd: number | undefined;
}

/** What an hour on a runner costs. */
export interface Price {
  readonly usdPerHour: number;
  /** The price and where it is from, for the end of a sentence. */
  readonly basis: string;
  /** Every started minute of a job counts whole. */
  readonly byStartedMinute: boolean;
}

/** Reads the input `prices`, a map of labels to US dollars an hour. */
export function readPrices(value: unknown): Prices {
  if (value === undefined || value === null) return { labels: new Map(), storageGbMonthUsd: undefined };
  const map = mapSchema.safeParse(value);
  if (!map.success || Array.isArray(value)) {
    throw new UsageError('Input "prices" is no map.', {
      remedy: `Accepted: a YAML map of runner labels to US dollars an hour, and of "${STORAGE_KEY}" to US dollars.`,
    });
  }
  const labels = new Map<string, number>();
  let storageGbMonthUsd: number | undefined;
  for (const [key, one] of Object.entries(map.data)) {
    const usd = readUsd(key, one);
    if (key === STORAGE_KEY) storageGbMonthUsd = usd;
    else labels.set(key.toLowerCase(), usd);
  }
  return { labels, storageGbMonthUsd };
}

function readUsd(key: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= MAX_USD_PER_HOUR) return value;
  const isScalar = typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
  const shown = isScalar ? `"${String(value)}"` : 'no number';
  throw new UsageError(`Input "prices": "${key}" is ${shown}.`, {
    remedy: `Accepted: a number of US dollars from 0 to ${MAX_USD_PER_HOUR}, without a currency sign.`,
  });
}

/** How an amount of US dollars is written: cents, and as many digits more as it needs. */
export function usdText(usd: number): string {
  const digits = usd === 0 || usd >= 0.1 ? 2 : usd >= 0.001 ? 4 : 6;
  return `$${usd.toFixed(digits)}`;
}

/**
 * What an hour costs on a runner with these labels: first what the user says, of several labels the dearest; then, for
 * GitHub's own runners, what GitHub publishes. Undefined where nobody says it, as for a self-hosted runner.
 * `machine` tells the hosted runner that this step runs on, where its labels are not known.
 */
export function priceOf(
  labels: readonly string[],
  runnerEnvironment: string | null,
  prices: Prices,
  machine?: Machine,
): Price | undefined {
  return (
    priceByUser(labels, prices) ??
    asPrice(publishedRate(labels, runnerEnvironment, machine), runnerEnvironment)
  );
}

function priceByUser(labels: readonly string[], prices: Prices): Price | undefined {
  let dearest: { label: string; usd: number } | undefined;
  for (const label of labels) {
    const usd = prices.labels.get(label.toLowerCase());
    if (usd !== undefined && (dearest === undefined || usd > dearest.usd)) dearest = { label, usd };
  }
  if (dearest === undefined) return undefined;
  const basis = `${usdText(dearest.usd)} an hour for the label "${dearest.label}" (input "prices")`;
  return { usdPerHour: dearest.usd, basis, byStartedMinute: false };
}

function publishedRate(
  labels: readonly string[],
  runnerEnvironment: string | null,
  machine: Machine | undefined,
): HostedRate | undefined {
  // Anybody may give a runner of his own the label `ubuntu-latest`.
  if (runnerEnvironment === 'self-hosted' || labels.some((label) => label.toLowerCase() === 'self-hosted')) {
    return undefined;
  }
  const standard = labels.map(rateOfStandardLabel).find((rate) => rate !== undefined);
  if (standard !== undefined || runnerEnvironment !== 'github-hosted') return standard;
  const larger = labels.map(rateOfLargerLabel).find((rate) => rate !== undefined);
  return larger ?? (machine === undefined ? undefined : rateOfMachine(machine));
}

function asPrice(rate: HostedRate | undefined, runnerEnvironment: string | null): Price | undefined {
  if (rate === undefined) return undefined;
  const { usdPerMinute, name, standard } = rate;
  const free = standard ? '; nothing in public repositories and within included minutes' : '';
  const caveat = `${free}${runnerEnvironment === null ? ', if GitHub hosts it' : ''}`;
  return {
    usdPerHour: usdPerMinute * MINUTES_PER_HOUR,
    basis: `$${usdPerMinute} a started minute on a ${name} (${PRICE_PAGE}${caveat})`,
    byStartedMinute: true,
  };
}

/** What to do where a price is not known. */
export function priceRemedy(labels: readonly string[]): string {
  const label = labels.find((one) => one.toLowerCase() !== 'self-hosted') ?? labels[0] ?? '<label>';
  return `Give what an hour costs in the input "prices", such as "${label}: 1.20".`;
}

/** Throws where a training may cost only so much, and nobody knows what it costs. */
export function refuseUnknownPrice(
  price: Price | undefined,
  labels: readonly string[],
): asserts price is Price {
  if (price !== undefined) return;
  const where = labels.length === 0 ? 'this machine' : `a runner with the labels ${labels.join(', ')}`;
  throw new UsageError(
    `Input "max-cost-usd" is given, but what an hour on ${where} costs is not known: the training could not be stopped in time.`,
    { remedy: priceRemedy(labels) },
  );
}
