import type { Utility } from '../gate-file/gate-file.ts';
import type { Cell } from './classification.ts';

/** What the errors of one row cost in the mean; pairs that are not listed cost nothing. */
export function costOf(cells: readonly Cell[], { costs }: Utility): number {
  const prices = new Map(
    costs.map(({ label, prediction, cost }) => [JSON.stringify([label, prediction]), cost]),
  );
  let total = 0;
  let weights = 0;
  for (const { label, prediction, weight } of cells) {
    total += weight * (prices.get(JSON.stringify([label, prediction])) ?? 0);
    weights += weight;
  }
  return total / weights;
}
