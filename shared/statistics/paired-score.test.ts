import { describe, expect, it } from 'vitest';
import { mcnemarInference } from './mcnemar.ts';
import { pairedScoreInference } from './paired-score.ts';

const identical = { both: 90, onlyCandidate: 0, onlyBaseline: 0, neither: 10 };

describe('pairedScoreInference', () => {
  it('knows little of models that never differ in few rows, more in many', () => {
    const few = pairedScoreInference(identical);
    expect(few.estimate).toBe(0);
    expect(few.pGreater(0)).toBe(0.5);
    expect(few.pGreater(-0.01)).toBeGreaterThan(0.1);
    expect(few.standardError).toBeCloseTo(1 / 101, 9);
    const many = pairedScoreInference({ ...identical, both: 99_990 });
    expect(many.pGreater(-0.01)).toBeLessThan(1e-9);
  });

  it('is symmetric in the models', () => {
    const forward = pairedScoreInference({ both: 60, onlyCandidate: 9, onlyBaseline: 4, neither: 27 });
    const backward = pairedScoreInference({ both: 60, onlyCandidate: 4, onlyBaseline: 9, neither: 27 });
    const [low, high] = forward.interval(0.9);
    expect(backward.interval(0.9)[0]).toBeCloseTo(-high, 12);
    expect(backward.interval(0.9)[1]).toBeCloseTo(-low, 12);
    expect(backward.pLess(0.02)).toBeCloseTo(forward.pGreater(-0.02), 12);
    expect(forward.details).toEqual({ discordant: [9, 4] });
  });

  it('rejects differences that there cannot be', () => {
    const one = pairedScoreInference({ both: 0, onlyCandidate: 0, onlyBaseline: 7, neither: 0 });
    expect(one.estimate).toBe(-1);
    expect([-1.5, -1, 1.5].map((value) => one.pGreater(value))).toEqual([0, 0.5, 1]);
    expect([-1.5, 1, 1.5].map((value) => one.pLess(value))).toEqual([1, 0, 0]);
    expect(one.interval(0.9)[0]).toBe(-1);
  });

  it('has McNemar’s statistic at margin 0', () => {
    const inference = pairedScoreInference({ both: 60, onlyCandidate: 16, onlyBaseline: 9, neither: 15 });
    // (16 - 9) / sqrt(16 + 9) = 1.4
    expect(inference.pGreater(0)).toBeCloseTo(0.08075665923377107, 12);
  });

  it.each([
    { both: 0, onlyCandidate: 0, onlyBaseline: 0, neither: 0 },
    { both: 3, onlyCandidate: -1, onlyBaseline: 0, neither: 0 },
    { both: 3, onlyCandidate: NaN, onlyBaseline: 0, neither: 0 },
  ])('refuses %j', (counts) => {
    expect(() => pairedScoreInference(counts)).toThrow(RangeError);
  });
});

describe('mcnemarInference', () => {
  it('has no evidence in models that never differ', () => {
    const inference = mcnemarInference(identical);
    expect([inference.pGreater(0), inference.pLess(0)]).toEqual([1, 1]);
  });

  it('is Tango’s at other margins', () => {
    const counts = { both: 60, onlyCandidate: 16, onlyBaseline: 9, neither: 15 };
    const [exact, score] = [mcnemarInference(counts), pairedScoreInference(counts)];
    expect(exact.pGreater(-0.05)).toBe(score.pGreater(-0.05));
    expect(exact.pLess(0.05)).toBe(score.pLess(0.05));
    expect(exact.method).toBe('exact McNemar');
  });
});
