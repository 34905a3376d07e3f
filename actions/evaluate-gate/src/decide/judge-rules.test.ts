import { describe, expect, it } from 'vitest';
import { ruleSchema } from '../../../../shared/record/evaluation-section.ts';
import type { Inference } from '../../../../shared/statistics/inference.ts';
import { normalInference } from '../../../../shared/statistics/normal-inference.ts';
import { pairedScoreInference } from '../../../../shared/statistics/paired-score.ts';
import { wilsonInference } from '../../../../shared/statistics/wilson.ts';
import type { Evidence, FairnessEvidence, MetricEvidence, SliceEvidence } from '../evidence.ts';
import { parseGateFile } from '../gate-file/parse.ts';
import type { Baseline } from './baseline.ts';
import { judgeRules } from './judge-rules.ts';

const PRODUCTION: Baseline = { kind: 'present', what: 'production v1', metrics: new Map() };

interface Given {
  readonly overall?: Record<string, MetricEvidence>;
  readonly slices?: readonly SliceEvidence[];
  readonly fairness?: Record<string, FairnessEvidence>;
}

const evidenceOf = ({ overall = {}, slices = [], fairness = {} }: Given): Evidence => ({
  overall: new Map(Object.entries(overall)),
  slices,
  fairness: new Map(Object.entries(fairness)),
});

function evaluate(rules: readonly string[], given: Given, baseline = PRODUCTION, extra = '') {
  const text = `version: 1\n${extra}rules:\n${rules.map((rule) => `  - {${rule}}\n`).join('')}`;
  const gate = parseGateFile(text, 'gate.yml');
  const evaluated = judgeRules({
    gate,
    evidence: evidenceOf(given),
    reported: new Map(),
    baseline,
    gatePath: 'gate.yml',
  });
  for (const rule of evaluated) ruleSchema.parse(rule);
  return evaluated;
}

/** A change with this estimate and standard error, of a metric that was 0.9 of 599 rows. */
function changed(
  estimate: number,
  standardError: number,
  overrides: Partial<MetricEvidence> = {},
): MetricEvidence {
  const n = 599;
  return {
    value: 0.9 + estimate,
    baselineValue: 0.9,
    n,
    difference: normalInference({ estimate, standardError, n, method: 'normal' }),
    ...overrides,
  };
}

const regression = (estimate: number, standardError: number, rule = 'max-regression: 0.01') =>
  evaluate([`metric: accuracy, ${rule}`], {
    overall: { 'accuracy auto': changed(estimate, standardError) },
  })[0];

describe('a bound on the change', () => {
  // z(0.95) = 1.645: the interval is estimate ± 0.0329 for a standard error of 0.02.
  it.each([
    ['max-regression: 0.01', 0.03, 'pass'],
    ['max-regression: 0.01', 0.02, 'inconclusive'],
    ['max-regression: 0.01', -0.04, 'inconclusive'],
    ['max-regression: 0.01', -0.05, 'fail'],
    ['min-improvement: 0.01', 0.05, 'pass'],
    ['min-improvement: 0.01', 0.02, 'inconclusive'],
    ['min-improvement: 0.01', -0.03, 'fail'],
    ['max-improvement: 0.1', 0.05, 'pass'],
    ['max-improvement: 0.1', 0.09, 'inconclusive'],
    ['max-improvement: 0.1', 0.15, 'warn'],
    ['max-regression: 5%', 0.0, 'pass'],
    ['max-regression: 1%', 0.0, 'inconclusive'],
  ])('%s with a change of %s: %s', (rule, estimate, result) => {
    expect(regression(estimate, 0.02, rule)?.result).toBe(result);
    // Of a metric that is better where it is lower, the same with the opposite sign.
    const [mirrored] = evaluate([`metric: mine, direction: lower, ${rule}`], {
      overall: { 'mine auto': changed(-estimate, 0.02) },
    });
    expect(mirrored?.result).toBe(result);
  });

  it('is recorded with all that it rests on', () => {
    const rule = regression(-0.05, 0.02);
    expect(rule).toMatchObject({
      id: 'accuracy.max-regression',
      value: 0.85,
      baselineValue: 0.9,
      n: 599,
      level: 0.9,
      test: 'normal',
      threshold: '0.01',
      result: 'fail',
      detectable: null,
      neededRows: null,
    });
    expect(rule?.bound).toBeCloseTo(0.89, 12);
    expect(rule?.difference).toBeCloseTo(-0.05, 12);
    expect(rule?.interval?.[0]).toBeCloseTo(-0.0829, 4);
    // Φ(-2): the claim that the change is below -0.01, two standard errors away.
    expect(rule?.p).toBeCloseTo(0.02275, 5);
    expect(rule?.adjustedP).toBe(rule?.p);
    expect(rule?.reason).toBe(
      'accuracy 0.85 is 0.05 below production v1 (0.9), between -0.0829 and -0.0171 (90 %); at most 0.01 worse is allowed',
    );
  });

  it('says what the rows could have decided, and how many would decide this', () => {
    const rule = regression(-0.002, 0.004);
    expect(rule?.reason).toBe(
      'accuracy 0.898 is 0.002 below production v1 (0.9), between -0.0086 and 0.0046 (90 %); at most 0.01 worse is allowed',
    );
    const thin = regression(0, 0.02);
    expect(thin?.result).toBe('inconclusive');
    expect(thin?.reason).toBe(
      'accuracy 0.9 equals production v1 (0.9), between -0.0329 and 0.0329 (90 %); at most 0.01 worse is allowed; ' +
        '599 rows decide a change of 0.0497 from the limit; about 15,000 rows would decide this one',
    );
    // (z(0.95) + z(0.8)) · 0.02, and n times the square of that by the distance of 0.01.
    expect(thin?.detectable).toBeCloseTo(0.04973, 5);
    expect(thin?.neededRows).toBe(14_814);
  });

  it('names no number of rows for what lies at the limit', () => {
    const rule = regression(-0.01, 0.02);
    expect(rule).toMatchObject({ result: 'inconclusive', neededRows: null });
    expect(rule?.reason).toMatch(/decide a change of 0\.0497 from the limit$/);
  });

  it('tells an end of the interval from the limit', () => {
    expect(regression(0.022896, 0.02)?.reason).toContain('between -0.010001 and');
  });

  it('a limit that is reached without doubt is met', () => {
    expect(regression(0, 0, 'max-regression: 0')?.result).toBe('pass');
    expect(regression(-0.02, 0, 'max-regression: 0.01')?.result).toBe('fail');
    expect(regression(0.001, 0, 'min-improvement: 0.01')?.result).toBe('fail');
  });

  it('a regression too small to matter does not fail', () => {
    const rule = regression(-0.004, 0.0001, 'max-regression: 0, min-effect: 0.005');
    expect(rule?.result).toBe('warn');
    expect(rule?.reason).toMatch(/less than 0\.005 \(min-effect\) does not fail$/);
    expect(regression(-0.006, 0.0001, 'max-regression: 0, min-effect: 0.005')?.result).toBe('fail');
  });

  it('takes the share of the absolute baseline, and refuses a share of nothing', () => {
    const shifted = (baselineValue: number) =>
      evaluate(['metric: r2, max-regression: 10%'], {
        overall: { 'r2 auto': changed(-0.06, 0.001, { baselineValue, value: baselineValue - 0.06 }) },
      })[0];
    expect(shifted(-0.5)?.result).toBe('fail');
    expect(shifted(-0.5)?.bound).toBeCloseTo(-0.55, 12);
    expect(shifted(-0.7)?.result).toBe('pass');
    expect(shifted(1e-10)).toMatchObject({ result: 'error', bound: null });
  });

  it('thin evidence fails where the rule says so', () => {
    const rule = regression(0, 0.02, 'max-regression: 0.01, on-inconclusive: fail');
    expect(rule?.result).toBe('fail');
    expect(rule?.reason).toMatch(/undecided counts as failed \("on-inconclusive: fail"\)$/);
  });

  it('a broken rule that does not block warns, and is no part of the family', () => {
    const rule = regression(-0.05, 0.02, 'max-regression: 0.01, severity: warning');
    expect(rule).toMatchObject({ result: 'warn', adjustedP: null });
    expect(rule?.p).toBeCloseTo(0.02275, 5);
  });

  it('a first run compares nothing, whatever the rows tell', () => {
    const given = { overall: { 'accuracy auto': changed(-0.05, 0.02) } };
    const first: Baseline = { kind: 'first-run', onNoBaseline: 'allow' };
    expect(evaluate(['metric: accuracy, max-regression: 0.01'], given, first)[0]).toMatchObject({
      result: 'not-run',
      baselineValue: null,
    });
  });
});

describe('a bound on the value', () => {
  const judged = (successes: number, rule: string) =>
    evaluate([`metric: accuracy, ${rule}`], {
      overall: {
        'accuracy auto': {
          value: successes / 100,
          baselineValue: null,
          n: 100,
          own: wilsonInference({ successes, n: 100 }),
        },
      },
    })[0];

  it.each([
    [95, 'min: 0.8', 'pass'],
    [82, 'min: 0.8', 'inconclusive'],
    [60, 'min: 0.8', 'fail'],
    [60, 'max: 0.8', 'pass'],
    [95, 'max: 0.8', 'fail'],
  ])('%s of 100 with %s: %s', (successes, rule, result) => {
    expect(judged(successes, rule)?.result).toBe(result);
  });

  it('says how far the rows reach', () => {
    expect(judged(82, 'min: 0.8')?.reason).toMatch(
      /^accuracy is 0\.82, between 0\.7\d+ and 0\.8\d+ \(90 %\); at least 0\.8 is required; 100 rows decide a distance of 0\.\d+ from the limit; about [\d,]+ rows would decide this one$/,
    );
  });
});

describe('the family of claims', () => {
  // Each alone fails with p = 0.02275; of three, Holm asks for 0.05 / 3.
  const three = ['accuracy', 'f1-macro', 'recall-macro'];
  const family = (rules: readonly string[]) =>
    evaluate(rules, {
      overall: Object.fromEntries(three.map((metric) => [`${metric} auto`, changed(-0.05, 0.02)])),
    });

  it('corrects what may fail', () => {
    const rules = family(three.map((metric) => `metric: ${metric}, max-regression: 0.01`));
    expect(rules.map(({ result }) => result)).toEqual(['inconclusive', 'inconclusive', 'inconclusive']);
    expect(rules[0]?.adjustedP).toBeCloseTo(3 * 0.02275, 4);
    expect(rules[0]?.reason).toContain(
      'p = 0.0683 by normal, corrected for the number of rules and slices (Holm), is not below 0.05',
    );
    expect(rules[0]?.neededRows).toBeGreaterThan(599);
  });

  it('tells an adjusted p from alpha, and where the replicates are too few', () => {
    // Holm makes 0.0501 of it, which would read as 0.05.
    const near = {
      ...normalInference({ estimate: -0.05, standardError: 0.01, n: 599, method: 'bootstrap' }),
    };
    const resampled = (p: number, replicates: number): MetricEvidence =>
      changed(-0.05, 0.01, { difference: { ...near, details: { replicates }, pLess: () => p } });
    const judged = (p: number, replicates: number) =>
      evaluate(
        three.map((metric) => `metric: ${metric}, max-regression: 0.01`),
        { overall: Object.fromEntries(three.map((metric) => [`${metric} auto`, resampled(p, replicates)])) },
      )[0]?.reason;
    expect(judged(0.016667, 2_000)).toMatch(/; p = 0\.050001 by bootstrap, corrected .* is not below 0\.05$/);
    expect(judged(1 / 21, 20)).toMatch(
      /is not below 0\.05; 20 replicates can show no less; raise "replicates"$/,
    );
  });

  it('says so where an exact p does not show what the interval seems to', () => {
    const score = normalInference({ estimate: 0.05, standardError: 0.01, n: 599, method: 'exact McNemar' });
    const [rule] = evaluate(['metric: accuracy, min-improvement: 0, test: mcnemar'], {
      overall: {
        'accuracy mcnemar': changed(0.05, 0.01, { difference: { ...score, pGreater: () => 0.06 } }),
      },
    });
    expect(rule?.result).toBe('inconclusive');
    expect(rule?.reason).toMatch(/; p = 0\.06 by exact McNemar is not below 0\.05$/);
  });

  it('leaves out what cannot fail', () => {
    const rules = family([
      'metric: accuracy, max-regression: 0.01',
      'metric: f1-macro, max-improvement: 0.01',
      'metric: recall-macro, max-regression: 0.01, severity: info',
    ]);
    expect(rules.map(({ result }) => result)).toEqual(['fail', 'pass', 'warn']);
  });

  it('asks for no correction of a pass', () => {
    const rules = evaluate(
      three.map((metric) => `metric: ${metric}, max-regression: 0.01`),
      { overall: Object.fromEntries(three.map((metric) => [`${metric} auto`, changed(0.03, 0.02)])) },
    );
    expect(rules.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass']);
  });
});

describe('which test', () => {
  const without: MetricEvidence = {
    value: 0.8,
    baselineValue: 0.9,
    n: 100,
    noInference: 'the rows are weighted',
  };

  it('compares points where none is asked for, though there is an interval', () => {
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01, test: none'], {
      overall: { 'accuracy none': changed(-0.02, 0.02) },
    });
    expect(rule).toMatchObject({ result: 'fail', test: 'none', interval: null, p: null });
    expect(rule?.reason).toBe('accuracy 0.88 is 0.02 below production v1 (0.9); at most 0.01 is allowed');
  });

  it('compares points where there is no interval, and says why', () => {
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01'], {
      overall: { 'accuracy auto': without },
    });
    expect(rule).toMatchObject({ result: 'fail', test: 'none' });
    expect(rule?.reason).toMatch(/; points were compared because the rows are weighted$/);
    const { noInference, ...silent } = without;
    expect(noInference).toBeDefined();
    const reason = (found: MetricEvidence, baseline = PRODUCTION) =>
      evaluate(
        ['metric: accuracy, max-regression: 0.01'],
        { overall: { 'accuracy auto': found } },
        baseline,
      )[0]?.reason;
    expect(reason(silent)).toMatch(/because no interval is known for this metric$/);
    const recorded: Baseline = { ...PRODUCTION, metrics: new Map([['accuracy', { value: 0.9, n: null }]]) };
    expect(reason({ ...silent, baselineValue: null }, recorded)).toMatch(
      /because the baseline's predictions are not there$/,
    );
  });

  it('a named test that cannot be had is an error', () => {
    const [change, value] = evaluate(['metric: accuracy, max-regression: 0.01, min: 0.1, test: bootstrap'], {
      overall: { 'accuracy bootstrap': without },
    });
    expect(change).toMatchObject({
      result: 'error',
      reason: 'accuracy cannot be judged by "test: bootstrap": the rows are weighted',
    });
    expect(value?.result).toBe('error');
  });

  it('other modes compare points too', () => {
    const points = (rule: string) =>
      evaluate([`metric: accuracy, ${rule}, test: none`], {
        overall: { 'accuracy none': changed(0.02, 0) },
      })[0];
    expect(points('min-improvement: 0.01')).toMatchObject({
      result: 'pass',
      reason: 'accuracy 0.92 is 0.02 above production v1 (0.9); at least 0.01 better is required',
    });
    expect(points('min-improvement: 0.03')?.result).toBe('fail');
    expect(points('max-improvement: 0.01')).toMatchObject({
      result: 'warn',
      reason: 'accuracy 0.92 is 0.02 above production v1 (0.9); more than 0.01 better is suspicious',
    });
    expect(points('max-improvement: 0.03')?.result).toBe('pass');
  });

  it('takes over what a test tells of itself', () => {
    const inference: Inference = {
      ...normalInference({ estimate: 0.05, standardError: 0.01, n: 599, method: 'bootstrap' }),
      details: { seed: 7, replicates: 2000, undefinedReplicates: 3, discordant: [20, 4] },
    };
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01'], {
      overall: { 'accuracy auto': changed(0.05, 0.01, { difference: inference }) },
    });
    expect(rule).toMatchObject({ seed: 7, replicates: 2000, discordant: [20, 4], test: 'bootstrap' });
    expect(rule?.reason).toMatch(/it is not defined in 3 of 2,000 replicates$/);
  });

  it('a p or an interval that is not defined decides nothing', () => {
    const odd: Inference = {
      estimate: 0,
      method: 'odd',
      n: 2,
      standardError: null,
      details: { undefinedReplicates: 1 },
      pGreater: () => NaN,
      pLess: () => NaN,
      interval: () => [-Infinity, Infinity],
    };
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01'], {
      overall: { 'accuracy auto': changed(0, 0, { difference: odd }) },
    });
    expect(rule).toMatchObject({ result: 'inconclusive', interval: null, p: null, adjustedP: 1 });
    expect(rule?.reason).toContain('the rows do not tell how many would decide');
  });

  it('infers a standard error from the interval where a method has none', () => {
    const inference = { ...normalInference({ estimate: 0, standardError: 0.02, n: 599, method: 'exact' }) };
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01'], {
      overall: { 'accuracy auto': changed(0, 0, { difference: { ...inference, standardError: null } }) },
    });
    expect(rule?.neededRows).toBe(14_814);
  });
});

describe('what has no value', () => {
  it('ends as the rule says, with the reason', () => {
    const none: MetricEvidence = { value: null, reason: 'a class has no rows', baselineValue: null, n: 9 };
    const [rule] = evaluate(['metric: roc-auc, min: 0.5'], { overall: { 'roc-auc auto': none } });
    expect(rule).toMatchObject({ result: 'error', reason: 'roc-auc has no value: a class has no rows' });
    const nan = { ...none, value: NaN, reason: 'it is NaN' };
    expect(
      evaluate(['metric: roc-auc, min: 0.5, on-missing: warn'], { overall: { 'roc-auc auto': nan } })[0],
    ).toMatchObject({
      result: 'warn',
      value: null,
    });
    const gone = { ...none, value: 0.9, baselineReason: 'it has one class only' };
    const [compared] = evaluate(['metric: roc-auc, max-regression: 0.01'], {
      overall: { 'roc-auc auto': gone },
    });
    expect(compared?.reason).toBe(
      'The baseline, production v1, has no value of roc-auc: it has one class only',
    );
  });
});

const COLUMNS = 'evaluation: {id: id, label: y, prediction: p, positive: yes}\n';
const SLICES = `${COLUMNS}slices: {country: {column: country, values: [NO, SE]}}\n`;

function sliced(n: number, found: MetricEvidence | undefined, name = 'country=NO'): SliceEvidence {
  return {
    family: 'country',
    name,
    n,
    metrics: new Map(found === undefined ? [] : [['accuracy auto', found]]),
  };
}

describe('slices', () => {
  const judged = (slices: readonly SliceEvidence[], rule = 'slices: [country]') =>
    evaluate(
      [`metric: accuracy, max-regression: 0.01, ${rule}`],
      { overall: { 'accuracy auto': changed(0.05, 0.02) }, slices },
      PRODUCTION,
      SLICES,
    );

  it('are judged each for itself, in one family with all rows', () => {
    const rules = judged([
      sliced(200, changed(-0.08, 0.02)),
      sliced(100, changed(-0.045, 0.02), 'country=SE'),
    ]);
    expect(rules.map(({ id, slice, n, result }) => [id, slice, n, result])).toEqual([
      ['accuracy.max-regression', null, 599, 'pass'],
      ['accuracy.max-regression@country=NO', 'country=NO', 200, 'fail'],
      ['accuracy.max-regression@country=SE', 'country=SE', 100, 'inconclusive'],
    ]);
    expect(rules[1]?.reason).toMatch(/^accuracy on country=NO 0\.82 is 0\.08 below production v1 \(0\.9\), /);
    expect(rules[2]?.adjustedP).toBeCloseTo(2 * 0.04006, 4);
  });

  it('too small are reported and not judged, and below min-cell-size not even shown', () => {
    const [, small, tiny] = judged([
      sliced(49, changed(-0.08, 0.02)),
      sliced(9, changed(-0.08, 0.02), 'country=SE'),
    ]);
    expect(small).toMatchObject({
      result: 'not-run',
      n: 49,
      baselineValue: 0.9,
      reason: 'country=NO has 49 rows: below the min-slice-size of 50 it is reported, not judged',
    });
    expect(tiny).toMatchObject({
      result: 'not-run',
      n: null,
      value: null,
      baselineValue: null,
      difference: null,
      reason: 'country=SE has fewer than 10 rows, so it is neither shown nor judged',
    });
  });

  it('without rows are errors', () => {
    expect(judged([sliced(0, undefined)])[1]).toMatchObject({
      result: 'error',
      reason: 'country=NO has no rows',
      n: 0,
    });
    expect(judged([])[1]).toMatchObject({
      id: 'accuracy.max-regression@country',
      result: 'error',
      reason: 'no row lies in a slice of country',
    });
  });

  it('of a metric that the predictions do not give end as the rule says', () => {
    const [, slice] = evaluate(
      ['metric: mine, direction: higher, min: 1, slices: [country], on-missing: not-run'],
      {},
      PRODUCTION,
      SLICES,
    );
    expect(slice).toMatchObject({
      result: 'not-run',
      reason: 'mine has no value on slices of country: the predictions do not give it',
    });
  });

  it('tell why a metric has no value there', () => {
    const [, unmeasured] = judged([sliced(99, undefined)]);
    expect(unmeasured).toMatchObject({
      result: 'error',
      reason: 'accuracy on country=NO has no value: it was not measured there',
    });
    const [, alone] = judged([sliced(99, { value: 0.9, baselineValue: null, n: 99 })]);
    expect(alone?.reason).toBe(
      'The baseline, production v1, has no value of accuracy on country=NO: its predictions are not there',
    );
  });

  it('cannot be cut from finished metrics', () => {
    const gate = parseGateFile(
      `version: 1\n${SLICES}rules: [{metric: accuracy, min: 0.1, slices: [country]}]`,
      'gate.yml',
    );
    const [all, slice] = judgeRules({
      gate,
      evidence: undefined,
      reported: new Map([['accuracy', { value: 0.9, n: null }]]),
      baseline: PRODUCTION,
      gatePath: 'gate.yml',
    });
    expect(all).toMatchObject({ result: 'pass', n: null });
    expect(all?.reason).toMatch(/points were compared because the metric was only reported$/);
    expect(slice?.reason).toBe(
      'accuracy cannot be judged on slices of country: only finished metrics were given, and no predictions',
    );
  });
});

describe('fairness', () => {
  const groups = [
    { name: 'country=NO', n: 300, value: 0.08 },
    { name: 'country=SE', n: 290, value: 0.02 },
    { name: 'country=FI', n: 9, value: null },
  ];
  const found = (overrides: Partial<FairnessEvidence> = {}): FairnessEvidence => ({
    metric: 'false-negative-rate',
    by: 'country',
    groups,
    difference: normalInference({ estimate: 0.06, standardError: 0.005, n: 590, method: 'bootstrap' }),
    ratio: normalInference({ estimate: 0.25, standardError: 0.02, n: 590, method: 'bootstrap' }),
    ...overrides,
  });
  const judged = (limits: string, fairness: FairnessEvidence | undefined, rule = '') =>
    evaluate(
      [`metric: false-negative-rate, fairness: {by: country, ${limits}}${rule}`],
      fairness === undefined ? {} : { fairness: { 'false-negative-rate country': fairness } },
      PRODUCTION,
      SLICES,
    )[0];

  it.each([
    ['max-difference: 0.1', 'pass', 0.06],
    ['max-difference: 0.06', 'inconclusive', 0.06],
    ['max-difference: 0.04', 'fail', 0.06],
    ['min-ratio: 0.2', 'pass', 0.25],
    ['min-ratio: 0.5', 'fail', 0.25],
  ])('%s: %s', (limits, result, value) => {
    expect(judged(limits, found())).toMatchObject({ result, value, by: 'country', slice: null, n: 590 });
  });

  it('names the two groups', () => {
    expect(judged('max-difference: 0.04', found())).toMatchObject({
      id: 'false-negative-rate.max-difference@country',
      reason:
        'false-negative-rate is 0.02 on country=SE and 0.08 on country=NO, a gap of 0.06, between 0.0518 and 0.0682 (90 %); at most 0.04 is allowed',
    });
    expect(judged('min-ratio: 0.5', found())?.reason).toContain('a ratio of 0.25, between');
  });

  it('compares points where there is no interval', () => {
    const { difference, ratio, ...points } = found();
    expect(difference?.estimate).not.toBe(ratio?.estimate);
    expect(judged('max-difference: 0.04', points)).toMatchObject({ result: 'fail', test: 'none' });
    expect(judged('max-difference: 0.04', points)?.reason).toMatch(
      /; points were compared because no interval is known for this metric$/,
    );
    expect(judged('max-difference: 0.07', { ...points, reason: 'weights' }, ', test: none')).toMatchObject({
      result: 'pass',
    });
    expect(judged('min-ratio: 0.3', points, ', test: none')).toMatchObject({ result: 'fail', value: 0.25 });
    expect(judged('min-ratio: 0.3', { ...points, reason: 'weights' }, ', test: bootstrap')).toMatchObject({
      result: 'error',
      reason: 'false-negative-rate cannot be judged by "test: bootstrap" between groups: weights',
    });
  });

  it('needs two groups that count', () => {
    const thin = found({ groups: groups.slice(1) });
    expect(judged('max-difference: 0.04', thin)).toMatchObject({
      result: 'error',
      value: null,
      reason:
        'false-negative-rate cannot be compared between the groups of country: fewer than two of them have 50 rows and a value',
    });
    expect(judged('max-difference: 0.04', undefined, ', on-missing: not-run')?.result).toBe('not-run');
    expect(judged('max-difference: 0.04', { ...thin, reason: 'one group' })?.reason).toMatch(/: one group$/);
  });

  it('of two rates names the one that differs more', () => {
    const odds: FairnessEvidence = {
      metric: 'equalized-odds',
      by: 'country',
      groups: [
        { name: 'country=NO recall', n: 300, value: 0.9 },
        { name: 'country=SE recall', n: 290, value: 0.7 },
        { name: 'country=NO false-positive-rate', n: 300, value: 0.05 },
        { name: 'country=SE false-positive-rate', n: 290, value: 0.01 },
      ],
    };
    const rule = (limits: string) => {
      const text = `version: 1\n${SLICES}rules: [{metric: recall, fairness: {by: country, ${limits}}, test: none}]`;
      const gate = parseGateFile(text, 'gate.yml');
      const rules = gate.rules.map((each) => ({ ...each, metric: odds.metric }));
      return judgeRules({
        gate: { ...gate, rules },
        evidence: evidenceOf({ fairness: { 'equalized-odds country': odds } }),
        reported: new Map(),
        baseline: PRODUCTION,
        gatePath: 'gate.yml',
      })[0];
    };
    expect(rule('max-difference: 0.1')).toMatchObject({
      result: 'fail',
      n: 590,
      reason: 'recall is 0.7 on country=SE and 0.9 on country=NO, a gap of 0.2; at most 0.1 is allowed',
    });
    expect(rule('min-ratio: 0.5')?.reason).toMatch(/^false-positive-rate is 0\.01 on .*, a ratio of 0\.2; /);
  });

  it('tells nothing of a group that is too small to be shown', () => {
    const small = found({ groups: [...groups.slice(0, 2), { name: 'country=FI', n: 9, value: 0.5 }] });
    const rule = judged('max-difference: 0.04', small, ', min-slice-size: 5');
    expect(rule).toMatchObject({ result: 'error', value: null, interval: null });
    expect(rule?.reason).toMatch(
      /a group below the min-cell-size of 10 rows would count, as min-slice-size is 5; raise the latter$/,
    );
  });

  it('has no ratio of nothing', () => {
    const zero = found({ groups: groups.slice(0, 2).map((group) => ({ ...group, value: 0 })) });
    expect(judged('min-ratio: 0.8', zero)).toMatchObject({
      result: 'error',
      reason:
        'false-negative-rate cannot be compared between the groups of country by a ratio: it is 0 on country=NO and 0 on country=SE',
    });
  });

  it('needs predictions', () => {
    const gate = parseGateFile(
      `version: 1\n${SLICES}rules: [{metric: accuracy, fairness: {by: country, max-difference: 0.1}}]`,
      'gate.yml',
    );
    const [rule] = judgeRules({
      gate,
      evidence: undefined,
      reported: new Map(),
      baseline: { kind: 'not-needed' },
      gatePath: 'gate.yml',
    });
    expect(rule).toMatchObject({ result: 'error', where: { file: 'gate.yml' } });
    expect(rule?.reason).toContain('only finished metrics were given, and no predictions');
  });
});

describe('real tests', () => {
  it('a paired score test decides on discordant pairs', () => {
    const counts = { both: 900, onlyCandidate: 20, onlyBaseline: 60, neither: 20 };
    const [rule] = evaluate(['metric: accuracy, max-regression: 0.01'], {
      overall: {
        'accuracy auto': {
          value: 0.92,
          baselineValue: 0.96,
          n: 1000,
          difference: pairedScoreInference(counts),
        },
      },
    });
    expect(rule).toMatchObject({ result: 'fail', discordant: [20, 60], test: 'paired score (Tango 1998)' });
  });
});
