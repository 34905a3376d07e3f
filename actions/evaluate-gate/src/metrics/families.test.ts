import { describe, expect, it } from 'vitest';
import { parseGateFile } from '../gate-file/parse.ts';
import { chooseFamilies, notComputed } from './families.ts';

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

describe('notComputed', () => {
  it('gives a reason for each standard metric that is left out', () => {
    const classes = notComputed({ classification: true, scored: false, regression: false }, undefined);
    expect([...classes.keys()]).toEqual([
      'precision',
      'recall',
      'f1',
      'roc-auc',
      'log-loss',
      'mae',
      'rmse',
      'r2',
    ]);
    expect(classes.get('f1')).toContain('"positive"');
    const numbers = notComputed({ classification: false, scored: true, regression: true }, '1');
    expect(numbers.get('accuracy')).toContain('no classes');
    expect(numbers.has('mae')).toBe(false);
  });
});
