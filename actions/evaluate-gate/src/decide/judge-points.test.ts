import { describe, expect, it } from 'vitest';
import { parseGateFile } from '../gate-file/parse.ts';
import type { Baseline } from './baseline.ts';
import { judgeRules } from './judge-rules.ts';
import type { Metrics } from './metrics.ts';

const values = (metrics: Record<string, number | null>): Metrics =>
  new Map(Object.entries(metrics).map(([name, value]) => [name, { value, n: 100 }]));

function evaluate(rule: string, metrics: Metrics, baseline: Baseline = { kind: 'not-needed' }) {
  const gate = parseGateFile(`version: 1\nrules:\n  - {${rule}, test: none}`, 'gate.yml');
  return judgeRules({ gate, evidence: undefined, reported: metrics, baseline, gatePath: 'gate.yml' });
}

const present = (metrics: Record<string, number | null>): Baseline => ({
  kind: 'present',
  what: 'production v1',
  metrics: values(metrics),
});

describe('judgeRules by points', () => {
  it.each([
    ['min: 0.8', 0.8, 'pass'],
    ['min: 0.8', 0.8 - 1e-13, 'pass'],
    ['min: 0.8', 0.7999, 'fail'],
    ['max: 0.8', 0.8, 'pass'],
    ['max: 0.8', 0.8001, 'fail'],
  ])('%s with %s: %s', (bound, value, result) => {
    const [rule] = evaluate(`metric: accuracy, ${bound}`, values({ accuracy: value }));
    expect(rule).toMatchObject({
      result,
      value,
      n: 100,
      bound: 0.8,
      threshold: '0.8',
      where: { file: 'gate.yml', line: 3 },
    });
  });

  it('says what a bound wanted', () => {
    const reasons = evaluate('metric: accuracy, min: 0.8, max: 0.9', values({ accuracy: 0.79996 })).map(
      ({ reason }) => reason,
    );
    expect(reasons).toEqual([
      'accuracy is 0.79996; at least 0.8 is required',
      'accuracy is 0.8; at most 0.9 is allowed',
    ]);
  });

  it.each([
    ['accuracy', '0.01', 0.9655, 0.9755, 'pass'],
    ['accuracy', '0.01', 0.9654, 0.9755, 'fail'],
    ['accuracy', '0', 0.9, 0.9, 'pass'],
    ['accuracy', '0', 0.9 - 1e-9, 0.9, 'fail'],
    ['log-loss', '0.1', 0.4, 0.3, 'pass'],
    ['log-loss', '0.1', 0.41, 0.3, 'fail'],
    ['log-loss', '0.1', 0.1, 0.3, 'pass'],
    ['log-loss', '10%', 0.33, 0.3, 'pass'],
    ['log-loss', '10%', 0.331, 0.3, 'fail'],
    // The share is of the absolute value: a negative baseline does not turn the rule round.
    ['r2', '10%', -0.55, -0.5, 'pass'],
    ['r2', '10%', -0.56, -0.5, 'fail'],
  ])('%s may be worse by %s: %s against %s is %s', (metric, limit, value, baseline, result) => {
    const [rule] = evaluate(
      `metric: ${metric}, max-regression: ${limit}`,
      values({ [metric]: value }),
      present({ [metric]: baseline }),
    );
    expect(rule?.result).toBe(result);
    expect(rule?.difference).toBeCloseTo(value - baseline, 12);
  });

  it('speaks in one sentence', () => {
    const reason = (value: number, limit = '0.01') =>
      evaluate(
        `metric: accuracy, max-regression: ${limit}`,
        values({ accuracy: value }),
        present({ accuracy: 0.9755 }),
      )[0]?.reason;
    expect(reason(0.9444)).toBe(
      'accuracy 0.9444 is 0.0311 below production v1 (0.9755); at most 0.01 is allowed',
    );
    expect(reason(0.9444, '1%')).toBe(
      'accuracy 0.9444 is 0.0311 below production v1 (0.9755); at most 0.0098 (1%) is allowed',
    );
    expect(reason(0.9855)).toBe('accuracy 0.9855 is 0.01 above production v1 (0.9755), which is better');
    expect(reason(0.9755)).toBe('accuracy 0.9755 equals production v1 (0.9755)');
  });

  it('a share of nothing is an error', () => {
    const [rule] = evaluate('metric: r2, max-regression: 5%', values({ r2: 1 }), present({ r2: 1e-10 }));
    expect(rule).toMatchObject({ result: 'error', bound: null });
    expect(rule?.reason).toContain('of which 5% is no limit');
  });

  it.each([
    ['', 'error'],
    [', on-missing: error', 'error'],
    [', on-missing: warn', 'warn'],
    [', on-missing: not-run', 'not-run'],
  ])('a missing metric%s is %s', (extra, result) => {
    for (const metrics of [values({}), values({ accuracy: null })]) {
      expect(evaluate(`metric: accuracy, min: 0${extra}`, metrics)[0]?.result).toBe(result);
    }
    const [rule] = evaluate(
      `metric: accuracy, max-regression: 0${extra}`,
      values({ accuracy: 1 }),
      present({ f1: 1 }),
    );
    expect(rule?.result).toBe(result);
    expect(rule?.reason).toContain('The baseline, production v1, has no value of accuracy');
  });

  it('a first run compares nothing; bounds still decide', () => {
    const rule = 'metric: accuracy, min: 0.9, max-regression: 0.01';
    const results = (onNoBaseline: 'allow' | 'fail') =>
      evaluate(rule, values({ accuracy: 0.8 }), { kind: 'first-run', onNoBaseline }).map(
        ({ result }) => result,
      );
    expect(results('allow')).toEqual(['fail', 'not-run']);
    expect(results('fail')).toEqual(['fail', 'error']);
  });

  it('a baseline that could not be had is an error, and so is none', () => {
    const rule = 'metric: accuracy, max-regression: 0.01';
    const [gone] = evaluate(rule, values({ accuracy: 1 }), {
      kind: 'unavailable',
      reason: 'It did not answer.',
    });
    expect(gone).toMatchObject({ result: 'error', reason: 'It did not answer' });
    expect(evaluate(rule, values({ accuracy: 1 }))[0]?.result).toBe('error');
  });

  it.each(['warning', 'info'])('a broken rule of severity %s warns', (severity) => {
    const metrics = values({ accuracy: 0.5 });
    expect(evaluate(`metric: accuracy, min: 0.9, severity: ${severity}`, metrics)[0]?.result).toBe('warn');
  });

  it('gives each bound an id of its own', () => {
    const gate = parseGateFile(
      'version: 1\nrules: [{metric: r2, min: 0, max: 1, test: none}, {metric: r2, min: 0.1, severity: info, test: none}]',
      'gate.yml',
    );
    const ids = judgeRules({
      gate,
      evidence: undefined,
      reported: values({ r2: 0.5 }),
      baseline: { kind: 'not-needed' },
      gatePath: 'gate.yml',
    }).map(({ id }) => id);
    expect(ids).toEqual(['r2.minimum', 'r2.maximum', 'r2.minimum-2']);
  });
});
