import type { Cell } from './cells.ts';

interface Proportion {
  readonly successes: number;
  readonly n: number;
}

/** Of the positive class: among which rows a metric is a share, and of what. */
const SHARES: Readonly<
  Record<string, { among: (y: boolean, c: boolean) => boolean; of: (y: boolean, c: boolean) => boolean }>
> = {
  recall: { among: (y) => y, of: (_, c) => c },
  'false-negative-rate': { among: (y) => y, of: (_, c) => !c },
  specificity: { among: (y) => !y, of: (_, c) => !c },
  'false-positive-rate': { among: (y) => !y, of: (_, c) => c },
  precision: { among: (_, c) => c, of: (y) => y },
  'selection-rate': { among: () => true, of: (_, c) => c },
};

/** The candidate's value as successes among rows, where a metric is one proportion of them; undefined elsewhere. */
export function proportionOf(name: string, cells: readonly Cell[], positive: number): Proportion | undefined {
  const accuracy = name === 'accuracy';
  const share = Object.hasOwn(SHARES, name) ? SHARES[name] : undefined;
  if (!accuracy && (share === undefined || positive < 0)) return undefined;
  let [successes, n] = [0, 0];
  for (const { y, c, n: rows } of cells) {
    const [isPositive, saysPositive] = [y === positive, c === positive];
    if (!accuracy && share?.among(isPositive, saysPositive) !== true) continue;
    n += rows;
    if (accuracy ? y === c : share?.of(isPositive, saysPositive) === true) successes += rows;
  }
  return n === 0 ? undefined : { successes, n };
}
