import { drawBinomial } from './binomial.ts';
import type { Inference } from './inference.ts';
import { seededGenerator } from './seeded.ts';

export interface Exchange {
  /** Rows of each cell. */
  readonly counts: readonly number[];
  /** Of each cell: the index of the cell whose predictions of the two models are exchanged; its own where they agree. */
  readonly partners: readonly number[];
  readonly replicates: number;
  readonly seed: number;
  /** The quantity of given counts, NaN where it is not defined; it must not keep the array, which is used again. */
  readonly statistic: (counts: Float64Array) => number;
}

/**
 * Replicates of a paired permutation test over cells: were the two models equally good, either of them could have given
 * either prediction of each row, so that each row of a cell belongs by the toss of a coin to the cell or to its partner
 * (Fisher, "The Design of Experiments", 1935, §21; for counts the rows of both cells are one binomial).
 */
export function exchangeReplicates({
  counts,
  partners,
  replicates,
  seed,
  statistic,
}: Exchange): Float64Array {
  const random = seededGenerator(seed);
  const drawn = Float64Array.from(counts);
  const pairs = partners.flatMap((partner, index) => {
    const together = (counts[index] ?? 0) + (counts[partner] ?? 0);
    return partner > index && together > 0 ? [{ index, partner, together }] : [];
  });
  return Float64Array.from({ length: replicates }, () => {
    for (const { index, partner, together } of pairs) {
      const here = drawBinomial(random, together, 0.5);
      drawn[index] = here;
      drawn[partner] = together - here;
    }
    return statistic(drawn);
  });
}

/** Quantities of equal counts in another order of summing differ by no more than this. */
const ROUNDING = 1e-12;

/**
 * The same inference, more careful about a claim that one model is better or worse at all: whoever claims a difference
 * below some value of at most 0 also claims one below 0, whose p by permutation keeps its level whatever the number of
 * rows, where a bootstrap's may not. Undefined replicates count as speaking against the claim.
 */
export function guardedByExchange(inference: Inference, replicates: Float64Array): Inference {
  const { estimate } = inference;
  const share = (against: (value: number) => boolean): number =>
    (replicates.reduce((sum, value) => sum + (against(value) ? 0 : 1), 0) + 1) / (replicates.length + 1);
  // Of the replicates those count that are at least as extreme as what was seen.
  const less = share((value) => value > estimate + ROUNDING);
  const greater = share((value) => value < estimate - ROUNDING);
  return {
    ...inference,
    pLess: (value) => Math.max(inference.pLess(value), value <= 0 ? less : 0),
    pGreater: (value) => Math.max(inference.pGreater(value), value >= 0 ? greater : 0),
  };
}
