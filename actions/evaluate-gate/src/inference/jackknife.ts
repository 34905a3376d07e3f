import { jackknifeInference } from '../../../../shared/statistics/jackknife.ts';
import type { Inference } from '../../../../shared/statistics/inference.ts';

/** A quantity of one model on all rows, or without those of one fold. */
export type WithoutFold = (side: 'c' | 'b', without: number | undefined) => number;

/** Inferences of the candidate's quantity and of its difference to the baseline's, leaving out each fold that has rows. */
export function jackknifeOf(
  folds: readonly number[],
  hasBaseline: boolean,
  quantity: WithoutFold,
): { readonly own: () => Inference; readonly difference?: () => Inference } {
  const difference: WithoutFold = (_, without) => quantity('c', without) - quantity('b', without);
  const made = (of: WithoutFold) => (): Inference =>
    jackknifeInference({
      estimate: of('c', undefined),
      groupEstimates: folds.map((fold) => of('c', fold)),
    });
  return { own: made(quantity), ...(hasBaseline ? { difference: made(difference) } : {}) };
}
