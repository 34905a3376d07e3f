import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import { parseGateFile } from './parse.ts';

const EVALUATION = 'evaluation: {id: id, label: y, prediction: p, labels: [no, yes]}';

const parse = (lines: readonly string[], evaluation = EVALUATION) =>
  parseGateFile(['version: 1', evaluation, ...lines].join('\n'), 'gate.yml');

function refusal(lines: readonly string[], evaluation = EVALUATION): UsageError {
  try {
    parse(lines, evaluation);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${lines.join('\n')}`);
}

const rule = (keys: string): string[] => ['rules:', `  - {${keys}}`];

describe('contradictions', () => {
  it.each([
    [
      'metric: accuracy, min: 0.9, max: 0.8',
      '"min" of rule 1 is 0.9, above "max" (0.8).',
      'No value is both; correct one of the two.',
    ],
    [
      'metric: accuracy, min-improvement: 0.1, max-improvement: 0.05',
      '"max-improvement" of rule 1 is 0.05, not above "min-improvement" (0.1).',
      'No improvement is both; correct one of the two.',
    ],
    [
      'metric: accuracy, min-improvement: 5%, max-improvement: 5%',
      '"max-improvement" of rule 1 is 5%, not above "min-improvement" (5%).',
      'No improvement is both; correct one of the two.',
    ],
    [
      'metric: accuracy, min-improvement: 0.1, max-regression: 0.1',
      '"max-regression" of rule 1 is given beside "min-improvement", which implies it: what must get better may not get worse.',
      'Leave one of the two out.',
    ],
    [
      'metric: accuracy, max-regression: 0.1, test: delong',
      '"test" of rule 1 is "delong", which cannot judge "accuracy".',
      'For "accuracy" accepted: auto, score, mcnemar, bootstrap, bca, jackknife, none.',
    ],
    [
      'metric: roc-auc, max-regression: 0.1, test: mcnemar',
      '"test" of rule 1 is "mcnemar", which cannot judge "roc-auc".',
      'For "roc-auc" accepted: auto, delong, jackknife, none.',
    ],
    [
      'metric: f1, max-regression: 0.1, test: t',
      '"test" of rule 1 is "t", which cannot judge "f1".',
      'For "f1" accepted: auto, bootstrap, bca, jackknife, none.',
    ],
    [
      'metric: mae, max-regression: 0.1, test: score',
      '"test" of rule 1 is "score", which cannot judge "mae".',
      'For "mae" accepted: auto, t, wilcoxon, permutation, bootstrap, bca, jackknife, none.',
    ],
    [
      'metric: r2, min: 0.1, test: bca',
      '"test" of rule 1 is "bca", which cannot judge "r2".',
      'For "r2" accepted: auto, jackknife, none.',
    ],
    [
      'metric: equalized-odds, max: 0.1, fairness: {by: sex, max-difference: 0.1}',
      '"max" of rule 1 is given, and "equalized-odds" is a gap between groups, which only "fairness" bounds.',
      'Write "fairness" with "by" and "max-difference" or "min-ratio".',
    ],
    [
      'metric: model-bytes, max: 5, test: bootstrap',
      '"test" of rule 1 is "bootstrap", which cannot judge "model-bytes".',
      'For "model-bytes" accepted: auto, none.',
    ],
    [
      'metric: accuracy, max-regression: 0.1, test: none, min-effect: 0.1',
      '"min-effect" of rule 1 is given, and its test is "none": points are compared, and no effect is tested.',
      'Leave "min-effect" out, or let a test judge ("test: auto").',
    ],
    [
      'metric: accuracy, min: 0.1, min-effect: 0.1',
      '"min-effect" of rule 1 is given, and nothing is compared with the baseline.',
      'Leave it out, or add "max-regression", "min-improvement" or "max-improvement".',
    ],
    [
      'metric: cost, max: 1',
      '"metric" of rule 1 is "cost", and the gate file has no "utility" to compute it from.',
      'Add "utility" with a currency and what each kind of error costs.',
    ],
    [
      'metric: model-bytes, max: 1, slices: [country]',
      '"slices" of rule 1 is given, and "model-bytes" is measured on no rows that could be cut.',
      'Leave it out; such a metric is measured once for the model.',
    ],
    [
      'metric: model-bytes, fairness: {by: sex, min-ratio: 0.8}',
      '"fairness" of rule 1 is given, and "model-bytes" is measured on no rows that could be cut.',
      'Leave it out; such a metric is measured once for the model.',
    ],
  ])('refuse %s', (keys, message, remedy) => {
    const error = refusal(rule(keys));
    expect(error.message).toBe(`gate.yml:4: ${message}`);
    expect(error.remedy).toBe(remedy);
    expect(error.where).toEqual({ file: 'gate.yml', line: 4 });
  });

  it.each([
    'metric: accuracy, min: 0.8, max: 0.8',
    'metric: accuracy, min-improvement: 0.1, max-improvement: 5%',
    'metric: accuracy, min-improvement: 0, max-improvement: 0.1',
    'metric: accuracy, max-regression: 0.1, max-improvement: 0.1',
    'metric: accuracy, max-regression: 0.1, test: score',
    'metric: roc-auc, max-regression: 0.1, test: delong',
    'metric: f1, max-regression: 0.1, test: bca',
    'metric: quantile-loss-0.5, max-regression: 0.1, test: wilcoxon',
    'metric: top-3-accuracy, max-regression: 0.1, test: permutation',
    'metric: rouge-l, direction: higher, max-regression: 0.1, test: t',
    'metric: equalized-odds, fairness: {by: sex, max-difference: 0.1}',
    'metric: log-loss, max-regression: 0.1, test: permutation',
    'metric: accuracy, max-improvement: 0.1, min-effect: 0.001',
    'metric: accuracy, max-regression: 0.1, test: none, slices: [country]',
  ])('are not seen in %s', (keys) => {
    expect(parse(rule(keys)).rules).toHaveLength(1);
  });

  it('name the default where it does not fit', () => {
    const error = refusal([
      'defaults: {test: delong}',
      ...rule('metric: roc-auc, min: 0.8'),
      '  - {metric: f1, min: 0}',
    ]);
    expect(error.message).toBe('gate.yml:3: "defaults.test" is "delong", which cannot judge "f1" of rule 2.');
  });

  it('are all told, by line', () => {
    const error = refusal([
      'rules:',
      '  - {metric: f1, min: 0.9, max: 0.8}',
      '  - {metric: accuracy, min: 0.5, test: delong}',
    ]);
    expect(error.message).toBe(
      'gate.yml:4: "min" of rule 1 is 0.9, above "max" (0.8). Further problems: line 5: "test" of rule 2 is "delong", which cannot judge "accuracy".',
    );
  });
});

describe('a rule twice', () => {
  const two = (first: string, second: string): string[] => ['rules:', `  - {${first}}`, `  - {${second}}`];

  it.each([
    ['metric: accuracy, min: 0.8', 'metric: accuracy, min: 0.9', 'the minimum of "accuracy" is'],
    [
      'metric: f1, max-regression: 0.1, slices: [a, b]',
      'metric: f1, max-regression: 1%, slices: [b, a], test: bca',
      'the max-regression of "f1" for a, b is',
    ],
    [
      'metric: f1, fairness: {by: sex, min-ratio: 0.8}, slices: [a]',
      'metric: f1, fairness: {by: sex, min-ratio: 0.9}',
      'the min-ratio of "f1" for sex is',
    ],
  ])('is refused: %s', (first, second, message) => {
    const error = refusal(two(first, second));
    expect(error.message).toBe(`gate.yml:5: ${message} bounded a second time, first in line 4.`);
    expect(error.remedy).toContain('Keep one of the two');
  });

  it.each([
    ['another metric', 'metric: accuracy, min: 0.8', 'metric: f1, min: 0.8'],
    ['another mode', 'metric: accuracy, min: 0.8', 'metric: accuracy, max: 0.9'],
    ['other slices', 'metric: accuracy, min: 0.8', 'metric: accuracy, min: 0.6, slices: [country]'],
    ['another severity', 'metric: accuracy, min: 0.8', 'metric: accuracy, min: 0.9, severity: warning'],
    [
      'other groups',
      'metric: f1, fairness: {by: sex, min-ratio: 0.8}',
      'metric: f1, fairness: {by: age, min-ratio: 0.8}',
    ],
  ])('is none with %s', (_, first, second) => {
    expect(parse(two(first, second)).rules).toHaveLength(2);
  });

  it('is one with a budget', () => {
    const lines = ['budget: {model-bytes: 1MB}', ...rule('metric: model-bytes, max: 5')];
    expect(refusal(lines).message).toContain(
      'gate.yml:3: the maximum of "model-bytes" is bounded a second time',
    );
  });
});

describe('what is computed from predictions', () => {
  it.each([
    ['"slices"', ['slices: {a: {column: a}}', ...rule('metric: r2, min: 0')], 3],
    ['"metrics"', ['metrics: {a: {column: a, direction: lower}}', ...rule('metric: r2, min: 0')], 3],
    [
      '"utility"',
      [
        'utility: {currency: EUR, costs: [{label: no, prediction: yes, cost: 1}]}',
        ...rule('metric: r2, min: 0'),
      ],
      3,
    ],
    ['"slices" of rule 1', rule('metric: r2, min: 0, slices: [country]'), 4],
    ['"fairness" of rule 1', rule('metric: r2, fairness: {by: sex, min-ratio: 0.9}'), 4],
  ])('needs their columns: %s', (name, lines, line) => {
    const error = refusal(lines, '# none');
    expect(error.message).toBe(
      `gate.yml:${line}: ${name} is computed from predictions, and there is no "evaluation" to name their columns.`,
    );
    expect(error.remedy).toContain('Add "evaluation"');
    expect(parse(lines).rules).toHaveLength(1);
  });
});

describe('rules that no model can keep together', () => {
  it.each([
    [
      ['{metric: accuracy, min: 0.9}', '{metric: accuracy, max: 0.1, severity: warning}'],
      'gate.yml:4: the minimum of "accuracy" is 0.9, above its maximum of 0.1 in line 5.',
    ],
    [
      ['{metric: accuracy, max-improvement: 5%}', '{metric: accuracy, min-improvement: 10%}'],
      'gate.yml:5: the min-improvement of "accuracy" is 10%, above its max-improvement of 5% in line 4.',
    ],
  ])('%j', (rules, message) => {
    expect(refusal(['rules:', ...rules.map((text) => `  - ${text}`)]).message).toBe(message);
  });

  it('are not those of two metrics, of two units, or with room between them', () => {
    const rules = [
      '{metric: accuracy, min: 0.9}',
      '{metric: kappa, max: 0.1}',
      '{metric: accuracy, max: 0.95}',
      '{metric: kappa, min-improvement: 10%}',
      '{metric: kappa, max-improvement: 0.05}',
    ];
    expect(parse(['rules:', ...rules.map((text) => `  - ${text}`)]).rules).toHaveLength(5);
  });
});
