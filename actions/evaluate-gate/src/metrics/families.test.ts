import { describe, expect, it } from 'vitest';
import { parseGateFile } from '../gate-file/parse.ts';
import type { GateRule } from '../gate-file/gate-file.ts';
import { asksForSets, chooseFamilies, notComputed } from './families.ts';

const WHOLE = { labels_no_number: 0, fractional_labels: 0 };
const FRACTIONS = { labels_no_number: 0, fractional_labels: 3 };

function families(metric: string, evaluation: string, counts: Record<string, number>) {
  const text = `version: 1\nevaluation: {id: i, label: y, prediction: p${evaluation}}\nrules: [{metric: ${metric}, direction: ${
    ['mae', 'rmse', 'log-loss', 'own'].includes(metric) ? 'lower' : 'higher'
  }, max: 1, test: none}]`;
  const gate = parseGateFile(text, 'gate.yml');
  if (gate.evaluation === undefined) throw new Error('no evaluation');
  return chooseFamilies(gate.rules, gate.evaluation, counts);
}

describe('chooseFamilies', () => {
  it.each([
    ['accuracy', '', FRACTIONS, { classification: true, scored: false, regression: false }],
    ['mae', '', WHOLE, { classification: false, scored: false, regression: true }],
    ['mae', ', positive: 1', WHOLE, { classification: true, scored: false, regression: true }],
    [
      'roc-auc',
      ', positive: 1, scores: [s]',
      WHOLE,
      { classification: true, scored: true, regression: false },
    ],
    ['own', '', FRACTIONS, { classification: false, scored: false, regression: true }],
    ['own', '', WHOLE, { classification: true, scored: false, regression: false }],
    [
      'own',
      '',
      { labels_no_number: 1, fractional_labels: 3 },
      { classification: true, scored: false, regression: false },
    ],
  ])('%s with %s', (metric, evaluation, counts, expected) => {
    expect(families(metric, evaluation, counts)).toEqual(expected);
  });
});

describe('chooseFamilies, where the gate file defines metrics', () => {
  const rule = (metric: string): GateRule => ({
    metric,
    direction: 'higher',
    bounds: [],
    severity: 'error',
    onMissing: 'error',
    onInconclusive: undefined,
    test: 'none',
    alpha: 0.05,
    minEffect: 0,
    slices: [],
    minSliceSize: 50,
    by: undefined,
    line: 1,
  });
  const evaluation = {
    predictions: undefined,
    id: 'i',
    label: 'y',
    prediction: 'p',
    scores: [],
    positive: undefined,
    labels: undefined,
    weight: undefined,
    group: undefined,
    lines: {},
  };
  const defined = [{ name: 'quality', direction: 'higher', line: 1, kind: 'column', column: 'q' }] as const;
  const none = { classification: false, scored: false, regression: false };

  it.each([
    [['quality'], none],
    [['quality', 'model-bytes'], none],
    [['quality', 'accuracy'], { ...none, classification: true }],
    [['quality', 'reported'], { ...none, classification: true }],
    [['model-bytes'], { ...none, classification: true }],
    [['quality', 'quantile-loss-0.9'], { ...none, regression: true }],
  ])('%j', (metrics, expected) => {
    expect(chooseFamilies(metrics.map(rule), evaluation, WHOLE, { defined })).toEqual(expected);
  });

  it('computes metrics of sets of classes where labels are sets', () => {
    const rules = [rule('f1-micro')];
    expect(asksForSets(rules)).toBe(false);
    expect(asksForSets([rule('hamming-loss')])).toBe(true);
    expect(chooseFamilies(rules, evaluation, WHOLE, { multilabel: true })).toEqual({
      ...none,
      multilabel: true,
    });
  });
});

describe('notComputed', () => {
  it('gives a reason for each standard metric that is left out', () => {
    const classes = notComputed({ classification: true, scored: false, regression: false }, undefined);
    expect([...classes.keys()]).toEqual([
      'precision',
      'recall',
      'f1',
      'true-positive-rate',
      'specificity',
      'false-positive-rate',
      'false-negative-rate',
      'selection-rate',
      'roc-auc',
      'pr-auc',
      'log-loss',
      'brier',
      'ece',
      'mae',
      'rmse',
      'mape',
      'r2',
      'bias',
      'subset-accuracy',
      'hamming-loss',
      'f1-samples',
      'jaccard',
      'cost',
    ]);
    expect(classes.get('f1')).toContain('"positive"');
    const numbers = notComputed({ classification: false, scored: true, regression: true }, '1');
    expect(numbers.get('accuracy')).toContain('no classes');
    expect(numbers.has('mae')).toBe(false);
    const sets = { classification: false, scored: false, regression: false, multilabel: true };
    const ofSets = notComputed(sets, undefined, ['f0.5', 'quantile-loss-0.5', 'own']);
    expect(ofSets.get('f0.5')).toContain('sets of classes');
    expect(ofSets.get('quantile-loss-0.5')).toContain('sets of classes');
    expect([ofSets.has('own'), ofSets.has('f1-macro'), ofSets.has('model-bytes')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
