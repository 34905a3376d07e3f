import { describe, expect, it } from 'vitest';
import { replicateInference } from './replicates.ts';

const NAMES = ['percentile', 'bca'] as const;
const given = { estimate: 0, seed: 7, n: 100 };
const ramp = Float64Array.from({ length: 999 }, (_, i) => (i - 499) / 1000);

describe('replicateInference', () => {
  it.each(NAMES)('counts the sample itself, so that no p is 0: %s', (method) => {
    const inference = replicateInference({ ...given, replicates: ramp, method });
    expect(inference.pGreater(-9)).toBeCloseTo(1 / 1000, 12);
    expect(inference.pLess(9)).toBeCloseTo(1 / 1000, 12);
    expect([inference.pGreater(9), inference.pLess(-9)]).toEqual([1, 1]);
    expect(inference.pGreater(0)).toBeGreaterThan(0.49);
    expect(inference.details).toEqual({ seed: 7, replicates: 999, undefinedReplicates: 0 });
  });

  it.each(NAMES)('finds no evidence in replicates that never differ: %s', (method) => {
    const inference = replicateInference({ ...given, replicates: new Float64Array(99), method });
    expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
    expect(inference.pGreater(-0.01)).toBeCloseTo(0.01, 12);
    expect(inference.interval(0.9)).toEqual([0, 0]);
    expect(inference.standardError).toBe(0);
  });

  it.each(NAMES)('answers for an estimate beyond all its replicates: %s', (method) => {
    const inference = replicateInference({ ...given, estimate: 5, replicates: ramp, method });
    const [low, high] = inference.interval(0.9);
    expect(low).toBeLessThanOrEqual(high);
    expect(inference.pGreater(0)).toBeGreaterThan(0);
  });

  it('counts undefined replicates for whatever a test wants to reject', () => {
    const replicates = ramp.slice();
    replicates.fill(NaN, 0, 9);
    const inference = replicateInference({ ...given, replicates, method: 'percentile' });
    expect(inference.details.undefinedReplicates).toBe(9);
    expect(inference.pGreater(-9)).toBeCloseTo(10 / 1000, 12);
    expect(inference.pLess(9)).toBeCloseTo(10 / 1000, 12);
    expect(inference.pGreater(9)).toBe(1);
  });

  it('refuses more than 1 % of undefined replicates, and none at all', () => {
    const replicates = ramp.slice();
    replicates.fill(NaN, 0, 10);
    const of = (values: Float64Array) => () =>
      replicateInference({ ...given, replicates: values, method: 'percentile' });
    expect(of(replicates)).toThrow('not defined in 10 of 999 bootstrap samples');
    expect(of(new Float64Array())).toThrow(RangeError);
    expect(of(Float64Array.of(1))().standardError).toBe(0);
  });

  it('moves the interval towards the long tail', () => {
    const bca = { ...given, replicates: ramp, method: 'bca' } as const;
    const [plain, right, left] = [0, 0.1, -0.1].map((acceleration) =>
      replicateInference({ ...bca, acceleration }).interval(0.9),
    );
    expect(right?.[1]).toBeGreaterThan(plain?.[1] ?? NaN);
    expect(left?.[0]).toBeLessThan(plain?.[0] ?? NaN);
  });

  it('ends at the replicates where the correction passes its pole', () => {
    const bca = { ...given, replicates: ramp, method: 'bca' } as const;
    const right = replicateInference({ ...bca, acceleration: 2 });
    expect(right.interval(0.9)[1]).toBe(ramp.at(-1));
    expect(right.pGreater(-0.45)).toBeCloseTo(1 / 1000, 12);
    const left = replicateInference({ ...bca, acceleration: -2 });
    expect(left.interval(0.9)[0]).toBe(ramp[0]);
    expect(left.pGreater(0.45)).toBe(1);
  });
});
