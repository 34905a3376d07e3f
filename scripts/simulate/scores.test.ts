import { describe, expect, it } from 'vitest';
import { momentsOf } from '../../test/statistics/placements.ts';
import { sourceOf } from './draw.ts';
import {
  brierTruth,
  delongMoments,
  drawAbsoluteErrors,
  drawAreas,
  drawBrierDifferences,
  drawRmse,
  pairedT,
} from './scores.ts';

const ROWS = 100_000;

/** True where a mean of so many rows is as near to the truth as five standard errors. */
function near(
  { estimate, standardError }: { estimate: number; standardError: number | null },
  truth: number,
) {
  return Math.abs(estimate - truth) <= 5 * (standardError ?? NaN);
}

describe('delongMoments', () => {
  it('agrees with the definition over all pairs', () => {
    const { uniform } = sourceOf(5);
    const truth = Uint8Array.from({ length: 60 }, () => (uniform() < 0.4 ? 1 : 0));
    const scores = [0, 1].map(() => Float64Array.from(truth, (label) => label + 3 * uniform()));
    const [candidate, baseline] = [scores[0] ?? new Float64Array(), scores[1] ?? new Float64Array()];
    const wanted = momentsOf({ truth: [...truth], candidate: [...candidate], baseline: [...baseline] });
    const found = delongMoments(truth, candidate, baseline);
    for (const key of Object.keys(wanted) as (keyof typeof wanted)[]) {
      expect(found[key], key).toBeCloseTo(wanted[key], 12);
    }
  });
});

describe('drawn models', () => {
  it('have the areas under the curve that were asked for', () => {
    const { own, difference } = drawAreas(sourceOf(6), ROWS, { candidate: 0.88, baseline: 0.9 });
    expect(near(own, 0.88)).toBe(true);
    expect(near(difference, -0.02)).toBe(true);
    expect(near(difference, 0)).toBe(false);
  });

  it('have the absolute errors that were asked for', () => {
    const inference = pairedT(drawAbsoluteErrors(sourceOf(7), ROWS, { candidate: 1.05, baseline: 1 }));
    expect(near(inference, 0.05 * Math.sqrt(2 / Math.PI))).toBe(true);
    expect(near(inference, 0)).toBe(false);
  });

  it.each([0.5, 0.9, 0.99])('differ in the Brier score as is derived for a share of %d', (p) => {
    expect(near(pairedT(drawBrierDifferences(sourceOf(8), ROWS, p)), brierTruth(p))).toBe(true);
  });

  it('have an RMSE of 1', () => {
    const { own, difference } = drawRmse(sourceOf(9), ROWS, 0.9);
    expect(near(own, 1)).toBe(true);
    expect(near(difference, 0)).toBe(true);
    expect(own.n).toBe(40);
  });
});
