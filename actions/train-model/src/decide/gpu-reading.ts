import type { Gpu } from '../../../../shared/record/training-section.ts';

/** One look at one card. What a card or a driver does not tell is null. */
export interface GpuReading {
  /** As the tool numbers it, from 0. */
  readonly index: string;
  readonly gpu: Gpu;
  readonly memoryUsedMiB: number | null;
  /** Percent of the time in which a kernel ran. */
  readonly utilisation: number | null;
  readonly powerWatts: number | null;
}

/** What a tool's answer came to: cards, or why there is none. */
export type GpuAnswer =
  | { readonly kind: 'found'; readonly readings: readonly GpuReading[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'problem'; readonly problem: string };

/** A number as tools print it; null for `[N/A]`, `[Not Supported]`, `[Unknown Error]` and whatever else is no number. */
export function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null;
}

/** A text as tools print it; null where it stands for "unknown". */
export function toText(text: string | undefined): string | null {
  const value = text?.trim() ?? '';
  return value === '' || /^(\[.*\]|N\/A|None|Unknown|0x0)$/i.test(value) ? null : value;
}
