import { describe, expect, it } from 'vitest';
import { isConfusionMetric } from '../../../../shared/statistics/confusion-metrics.ts';
import { parseParameterised, STANDARD_METRICS, standardMetric } from './catalog.ts';

describe('standardMetric', () => {
  it.each([
    ['accuracy', 'higher', 'classification'],
    ['f1', 'higher', 'binary'],
    ['f0.5', 'higher', 'binary'],
    ['f2-macro', 'higher', 'classification'],
    ['false-positive-rate', 'lower', 'binary'],
    ['brier', 'lower', 'scores'],
    ['top-5-accuracy', 'higher', 'scores'],
    ['quantile-loss-0.9', 'lower', 'regression'],
    ['bias', undefined, 'regression'],
    ['hamming-loss', 'lower', 'multilabel'],
    ['cost', 'lower', 'utility'],
    ['latency-p95-ms', 'lower', 'budget'],
  ])('knows %s', (name, direction, family) => {
    expect(standardMetric(name)).toEqual({ direction, family });
  });

  it.each([
    'f0',
    'f0.5-samples',
    'f-1',
    'fx',
    'f1e3',
    'quantile-loss-1',
    'quantile-loss-0.0',
    'quantile-loss-1.5',
    'quantile-loss',
    'top-0-accuracy',
    'top-1.5-accuracy',
    'Accuracy',
    'toString',
    '__proto__',
  ])('does not know %s', (name) => {
    expect(standardMetric(name)).toBeUndefined();
  });

  it('reads the number in a name', () => {
    expect(parseParameterised('f2-weighted')).toEqual({ kind: 'f-beta', beta: 2, average: 'weighted' });
    expect(parseParameterised('f0.5')).toEqual({ kind: 'f-beta', beta: 0.5, average: undefined });
    expect(parseParameterised('quantile-loss-0.05')).toEqual({ kind: 'quantile-loss', quantile: 0.05 });
    expect(parseParameterised('top-3-accuracy')).toEqual({ kind: 'top-k-accuracy', k: 3 });
    expect(parseParameterised('f1')).toBeUndefined();
  });

  it('names no metric of classes that the statistics do not know', () => {
    const ofClasses = [...STANDARD_METRICS].flatMap(([name, { family }]) =>
      family === 'classification' || family === 'binary' ? [name] : [],
    );
    // The one that has two names.
    expect(ofClasses.filter((name) => !isConfusionMetric(name))).toEqual(['true-positive-rate']);
  });
});
