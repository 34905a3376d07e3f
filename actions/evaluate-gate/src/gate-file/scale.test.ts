import { describe, expect, it } from 'vitest';
import { parseGateFile } from './parse.ts';

const gate =
  (rule: string, evaluation = 'evaluation: {id: id, label: y, prediction: p}\n', more = '') =>
  () =>
    parseGateFile(`version: 1\n${evaluation}${more}rules:\n  - {${rule}}\n`, 'gate.yml');

describe('limits of shares', () => {
  it.each([
    ['min', 'metric: accuracy, min: 90', '0.9', '90'],
    ['max-regression', 'metric: f1-macro, max-regression: 5', '0.05', '5'],
    ['max-improvement', 'metric: roc-auc, max-improvement: 10, test: delong', '0.1', '10'],
    ['min', 'metric: top-5-accuracy, min: 95', '0.95', '95'],
  ])('of more than 1 are refused: "%s" of %s', (key, rule, meant, given) => {
    expect(gate(rule)).toThrow(`"${key}" of`);
    expect(gate(rule)).toThrow('is a share of 1 at most');
    const remedy = `Write ${meant} for ${given} percent.`;
    expect(gate(rule)).toThrow(expect.objectContaining({ remedy }));
  });

  it.each([
    ['metric: accuracy, min: 1'],
    ['metric: accuracy, max-regression: 5%'],
    ['metric: mae, max: 90'],
    ['metric: log-loss, max: 3'],
  ])('of their own scale are not: %s', (rule) => {
    expect(gate(rule)).not.toThrow();
  });

  it('are not known of metrics that somebody else computed or the gate file defines', () => {
    expect(gate('metric: accuracy, min: 90', '')).not.toThrow();
    const own = 'metrics: {accuracy: {sql: "100 * avg(y = p)", direction: higher}}\n';
    expect(gate('metric: accuracy, min: 90', undefined, own)).not.toThrow(/share of 1/);
  });
});
