import { describe, expect, it } from 'vitest';
import { exchangeReplicates, guardedByExchange } from './exchange.ts';
import { mcnemarInference } from './mcnemar.ts';
import { multinomialReplicates } from './multinomial.ts';
import { replicateInference } from './replicates.ts';

/** Of rows that: both had right, only the candidate, only the baseline. */
const counts = [180, 4, 16];
const partners = [0, 2, 1];
const accuracyGained = (cells: Float64Array): number => ((cells[1] ?? 0) - (cells[2] ?? 0)) / 200;
const draw = { counts, replicates: 20_000, seed: 7, statistic: accuracyGained };

describe('exchangeReplicates', () => {
  it('keeps the rows of a cell and its partner together, and leaves the others', () => {
    const seen: number[][] = [];
    exchangeReplicates({
      ...draw,
      partners,
      replicates: 50,
      statistic: (cells) => {
        seen.push([...cells]);
        return 0;
      },
    });
    for (const [same, one = NaN, other = NaN] of seen) expect([same, one + other]).toEqual([180, 20]);
    expect(new Set(seen.map(([, one]) => one)).size).toBeGreaterThan(5);
  });

  it('draws nothing where the models agree on all rows', () => {
    const agreed = { ...draw, counts: [180, 0, 0], partners, replicates: 3 };
    expect([...exchangeReplicates(agreed)]).toEqual([0, 0, 0]);
  });
});

describe('guardedByExchange', () => {
  const bootstrap = replicateInference({
    estimate: -0.06,
    replicates: multinomialReplicates(draw),
    seed: 7,
    n: 200,
    method: 'percentile',
  });
  const guarded = guardedByExchange(bootstrap, exchangeReplicates({ ...draw, partners }));

  it('tests a difference at all as the exact test of McNemar does', () => {
    const exact = mcnemarInference({ both: 180, onlyCandidate: 4, onlyBaseline: 16, neither: 0 });
    expect(exact.pLess(0)).toBeCloseTo(0.0059, 4);
    expect(Math.abs(guarded.pLess(0) - exact.pLess(0))).toBeLessThan(0.002);
    expect(guarded.pLess(0)).toBeGreaterThan(bootstrap.pLess(0));
    expect(guarded.pGreater(0)).toBeGreaterThan(0.99);
  });

  it('claims more than a difference at all no easier, and less as before', () => {
    expect(guarded.pLess(-0.001)).toBe(Math.max(guarded.pLess(0), bootstrap.pLess(-0.001)));
    expect(guarded.pLess(-0.05)).toBe(bootstrap.pLess(-0.05));
    expect(guarded.pLess(0.01)).toBe(bootstrap.pLess(0.01));
    expect(guarded.pGreater(-0.1)).toBe(bootstrap.pGreater(-0.1));
    expect(guarded.interval(0.9)).toEqual(bootstrap.interval(0.9));
  });

  it('counts undefined replicates against the claim', () => {
    const undefinedOnes = guardedByExchange(bootstrap, new Float64Array(99).fill(NaN));
    expect([undefinedOnes.pLess(0), undefinedOnes.pGreater(0)]).toEqual([1, 1]);
  });
});
