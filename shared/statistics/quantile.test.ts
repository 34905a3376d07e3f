import { describe, expect, it } from 'vitest';
import { quantile } from './quantile.ts';

describe('quantile', () => {
  // Expected values are numpy's: numpy.quantile(sample, p, method='linear').
  it.each([
    [[3, 1, 2], 0.5, 2],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4], 0.95, 3.8499999999999996],
    [[10, 20, 30, 40, 50], 0.1, 14],
    [[7], 0.95, 7],
    [[5, 1], 0, 1],
    [[5, 1], 1, 5],
    [[-1.5, 2.25, 8, 0], 0.25, -0.375],
  ])('of %j at %d is %d', (sample, probability, expected) => {
    expect(quantile(sample, probability)).toBeCloseTo(expected, 12);
  });

  it('is undefined for an empty sample', () => {
    expect(quantile([], 0.5)).toBeUndefined();
  });

  it('leaves the sample in its order', () => {
    const sample = [3, 1, 2];
    quantile(sample, 0.5);
    expect(sample).toEqual([3, 1, 2]);
  });

  it.each([-0.1, 1.1, NaN])('refuses the probability %d', (probability) => {
    expect(() => quantile([1], probability)).toThrow(RangeError);
  });
});
