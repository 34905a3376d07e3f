import type { GpuUse } from '../../../../shared/record/training-section.ts';
import { EnergyMeter } from './energy.ts';
import type { GpuReading } from './gpu-reading.ts';

/** Below this mean a card was of no use to the training. */
const IDLE_MEAN_PERCENT = 10;
/** Above this share of samples in which it did nothing, too. */
const IDLE_SHARE = 0.8;
/** A shorter time says nothing: it may have gone into reading the data. */
const IDLE_MIN_MS = 60_000;
/** A context of CUDA alone takes more. */
const UNUSED_MEMORY_MIB = 64;
/** Longer training is sampled more rarely, but never more rarely than this. */
const MAX_GAP_MS = 60_000;
/** So that an hour has this many samples or fewer. */
const SAMPLES_OF_A_SPAN = 720;
const BYTES_PER_MIB = 1024 * 1024;

class Mean {
  sum = 0;
  count = 0;
  add(value: number | null): void {
    if (value === null) return;
    this.sum += value;
    this.count += 1;
  }
  value(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }
}

/** One card's samples, as running sums: a training of days takes no more memory than one of minutes. */
class CardUse {
  readonly index: string;
  readonly name: string;
  readonly energy = new EnergyMeter();
  #samples = 0;
  #idle = 0;
  #utilisation = new Mean();
  #power = new Mean();
  #firstMemory: number | null = null;
  #maxMemory: number | null = null;
  #firstMs: number | undefined;
  #lastMs = 0;

  constructor({ index, gpu }: GpuReading) {
    this.index = index;
    this.name = gpu.name;
  }

  add({ utilisation, memoryUsedMiB, powerWatts }: GpuReading, atMs: number): void {
    this.#samples += 1;
    this.#firstMs ??= atMs;
    this.#lastMs = atMs;
    this.#utilisation.add(utilisation);
    if (utilisation === 0) this.#idle += 1;
    this.#power.add(powerWatts);
    this.energy.sample(atMs, powerWatts);
    this.#firstMemory ??= memoryUsedMiB;
    if (memoryUsedMiB !== null) this.#maxMemory = Math.max(this.#maxMemory ?? 0, memoryUsedMiB);
  }

  use(): GpuUse {
    return {
      name: this.name,
      samples: this.#samples,
      meanUtilisation: this.#utilisation.value(),
      idleShare: this.#utilisation.count === 0 ? null : this.#idle / this.#utilisation.count,
      maxMemoryMiB: this.#maxMemory,
      meanPowerWatts: this.#power.value(),
    };
  }

  notice(): string | undefined {
    const { meanUtilisation: mean, idleShare } = this.use();
    if (mean === null || idleShare === null || this.#lastMs - (this.#firstMs ?? 0) < IDLE_MIN_MS)
      return undefined;
    if (mean >= IDLE_MEAN_PERCENT && idleShare <= IDLE_SHARE) return undefined;
    const unused = this.#maxMemory !== null && this.#maxMemory - (this.#firstMemory ?? 0) < UNUSED_MEMORY_MIB;
    const why = unused
      ? 'Its memory was not touched either: the command seems to train on the CPU. Check that the framework is built for this GPU and that the code moves model and data to it.'
      : 'It waited for something else, mostly for data: try more workers of the data loader, a larger batch, or data on a local disk; or train on a machine without a GPU.';
    return `GPU ${this.index} (${this.name}) idled: ${mean.toFixed(0)} % busy on average, and nothing to do in ${(idleShare * 100).toFixed(0)} % of the samples. ${why}`;
  }
}

/** What the GPUs did over a training. */
export class GpuWatch {
  readonly #cards = new Map<string, CardUse>();
  #newest: readonly GpuReading[] = [];

  /** Notes one look at all cards; `atMs` counts from any fixed moment. */
  add(readings: readonly GpuReading[], atMs: number): void {
    this.#newest = readings;
    for (const reading of readings) {
      const card = this.#cards.get(reading.index) ?? new CardUse(reading);
      this.#cards.set(reading.index, card);
      card.add(reading, atMs);
    }
  }

  use(): GpuUse[] {
    return [...this.#cards.values()].map((card) => card.use());
  }

  /** Of all cards together; null where one does not tell its power. */
  energyKwh(): number | null {
    let total: number | null = null;
    for (const { energy } of this.#cards.values()) {
      const kwh = energy.kwh();
      if (kwh === null) return null;
      total = (total ?? 0) + kwh;
    }
    return total;
  }

  /** One sentence for each card that idled. */
  notices(): string[] {
    return [...this.#cards.values()].flatMap((card) => card.notice() ?? []);
  }

  /** The newest look in one line; null before the first. */
  line(maxCharacters = 1_000): string | null {
    if (this.#newest.length === 0) return null;
    const text = this.#newest.map(lineOf).join('; ');
    return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1)}…`;
  }
}

function lineOf({ index, gpu, utilisation, memoryUsedMiB, powerWatts }: GpuReading): string {
  const gigabytes = (mib: number): string => ((mib * BYTES_PER_MIB) / 1e9).toFixed(1);
  const parts = [
    utilisation === null ? undefined : `${utilisation} %`,
    memoryUsedMiB === null
      ? undefined
      : `${gigabytes(memoryUsedMiB)}${gpu.memoryMiB === null ? '' : ` of ${gigabytes(gpu.memoryMiB)}`} GB`,
    powerWatts === null ? undefined : `${Math.round(powerWatts)} W`,
  ].filter((part) => part !== undefined);
  return `GPU ${index}: ${parts.length === 0 ? 'tells nothing' : parts.join(', ')}`;
}

/**
 * How long to wait until the next sample: what was asked for, more where the training lasts long, and where the tool
 * itself is slow, so that it takes no more than a tenth of the time.
 */
export function sampleGap(intervalMs: number, elapsedMs: number, lookMs: number): number {
  const wide = Math.min(MAX_GAP_MS, elapsedMs / SAMPLES_OF_A_SPAN);
  return Math.max(intervalMs, wide, 10 * lookMs);
}
