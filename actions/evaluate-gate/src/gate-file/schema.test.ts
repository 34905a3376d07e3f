import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isExpected } from '../../../../shared/errors.ts';
import { parseGateFile } from './parse.ts';

const ROOT = resolve(import.meta.dirname, '../../../..');
let validate: ValidateFunction;
beforeAll(async () => {
  const text = await readFile(resolve(ROOT, 'schemas/gate-file.schema.json'), 'utf8');
  validate = new Ajv2020({ strict: false }).compile(
    z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
  );
});

function accepted(text: string): boolean {
  try {
    parseGateFile(text, 'gate.yml');
    return true;
  } catch (error) {
    if (isExpected(error)) return false;
    throw error;
  }
}

const RULE = 'rules: [{metric: accuracy, min: 0.8}]';
const gate = (...lines: readonly string[]): string =>
  ['version: 1', 'evaluation: {id: id, label: y, prediction: p}', ...lines].join('\n');
const evaluation = (keys: string): string =>
  `version: 1\nevaluation: {id: id, label: y, prediction: p, ${keys}}\n${RULE}`;
const rule = (keys: string): string => gate(`rules: [{metric: accuracy, ${keys}}]`);

/** That of facts/gate.md, and one with every other key. */
const CANONICAL = `
version: 1
defaults: {alpha: 0.05, power: 0.8, seed: 7, replicates: 2000, on-inconclusive: warn, min-slice-size: 50, min-cell-size: 10}
evaluation: {predictions: predictions.parquet, id: id, label: y_true, prediction: y_pred, scores: [p0, p1], labels: [0, 1], weight: null}
baseline: {from: production, on-no-baseline: allow}
rules:
  - {metric: accuracy, min: 0.80, max-regression: 0.01, test: auto, slices: [country, age_band], severity: error}
  - {metric: roc-auc, max-regression: 0.005, max-improvement: 0.10, test: delong}
  - {metric: false-negative-rate, fairness: {by: sex, max-difference: 0.05}}
  - {metric: latency-p95-ms, direction: lower, max: 120, test: none, severity: warning}
negative-control: true
`;
const EVERY_KEY = `
version: 1
defaults: {min-effect: 0.001, test: bootstrap}
evaluation:
  {id: id, label: y, prediction: p, scores: [s], positive: true, labels: [false, true], weight: w, group: g,
   rows: eval.csv, rows-sha256: "${'a'.repeat(64)}", features: [x, "y_*"], outputs: {prediction: a, scores: b},
   accept-self-reported: false}
baseline: {from: "branch:release/2"}
slices:
  country: {column: c, values: [NO, SE]}
  age: {column: age, bins: [18, 65]}
  new: {where: "d > 1"}
  both: {all: [country, age]}
metrics:
  rouge: {column: r, direction: higher}
  wins: {preference: w}
  late: {sql: avg(d), direction: lower}
utility: {currency: EUR, costs: [{label: true, prediction: false, cost: 5}]}
budget: {model-bytes: 10MiB, training-energy-kwh: 3}
rules:
  - {metric: f0.5, min-improvement: 1%, min-effect: 0.1, alpha: 0.1, min-slice-size: 5, on-missing: warn, on-inconclusive: fail}
  - {metric: quantile-loss-0.9, max-improvement: 0.1, slices: [both, new], test: t}
  - {metric: cost, max: 1}
negative-control: false
self-waiver: true
`;

describe('the published JSON Schema', () => {
  it.each([
    ['the canonical file', CANONICAL],
    ['a file with every key', EVERY_KEY],
    ['the shortest', `version: 1\n${RULE}`],
    ['a budget alone', 'version: 1\nbudget: {model-bytes: 5}'],
    ['a rule of before', gate('rules: [{metric: f1-macro, max-regression: 0.01, test: none}]')],
    ['a run as baseline', gate('baseline: {from: "run:12"}', RULE)],
  ])('accepts what the parser accepts: %s', (_, text) => {
    expect(accepted(text)).toBe(true);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  it('accepts the gate file of the example', async () => {
    const text = await readFile(resolve(ROOT, 'examples/digits/gate.yaml'), 'utf8');
    expect(accepted(text)).toBe(true);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['no version', RULE],
    ['another version', `version: 2\n${RULE}`],
    ['no rule', 'version: 1'],
    ['no rule in a list', 'version: 1\nrules: []'],
    ['an empty budget', 'version: 1\nbudget: {}'],
    ['an unknown key', `version: 1\nrule: 5\n${RULE}`],
    ['an unknown default', gate('defaults: {aplha: 0.1}', RULE)],
    ['alpha of 0', gate('defaults: {alpha: 0}', RULE)],
    ['alpha of 0.5', rule('min: 0.1, alpha: 0.5')],
    ['power of 1', gate('defaults: {power: 1}', RULE)],
    ['few replicates', gate('defaults: {replicates: 199}', RULE)],
    ['a fraction of a seed', gate('defaults: {seed: 0.5}', RULE)],
    ['an unknown baseline', gate('baseline: {from: main}', RULE)],
    ['a baseline of two dots', gate('baseline: {from: "branch:a..b"}', RULE)],
    ['no bound', rule('severity: error')],
    ['a regression beside an improvement', rule('max-regression: 0.1, min-improvement: 0.1')],
    ['a share as minimum', rule('min: 80%')],
    ['a limit with a sign', rule('max-regression: -1')],
    ['an unknown test', rule('min: 0.1, test: chi2')],
    ['fairness without a limit', rule('fairness: {by: sex}')],
    ['a ratio above 1', rule('fairness: {by: sex, min-ratio: 1.1}')],
    ['a slice of nothing', gate('slices: {a: {}}', RULE)],
    ['a slice of two kinds', gate('slices: {a: {column: a, where: b}}', RULE)],
    ['values and bins', gate('slices: {a: {column: a, values: [1], bins: [1]}}', RULE)],
    ['bins of no column', gate('slices: {a: {where: a, bins: [1]}}', RULE)],
    ['a name of two lines', gate('slices: {"a\\nb": {column: a}}', RULE)],
    ['a metric without direction', gate('metrics: {a: {sql: b}}', RULE)],
    ['a metric of two kinds', gate('metrics: {a: {column: b, preference: c}}', RULE)],
    ['costs of nothing', gate('utility: {currency: EUR, costs: []}', RULE)],
    ['a size in words', gate('budget: {model-bytes: ten MB}')],
    ['features without rows', evaluation('features: [a]')],
    ['a digest that is none', evaluation('rows: a, rows-sha256: abc')],
    ['a control in words', `${gate(RULE)}\nnegative-control: sometimes`],
  ])('refuses what the parser refuses: %s', (_, text) => {
    expect(accepted(text)).toBe(false);
    expect(validate(parse(text))).toBe(false);
  });

  /** What is said of two values at once, JSON Schema has no words for. */
  it.each([
    ['min above max', rule('min: 0.9, max: 0.8')],
    ['bins that fall', gate('slices: {a: {column: a, bins: [2, 1]}}', RULE)],
    ['a rule twice', gate('rules: [{metric: r2, min: 0}, {metric: r2, min: 0.1}]')],
    ['a test that does not fit', rule('min: 0.1, test: delong')],
    ['an intersection of itself', gate('slices: {a: {all: [a, b]}}', RULE)],
  ])('leaves to the parser: %s', (_, text) => {
    expect(accepted(text)).toBe(false);
    expect(validate(parse(text))).toBe(true);
  });
});
