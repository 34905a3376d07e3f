import {
  type Compared,
  gapInference,
  ratioInference,
} from '../../actions/evaluate-gate/src/inference/gap.ts';
import type { Inference } from '../../shared/statistics/inference.ts';
import { multinomialReplicates } from '../../shared/statistics/multinomial.ts';
import { drawCounts, type Source } from './draw.ts';

/** The gap of a rate, such as recall, between groups of equally many of `n` rows, which truly have these rates. */
export function drawGap(
  source: Source,
  n: number,
  rates: readonly number[],
  { seed, replicates }: { readonly seed: number; readonly replicates: number },
): { readonly difference: Inference; readonly ratio: Inference } {
  const rows = rates.map(() => Math.floor(n / rates.length));
  const groups = rates.map((rate, at) => drawCounts(source, rows[at] ?? 0, [rate, 1 - rate]));
  const of = ([right = 0, wrong = 0]: ArrayLike<number> & Iterable<number>): number =>
    right / (right + wrong);
  const drawn = groups.map(() => new Float64Array(replicates));
  let replicate = 0;
  multinomialReplicates({
    counts: groups.flat(),
    replicates,
    seed,
    strata: groups.map((_, at) => [2 * at, 2 * at + 2]),
    statistic: (counts) => {
      for (const [at, each] of drawn.entries()) each[replicate] = of(counts.subarray(2 * at, 2 * at + 2));
      replicate += 1;
      return 0;
    },
  });
  const compared: Compared[] = [{ values: groups.map(of), replicates: drawn }];
  const gap = { compared, seed, n, method: 'bootstrap by group, simultaneous' };
  return { difference: gapInference(gap), ratio: ratioInference(gap, rows) };
}
