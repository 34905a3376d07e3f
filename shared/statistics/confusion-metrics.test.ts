import { describe, expect, it } from 'vitest';
import { confusionMetric, confusionStatistic, isConfusionMetric } from './confusion-metrics.ts';

const NAMES = [
  ...['accuracy', 'balanced-accuracy', 'precision', 'recall', 'f1', 'f0.5', 'f2', 'f10', 'specificity'],
  ...['precision-macro', 'recall-weighted', 'f1-micro', 'f2-macro'],
  ...['false-positive-rate', 'false-negative-rate', 'selection-rate', 'mcc', 'kappa'],
];
const binary = { labels: 2, positive: 1, matrix: Float64Array.of(50, 10, 5, 35) };

describe('isConfusionMetric', () => {
  it('knows its names, and no others', () => {
    expect(NAMES.filter((name) => !isConfusionMetric(name))).toEqual([]);
    const others = [
      'constructor',
      'toString',
      'f',
      'f-1',
      'f1-',
      'f1.',
      'mcc-macro',
      'specificity-macro',
      'F1',
      'roc-auc',
    ];
    expect(others.filter(isConfusionMetric)).toEqual([]);
  });
});

describe('confusionMetric', () => {
  it('refuses a name that it does not know', () => {
    expect(() => confusionMetric('roc-auc', binary)).toThrow('roc-auc is no metric');
  });

  it('leaves every metric undefined where there is no row', () => {
    for (const name of NAMES) {
      expect(confusionMetric(name, { ...binary, matrix: new Float64Array(4) }), name).toBeUndefined();
    }
  });

  it('needs a positive class for its own metrics alone', () => {
    const without = NAMES.filter(
      (name) => confusionMetric(name, { ...binary, positive: undefined }) === undefined,
    );
    expect(without).toEqual([
      ...['precision', 'recall', 'f1', 'f0.5', 'f2', 'f10', 'specificity'],
      ...['false-positive-rate', 'false-negative-rate', 'selection-rate'],
    ]);
  });

  it('leaves a rate of no rows undefined', () => {
    const of = (name: string, ...matrix: number[]): number | undefined =>
      confusionMetric(name, { ...binary, matrix: Float64Array.from(matrix) });
    expect(of('specificity', 0, 0, 1, 3)).toBeUndefined();
    expect(of('false-positive-rate', 0, 0, 1, 3)).toBeUndefined();
    expect(of('false-negative-rate', 1, 3, 0, 0)).toBeUndefined();
    expect(of('kappa', 0, 0, 0, 3)).toBeUndefined();
    expect(of('recall', 1, 3, 0, 0)).toBe(0);
    expect(of('mcc', 0, 0, 0, 3)).toBe(0);
  });
});

describe('confusionStatistic', () => {
  it('reads each matrix anew', () => {
    const f1 = confusionStatistic('f1', binary);
    expect(f1(binary.matrix)).toBeCloseTo(70 / 85, 12);
    expect(f1(Float64Array.of(0, 0, 0, 1))).toBe(1);
  });
});
