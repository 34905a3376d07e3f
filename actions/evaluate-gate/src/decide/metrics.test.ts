import { describe, expect, it } from 'vitest';
import { formatApart, formatNumber, mergeMetrics, whyMissing } from './metrics.ts';

describe('mergeMetrics', () => {
  it('prefers what was computed, and says where the report differs', () => {
    const { metrics, notices } = mergeMetrics({
      computed: new Map([
        ['accuracy', { value: 0.95, n: 20 }],
        ['f1', { value: 0.5, n: 20 }],
        ['roc-auc', { value: null, n: 20, reason: 'a class has no rows' }],
      ]),
      notComputed: new Map([
        ['mae', 'the labels are taken for classes'],
        ['log-loss', 'it needs scores'],
      ]),
      reported: new Map([
        ['accuracy', 0.98],
        ['f1', 0.5 + 1e-9],
        ['roc-auc', 0.99],
        ['log-loss', 0.3],
        ['gone', null],
        ['nan', NaN],
      ]),
      reporter: 'The training',
    });
    expect(notices).toEqual([
      'The training reported accuracy 0.98, the predictions give 0.95; the latter counts.',
    ]);
    expect(metrics.get('accuracy')).toEqual({ value: 0.95, n: 20 });
    expect(metrics.get('roc-auc')?.value).toBeNull();
    expect(metrics.get('log-loss')).toEqual({ value: 0.3, n: null });
    expect(metrics.get('mae')).toEqual({ value: null, n: null, reason: 'the labels are taken for classes' });
    expect(metrics.get('gone')).toEqual({ value: null, n: null, reason: 'The training reported no number' });
    expect(metrics.get('nan')?.value).toBeNull();
  });
});

describe('whyMissing', () => {
  it('names the reason, else the nearest metric', () => {
    const metrics = new Map([
      ['accuracy', { value: 1, n: 1 }],
      ['gone', { value: null, n: null, reason: 'it is null' }],
      ['odd', { value: null, n: null }],
    ]);
    expect(whyMissing('gone', metrics)).toBe('it is null');
    expect(whyMissing('odd', metrics)).toBe('it is not defined');
    expect(whyMissing('acuracy', metrics)).toBe(
      'it was not measured. Did you mean "accuracy"? Measured: accuracy',
    );
    expect(whyMissing('a', new Map())).toBe('nothing was measured');
  });
});

describe('formatNumber', () => {
  it.each([
    [0.94444, '0.9444'],
    [0.9, '0.9'],
    [120, '120'],
    [-0.00000001, '-1.000e-8'],
    [0, '0'],
    [-0, '0'],
    [2e10, '2.000e+10'],
    [-1.5, '-1.5'],
  ])('%s reads %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('adds decimals until two numbers differ', () => {
    expect(formatApart(0.010004, 0.01)).toBe('0.010004');
    expect(formatApart(0.5, 0.5)).toBe('0.5');
    expect(formatApart(0.1 + 0.2, 0.3)).toBe('0.3');
    expect(formatApart(0.30000000001, 0.3)).toBe('0.30000000001');
    expect(formatApart(0, 1e-7)).toBe('0');
  });
});
