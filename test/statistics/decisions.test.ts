import { describe, expect, it } from 'vitest';
import { confusionMetric } from '../../shared/statistics/confusion-metrics.ts';
import { benjaminiHochberg, holm } from '../../shared/statistics/corrections.ts';
import { detectableEffect, neededRows } from '../../shared/statistics/power.ts';
import { expected, expectNear } from './expected.ts';

describe('corrections', () => {
  it.each(expected.corrections)('agree with statsmodels on $p', (wanted) => {
    holm(wanted.p).forEach((value, index) => {
      expectNear(value, wanted.holm[index] ?? NaN);
    });
    benjaminiHochberg(wanted.p).forEach((value, index) => {
      expectNear(value, wanted.benjaminiHochberg[index] ?? NaN);
    });
  });
});

describe('power', () => {
  it.each(expected.power)('agrees with statsmodels at $distance', (wanted) => {
    expect(neededRows(wanted)).toBe(Math.ceil(wanted.neededRows));
    expectNear(detectableEffect(wanted), wanted.detectable);
  });
});

describe('confusionMetric', () => {
  it.each(expected.confusion)(
    'agrees with scikit-learn and fairlearn on $matrix',
    ({ matrix, ...wanted }) => {
      for (const [name, value] of Object.entries(wanted.metrics)) {
        const actual = confusionMetric(name, { ...wanted, matrix: Float64Array.from(matrix) });
        if (value === null) expect(actual, name).toBeUndefined();
        else expectNear(actual ?? NaN, value);
      }
    },
  );
});
