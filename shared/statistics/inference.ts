import type { Histogram } from './histogram.ts';

/**
 * What a sample tells of one quantity: an estimate with its uncertainty. Every method of this folder (a score interval,
 * DeLong, a bootstrap …) answers in this form, so that whoever decides need not know which it was.
 */
export interface Inference {
  readonly estimate: number;
  /** The method in the field's words, as a report shows it: `paired score (Tango 1998)`, `DeLong`. */
  readonly method: string;
  /** Rows, pairs or, where rows are clustered, clusters that the uncertainty rests on. */
  readonly n: number;
  /** Standard error; null for methods that have none. Used for what could have been detected. */
  readonly standardError: number | null;
  /** What a reader needs to compute it again. */
  readonly details: InferenceDetails;
  /** The p of a one-sided test whose alternative is that the quantity is greater than `value`. */
  pGreater(value: number): number;
  /** The p of a one-sided test whose alternative is that the quantity is less than `value`. */
  pLess(value: number): number;
  /** Two-sided confidence interval, both tails of equal weight: `interval(0.9)` leaves 5 % on each side. */
  interval(level: number): readonly [number, number];
  /** Of a bootstrap: how its replicates are spread; undefined where they are all alike. */
  readonly histogram?: (bins: number) => Histogram | undefined;
}

export interface InferenceDetails {
  readonly seed?: number;
  readonly replicates?: number;
  /** Replicates in which the quantity was not defined; they are counted, never dropped silently. */
  readonly undefinedReplicates?: number;
  /** Pairs that only the candidate, and only the baseline, got right. */
  readonly discordant?: readonly [number, number];
  /** Differences of exactly 0, which Wilcoxon's test drops. */
  readonly zeros?: number;
}
