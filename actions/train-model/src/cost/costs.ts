import type { CostItem } from '../../../../shared/record/training-section.ts';
import { ARTIFACT_GB_MONTH_USD, CACHE_GB_MONTH_USD, PRICE_PAGE } from './github-prices.ts';
import { type Price, priceRemedy, type Prices, usdText } from './prices.ts';

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const BYTES_PER_GB = 1e9;
const DAYS_PER_MONTH = 30;
/** How long GitHub keeps artifacts where nobody says otherwise. */
const RETENTION_DAYS = 90;
/** How long GitHub keeps a cache entry that nobody reads. */
const CACHE_DAYS = 7;

/** What a time on a runner costs; every started minute of a job counts whole where it is billed so. */
export function usdFor(price: Price, durationMs: number): number {
  const billedMs = price.byStartedMinute ? Math.ceil(durationMs / MS_PER_MINUTE) * MS_PER_MINUTE : durationMs;
  return (price.usdPerHour * billedMs) / MS_PER_HOUR;
}

function durationText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  return ms < 90 * MS_PER_MINUTE
    ? `${(ms / MS_PER_MINUTE).toFixed(1)} min`
    : `${(ms / MS_PER_HOUR).toFixed(1)} h`;
}

export interface EstimateOptions {
  readonly price: Price | undefined;
  /** The most that the training may take; undefined where it may take any time. */
  readonly maxMs: number | undefined;
  /** What an earlier training of this model took; undefined where none is known. */
  readonly earlierMs: number | undefined;
}

/** What a training will probably cost, or at most; undefined where neither price nor duration is known. */
export function estimateCost({ price, maxMs, earlierMs }: EstimateOptions): CostItem | undefined {
  if (price === undefined) return undefined;
  if (earlierMs !== undefined) {
    const expectedMs = Math.min(earlierMs, maxMs ?? earlierMs);
    const usd = usdFor(price, expectedMs);
    const basis = `about ${usdText(usd)}: an earlier training took ${durationText(earlierMs)}, at ${price.basis}.`;
    return { what: 'Estimate', usd, basis };
  }
  if (maxMs === undefined) return undefined;
  const usd = usdFor(price, maxMs);
  const basis = `at most ${usdText(usd)}: "max-minutes" allows ${durationText(maxMs)}, at ${price.basis}.`;
  return { what: 'Estimate', usd, basis };
}

export interface CostOptions {
  readonly price: Price | undefined;
  /** Of this attempt. */
  readonly durationMs: number;
  /** Of attempts before it, each of which was a job of its own. */
  readonly earlierMs?: readonly number[];
  readonly labels?: readonly string[];
  readonly prices: Prices;
  readonly artifactBytes: number;
  readonly checkpointBytes: number;
  readonly cacheBytes?: number;
  /** A terminal has no artifacts, and what this machine costs is nobody's bill. */
  readonly terminal: boolean;
}

/** What a training came to, item by item; `usd` is null where no price is known. */
export function trainingCosts(options: CostOptions): CostItem[] {
  const { price, durationMs, earlierMs = [], labels = [], prices, terminal } = options;
  const items: CostItem[] = [];
  if (price !== undefined || !terminal) items.push(computeCost(price, [...earlierMs, durationMs], labels));
  if (terminal) return items;
  const { artifactBytes, checkpointBytes, cacheBytes = 0 } = options;
  const perGb = prices.storageGbMonthUsd;
  items.push(
    ...storageCost('Artifacts', artifactBytes, perGb, ARTIFACT_GB_MONTH_USD, RETENTION_DAYS),
    ...storageCost('Checkpoints', checkpointBytes, perGb, ARTIFACT_GB_MONTH_USD, RETENTION_DAYS),
    ...storageCost('Cache', cacheBytes, perGb, CACHE_GB_MONTH_USD, CACHE_DAYS),
  );
  return items;
}

function computeCost(
  price: Price | undefined,
  durationsMs: readonly number[],
  labels: readonly string[],
): CostItem {
  const total = durationText(durationsMs.reduce((sum, ms) => sum + ms, 0));
  const amount = durationsMs.length === 1 ? total : `${total} in ${durationsMs.length} attempts`;
  if (price === undefined) {
    return {
      what: 'Compute',
      usd: null,
      basis: `${amount}; the price of the runner is not known. ${priceRemedy(labels)}`,
    };
  }
  const usd = durationsMs.reduce((sum, ms) => sum + usdFor(price, ms), 0);
  return { what: 'Compute', usd, basis: `${amount} at ${price.basis}.` };
}

/** What a job came to that followed a dispatched training for so long (`mode: follow`). */
export function waitingCost({ price, ms }: { price: Price | undefined; ms: number }): CostItem[] {
  const amount = `${durationText(ms)} in which the dispatching job followed`;
  if (price === undefined) {
    return [{ what: 'Waiting', usd: null, basis: `${amount}; the price of its runner is not known.` }];
  }
  const basis = `${amount}, at ${price.basis}. With "mode: detach" no job waits.`;
  return [{ what: 'Waiting', usd: usdFor(price, ms), basis }];
}

function storageCost(
  what: string,
  bytes: number,
  usersUsd: number | undefined,
  publishedUsd: number,
  days: number,
): CostItem[] {
  if (bytes === 0) return [];
  const perGb = usersUsd ?? publishedUsd;
  const source = usersUsd === undefined ? PRICE_PAGE : 'input "prices"';
  return [
    {
      what,
      usd: (bytes / BYTES_PER_GB) * perGb * (days / DAYS_PER_MONTH),
      basis: `${sizeText(bytes)} for ${days} days at ${usdText(perGb)} a GB and month (${source}), beyond what is included.`,
    },
  ];
}

function sizeText(bytes: number): string {
  return bytes >= BYTES_PER_GB
    ? `${(bytes / BYTES_PER_GB).toFixed(2)} GB`
    : `${(bytes / 1e6).toPrecision(3)} MB`;
}
