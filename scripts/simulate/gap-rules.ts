import type { Inference } from '../../shared/statistics/inference.ts';
import { sourceOf } from './draw.ts';
import { drawGap } from './gaps.ts';

/** Groups of equal size; the first is selected this much more often than each of the others. */
export interface GapScenario {
  readonly groups: number;
  /** Rows of one group. */
  readonly n: number;
  readonly gap: number;
}

/** How often all groups but the first are selected. */
const RATE = 0.3;
const ALPHA = 0.05;
const NOMINAL = 1 - 2 * ALPHA;
const REPLICATES = 2000;
const ROUNDING = 1e-12;

/**
 * Of simulated evaluation sets: how often the intervals cover the true gap, and how often a rule whose limit is the truth
 * itself fails or passes.
 */
export function gapsIn({ groups, n, gap }: GapScenario, draws: number, seed: number): Record<string, number> {
  const source = sourceOf(seed);
  const rates = Array.from({ length: groups }, (_, group) => (group === 0 ? RATE + gap : RATE));
  const leastRatio = RATE / (RATE + gap);
  const hits = new Map<string, number>();
  const count = (what: string, so: boolean): void => void hits.set(what, (hits.get(what) ?? 0) + Number(so));
  for (let draw = 0; draw < draws; draw++) {
    const { difference, ratio } = drawGap(source, n * groups, rates, { seed: draw, replicates: REPLICATES });
    count('difference covered', covers(difference, gap));
    count('difference failed', difference.pGreater(gap) < ALPHA);
    count('difference passed', difference.pLess(gap) < ALPHA);
    count('ratio covered', covers(ratio, leastRatio));
    count('ratio failed', ratio.pLess(leastRatio) < ALPHA);
    count('ratio passed', ratio.pGreater(leastRatio) < ALPHA);
  }
  return Object.fromEntries([...hits].map(([what, found]) => [what, found / draws]));
}

function covers(inference: Inference, truth: number): boolean {
  const [low, high] = inference.interval(NOMINAL);
  return low - ROUNDING <= truth && truth <= high + ROUNDING;
}
