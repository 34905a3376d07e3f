import { describe, expect, it } from 'vitest';
import { histogramOf } from './histogram.ts';
import { replicateInference } from './replicates.ts';

describe('a histogram', () => {
  it('counts each value once, the greatest in the last bin', () => {
    const found = histogramOf(Float64Array.of(0, 0, 1, 2, 9, 10), 5);
    expect(found).toEqual({
      width: 2,
      points: [
        [0, 3],
        [2, 1],
        [8, 2],
      ],
    });
  });

  it('is none of values that are all alike, or of none', () => {
    expect(histogramOf(Float64Array.of(1, 1), 5)).toBeUndefined();
    expect(histogramOf(new Float64Array(0), 5)).toBeUndefined();
    expect(histogramOf(Float64Array.of(-Infinity, 1), 5)).toBeUndefined();
  });

  it('has every replicate of a bootstrap that is defined', () => {
    const replicates = Float64Array.from({ length: 1000 }, (_, index) => Math.sin(index));
    replicates[3] = NaN;
    const { histogram } = replicateInference({
      estimate: 0,
      replicates,
      seed: 1,
      n: 10,
      method: 'percentile',
    });
    const { points = [] } = histogram?.(40) ?? {};
    expect(points.reduce((sum, [, count]) => sum + count, 0)).toBe(999);
    expect(points.length).toBeLessThanOrEqual(40);
  });
});
