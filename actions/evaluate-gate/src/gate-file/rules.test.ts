import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import type { GateFile, GateRule } from './gate-file.ts';
import { parseGateFile } from './parse.ts';

const EVALUATION = 'evaluation: {id: id, label: y, prediction: p}';

/** A gate file whose third line is the first of `lines`. */
const withLines = (...lines: readonly string[]): string => ['version: 1', EVALUATION, ...lines].join('\n');
const gateOf = (...lines: readonly string[]): GateFile => parseGateFile(withLines(...lines), 'gate.yml');

function ruleOf(rule: string, ...before: readonly string[]): GateRule {
  const [first] = gateOf(...before, 'rules:', `  - {${rule}}`).rules;
  if (first === undefined) throw new Error('no rule');
  return first;
}

function refusal(...lines: readonly string[]): UsageError {
  try {
    gateOf(...lines);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${lines.join('\n')}`);
}

describe('a rule', () => {
  it('reads every bound with its line', () => {
    const text = withLines(
      'rules:',
      '  - metric: accuracy',
      '    min: 0.8',
      '    max: 1',
      '    max-regression: 5 %',
      '    max-improvement: 0.1',
      '    fairness: {by: sex, max-difference: 0.05, min-ratio: 0.8}',
      '  - {metric: f1-macro, min-improvement: 1%}',
    );
    const [first, second] = parseGateFile(text, 'gate.yml').rules;
    const limit = (value: number, written = String(value), relative = false) => ({
      text: written,
      value,
      relative,
    });
    expect(first?.bounds).toEqual([
      { mode: 'minimum', limit: limit(0.8), line: 5 },
      { mode: 'maximum', limit: limit(1), line: 6 },
      { mode: 'max-regression', limit: limit(0.05, '5 %', true), line: 7 },
      { mode: 'max-improvement', limit: limit(0.1), line: 8 },
      { mode: 'max-difference', limit: limit(0.05), line: 9 },
      { mode: 'min-ratio', limit: limit(0.8), line: 9 },
    ]);
    expect(first).toMatchObject({ by: 'sex', line: 4 });
    expect(second?.bounds).toEqual([{ mode: 'min-improvement', limit: limit(0.01, '1%', true), line: 10 }]);
  });

  it('may have fairness and no other bound', () => {
    const rule = ruleOf('metric: false-negative-rate, fairness: {by: sex, min-ratio: 0.8}');
    expect(rule).toMatchObject({ direction: 'lower', by: 'sex', slices: [] });
    expect(rule.bounds.map(({ mode }) => mode)).toEqual(['min-ratio']);
  });

  it('has the defaults of the gate', () => {
    expect(ruleOf('metric: accuracy, min: 0.8')).toMatchObject({
      test: 'auto',
      alpha: 0.05,
      minEffect: 0,
      minSliceSize: 50,
      onMissing: 'error',
      onInconclusive: undefined,
      severity: 'error',
    });
  });

  const DEFAULTS =
    'defaults: {alpha: 0.01, on-inconclusive: fail, min-slice-size: 30, min-effect: 0.002, test: bootstrap}';

  it('has the defaults of the file', () => {
    expect(ruleOf('metric: accuracy, max-regression: 0.01', DEFAULTS)).toMatchObject({
      test: 'bootstrap',
      alpha: 0.01,
      minEffect: 0.002,
      minSliceSize: 30,
      onInconclusive: 'fail',
    });
  });

  it('goes before the defaults of the file', () => {
    const own =
      'alpha: 0.1, on-inconclusive: warn, min-slice-size: 5, min-effect: 0, test: mcnemar, on-missing: warn, severity: info';
    expect(ruleOf(`metric: accuracy, max-regression: 0.01, ${own}`, DEFAULTS)).toMatchObject({
      test: 'mcnemar',
      alpha: 0.1,
      minEffect: 0,
      minSliceSize: 5,
      onInconclusive: 'warn',
      onMissing: 'warn',
      severity: 'info',
    });
    expect(ruleOf('metric: accuracy, max-regression: 0.01, test: none', DEFAULTS).minEffect).toBe(0);
  });

  it.each([
    ['accuracy', 'higher'],
    ['f0.5', 'higher'],
    ['f2-macro', 'higher'],
    ['quantile-loss-0.9', 'lower'],
    ['top-5-accuracy', 'higher'],
    ['false-positive-rate', 'lower'],
    ['model-bytes', 'lower'],
  ])('knows the direction of %s', (metric, direction) => {
    expect(ruleOf(`metric: ${metric}, max: 1`).direction).toBe(direction);
    const other = direction === 'lower' ? 'higher' : 'lower';
    expect(refusal('rules:', `  - {metric: ${metric}, max: 1, direction: ${other}}`).message).toContain(
      `contradicts the standard metric "${metric}", of which ${direction} is better`,
    );
  });

  it('knows the names of fairness criteria', () => {
    const error = refusal('rules:', '  - {metric: demographic-parity, fairness: {by: sex, min-ratio: 0.8}}');
    expect(error.remedy).toContain('Or is "fairness" on the metric "selection-rate" meant?');
  });

  it('takes a direction where a metric has none of its own', () => {
    expect(ruleOf('metric: bias, max: 1, direction: lower').direction).toBe('lower');
    expect(refusal('rules:', '  - {metric: bias, max: 1}').message).toBe(
      'gate.yml:4: the rule on "bias" needs "direction": neither end of it is better by itself.',
    );
    expect(refusal('rules:', '  - {metric: f0.0, max: 1}').message).toContain('it is no standard metric');
  });

  it.each([
    ['alpha: 1.0e-17', 'must be from 0.000001 and below 0.5'],
    ['alpha: 0', 'must be from 0.000001 and below 0.5'],
    ['alpha: 0.5', 'must be from 0.000001 and below 0.5'],
    ['min-effect: -1', 'must be 0 or more'],
    ['min-slice-size: 0', 'must be at least 1'],
    ['min-slice-size: 1.5', 'must be a whole number'],
    ['on-inconclusive: pass', 'is "pass"'],
    ['on-missing: ignore', 'is "ignore"'],
    ['severity: fatal', 'is "fatal"'],
    ['slices: country', 'must be a list'],
    ['slices: [country, country]', 'names a slice twice'],
    ['max-improvement: -1', 'is -1; accepted are 0 and more: limits have no sign'],
    ['max-improvement: some', 'is no limit'],
    ['fairness: {max-difference: 0.1}', '"fairness.by" of rule 1 is missing'],
    ['fairness: {by: sex}', '"fairness" of rule 1 has no limit'],
    ['fairness: {by: sex, max-difference: 5%}', 'Write 0.05'],
    ['fairness: {by: sex, max-difference: -0.1}', 'is -0.1; accepted are 0 and more'],
    ['fairness: {by: sex, min-ratio: 0}', 'is 0; accepted are ratios above 0 and up to 1'],
    ['fairness: {by: sex, min-ratio: 1.2}', 'is 1.2; accepted are ratios'],
    ['fairness: {by: sex, min-ratio: most}', 'is no limit. Accepted: a number, as in 0.8'],
  ])('refuses %s', (key, message) => {
    const error = refusal('rules:', `  - {metric: accuracy, max-regression: 0.1, ${key}}`);
    expect(error.message).toContain('gate.yml:4: ');
    expect(error.message).toContain(message);
  });

  it('names the nearest key inside', () => {
    const error = refusal('rules:', '  - {metric: f1, fairness: {by: sex, max-diference: 0.1}}');
    expect(error.message).toContain('unknown key "max-diference" in "fairness" of rule 1');
    expect(error.remedy).toBe('Did you mean "max-difference"? Accepted: by, max-difference, min-ratio.');
  });

  it('refuses no bound', () => {
    expect(refusal('rules:', '  - {metric: accuracy, slices: [country]}').message).toBe(
      'gate.yml:4: rule 1 bounds nothing; add "min", "max", "max-regression", "min-improvement", "max-improvement" or "fairness".',
    );
  });
});

describe('defaults', () => {
  it('are read', () => {
    const gate = gateOf(
      'defaults: {alpha: 0.1, power: 0.9, seed: 0, replicates: 500, min-cell-size: 0}',
      'rules: [{metric: r2, min: 0}]',
    );
    expect(gate.defaults).toEqual({ alpha: 0.1, power: 0.9, seed: 0, replicates: 500 });
    expect(gate.minCellSize).toBe(0);
    expect(gateOf('rules: [{metric: r2, min: 0}]').defaults).toEqual({
      alpha: 0.05,
      power: 0.8,
      seed: 7,
      replicates: 2000,
    });
  });

  it.each([
    ['alpha: 0.5', 'must be from 0.000001 and below 0.5'],
    ['alpha: five', 'must be a number'],
    ['power: 1', 'must be above 0 and below 1'],
    ['power: 0', 'must be above 0 and below 1'],
    ['seed: -1', 'is out of range'],
    ['seed: 0.5', 'must be a whole number'],
    ['replicates: 199', 'must be from 200 to 100000'],
    ['replicates: 100001', 'must be from 200 to 100000'],
    ['on-inconclusive: error', 'is "error"'],
    ['test: z', 'is "z"'],
    ['min-effect: -0.1', 'must be 0 or more'],
  ])('refuse %s', (key, message) => {
    const error = refusal(`defaults: {${key}}`, 'rules: [{metric: r2, min: 0}]');
    expect(error.message).toContain(`gate.yml:3: "defaults.${key.split(':')[0] ?? ''}" `);
    expect(error.message).toContain(message);
  });
});

describe('budget', () => {
  it('expands to maxima of what is measured once', () => {
    const gate = gateOf(
      'defaults: {alpha: 0.01, test: bootstrap, on-inconclusive: fail, min-effect: 1}',
      'budget:',
      '  latency-p95-ms: 120',
      '  model-bytes: 10MB',
    );
    expect(gate.rules).toHaveLength(2);
    expect(gate.rules[0]).toEqual({
      metric: 'latency-p95-ms',
      direction: 'lower',
      bounds: [{ mode: 'maximum', limit: { text: '120', value: 120, relative: false }, line: 5 }],
      severity: 'error',
      onMissing: 'error',
      onInconclusive: 'fail',
      test: 'none',
      alpha: 0.01,
      minEffect: 0,
      slices: [],
      minSliceSize: 50,
      by: undefined,
      line: 5,
    });
    expect(gate.rules[1]?.bounds[0]?.limit).toEqual({ text: '10MB', value: 10_000_000, relative: false });
  });

  it.each([
    ['model-bytes: 10MiB', 10_485_760],
    ['model-bytes: 1.5 kB', 1500],
    ['model-bytes: 2048', 2048],
    ['model-bytes: 3GiB', 3 * 1024 ** 3],
    ['model-parameters: 1e6', 1_000_000],
    ['latency-p50-ms: 1.5', 1.5],
    ['latency-p99-ms: 9', 9],
    ['training-cost-usd: 12.5', 12.5],
    ['training-energy-kwh: 0', 0],
  ])('reads %s', (line, value) => {
    expect(gateOf(`budget: {${line}}`).rules[0]?.bounds[0]?.limit.value).toBe(value);
  });

  it.each([
    ['model-bytes: 10 megabytes', 'is no size. Accepted: a number of bytes, or one with a unit'],
    ['model-bytes: -1', 'is no size'],
    ['latency-p95-ms: 5%', 'is no limit. Accepted: a number from 0 on'],
    ['latency-p95-ms: -5', 'is no limit'],
    ['latency-p90-ms: 5', 'unknown key "latency-p90-ms" in "budget"'],
  ])('refuses %s', (line, message) => {
    expect(refusal(`budget: {${line}}`).message).toContain(message);
  });

  it('alone makes a gate, and empty does not', () => {
    expect(refusal('budget: {}').message).toContain('"rules" is missing');
    expect(refusal('budget: {}', 'rules: []').message).toContain('would let everything pass');
  });

  it('is compared by points in a rule too', () => {
    expect(ruleOf('metric: latency-p95-ms, max: 120', 'defaults: {test: bootstrap}').test).toBe('none');
    expect(ruleOf('metric: latency-p95-ms, max: 120, test: auto').test).toBe('none');
  });
});

describe('baseline and switches', () => {
  it.each([
    ['production', { kind: 'alias', alias: 'production' }],
    ['candidate', { kind: 'alias', alias: 'candidate' }],
    ['version:v12', { kind: 'version', version: 'v12' }],
    ['branch:release/1.x', { kind: 'branch', branch: 'release/1.x' }],
    ['run:123', { kind: 'run', runId: '123' }],
    ['file:old/predictions.csv', { kind: 'file', path: 'old/predictions.csv' }],
  ])('reads %s', (from, expected) => {
    const gate = gateOf(`baseline: {from: "${from}"}`, 'rules: [{metric: r2, min: 0}]');
    expect(gate.baseline).toEqual({ from: { ...expected, text: from }, onNoBaseline: 'fail', line: 3 });
  });

  it.each([
    'main',
    'version:3',
    'version:v0',
    'branch:',
    'branch:-x',
    'branch:a..b',
    'branch:a b',
    'branch:a.lock',
    'branch:/a',
    'run:0',
    'run:latest',
    'file:',
    'Production',
  ])('refuses %s', (from) => {
    expect(refusal(`baseline: {from: "${from}"}`, 'rules: [{metric: r2, min: 0}]').message).toBe(
      `gate.yml:3: "baseline.from" is "${from}". Accepted: production, candidate, version:<v>, branch:<name>, run:<id>, file:<path>, as in version:v3, branch:main or run:123.`,
    );
  });

  it('keeps the evidence as an artifact, unless the policy says otherwise', () => {
    const rule = 'rules: [{metric: r2, min: 0}]';
    expect(gateOf(rule).evidence).toBe('artifacts');
    expect(gateOf(rule, 'evidence: none').evidence).toBe('none');
    expect(refusal(rule, 'evidence: model')).toMatchObject({
      message: 'gate.yml:4: "evidence" is "model".',
      remedy: expect.stringMatching(/artifacts.*none/) as string,
    });
  });

  it('has the negative control on, and self-waivers off', () => {
    const rule = 'rules: [{metric: r2, min: 0}]';
    expect(gateOf(rule)).toMatchObject({ negativeControl: true, selfWaiver: false });
    expect(gateOf(rule, 'negative-control: false', 'self-waiver: true')).toMatchObject({
      negativeControl: false,
      selfWaiver: true,
    });
    expect(refusal(rule, 'negative-control: off').message).toContain(
      'gate.yml:4: "negative-control" must be true or false',
    );
    expect(refusal(rule, 'self-waiver: yes').message).toContain('"self-waiver" must be true or false');
  });
});
