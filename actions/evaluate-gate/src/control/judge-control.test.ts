import { describe, expect, it } from 'vitest';
import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import { judgeControl, judgeIdentity } from './judge-control.ts';

const rule = (overrides: Partial<EvaluatedRule> = {}): EvaluatedRule => ({
  id: 'accuracy.max-regression',
  metric: 'accuracy',
  mode: 'max-regression',
  direction: 'higher',
  value: 0.1,
  baselineValue: 0.9,
  difference: -0.8,
  interval: null,
  level: null,
  p: null,
  adjustedP: null,
  n: 100,
  threshold: '0.01',
  bound: 0.89,
  slice: null,
  test: 'none',
  severity: 'error',
  result: 'pass',
  reason: 'accuracy 0.1 is 0.8 below production v1 (0.9)',
  where: null,
  ...overrides,
});

describe('judgeControl', () => {
  it.each([
    [['fail'], 'blocked', 'a copy is blocked by accuracy.max-regression'],
    [['pass', 'inconclusive'], 'blocked', 'a copy is blocked by accuracy.max-regression'],
    [['inconclusive', 'fail', 'pass'], 'blocked', 'a copy is blocked by accuracy.max-regression and 1 more'],
    [['error'], 'blocked', 'a copy is blocked by accuracy.max-regression'],
    [['pass', 'pass'], 'not-blocked', 'a copy passes all its rules'],
    [['pass', 'warn'], 'not-blocked', 'a copy passes all its rules'],
    [['warn'], 'not-blocked', 'no rule that blocks was broken by a copy'],
    [[], 'not-blocked', 'no rule that blocks was broken by a copy'],
  ] as const)('%j: %s', (results, result, reason) => {
    const rules = results.map((each) => rule({ result: each }));
    expect(judgeControl(rules, 'a copy')).toEqual({ result, reason });
  });

  it('names a rule that fails before one that is undecided', () => {
    const { reason } = judgeControl(
      [rule({ id: 'thin', result: 'inconclusive' }), rule({ id: 'broken', result: 'fail' })],
      'a copy',
    );
    expect(reason).toBe('a copy is blocked by broken and 1 more');
  });
});

describe('judgeIdentity', () => {
  it('a baseline against itself must not fail a comparison', () => {
    expect(judgeIdentity([rule({ result: 'fail' })])).toBe(
      'the baseline compared with itself fails accuracy.max-regression: accuracy 0.1 is 0.8 below production v1 (0.9)',
    );
  });

  it('may break what asks for more than equality', () => {
    const broken = { result: 'fail' as const };
    expect(
      judgeIdentity([
        rule({ mode: 'min-improvement', ...broken }),
        rule({ mode: 'minimum', ...broken }),
        rule({ result: 'inconclusive' }),
      ]),
    ).toBeUndefined();
  });
});
