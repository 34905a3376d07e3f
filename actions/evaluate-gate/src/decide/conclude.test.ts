import { describe, expect, it } from 'vitest';
import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import { type Circumstances, conclude } from './conclude.ts';

const rule = (overrides: Partial<EvaluatedRule>): EvaluatedRule => ({
  id: 'accuracy.minimum',
  metric: 'accuracy',
  mode: 'minimum',
  direction: 'higher',
  value: 1,
  baselineValue: null,
  difference: null,
  interval: null,
  level: null,
  p: null,
  adjustedP: null,
  n: 1,
  threshold: '0.8',
  bound: 0.8,
  slice: null,
  test: 'none',
  severity: 'error',
  result: 'pass',
  reason: 'accuracy is 1; at least 0.8 is required',
  where: { file: 'gate.yml', line: 3 },
  ...overrides,
});

const IN_FORCE: Circumstances = {
  newInHead: false,
  rowsChanged: false,
  baselineBlame: undefined,
  firstRun: false,
  selfReportedRefused: false,
  control: null,
};

describe('conclude', () => {
  it('passes with the comparison as its reason', () => {
    const compared = rule({ mode: 'max-regression', reason: 'accuracy 1 equals production v1 (1)' });
    expect(conclude([rule({}), compared], IN_FORCE)).toEqual({
      verdict: 'pass',
      summary: '2 rules hold: accuracy 1 equals production v1 (1).',
      blame: null,
      annotations: [],
    });
    expect(conclude([rule({})], IN_FORCE).summary).toBe(
      'The rule holds: accuracy is 1; at least 0.8 is required.',
    );
  });

  it('counts rules that were not run and that warn', () => {
    const rules = [
      rule({}),
      rule({ result: 'not-run' }),
      rule({ result: 'warn', severity: 'warning', reason: 'slow' }),
    ];
    const { verdict, summary, annotations } = conclude(rules, IN_FORCE);
    expect(verdict).toBe('pass');
    expect(summary).toContain('The rule holds (1 was not run, 1 warns): ');
    expect(annotations).toEqual([
      { severity: 'warning', message: 'slow.', title: 'Gate: accuracy', file: 'gate.yml', line: 3 },
    ]);
    const twice = conclude([...rules, ...rules], IN_FORCE);
    expect(twice.summary).toContain('2 rules hold (2 were not run, 2 warn): ');
  });

  it('blames the model for a broken rule, and annotates its line', () => {
    const broken = rule({ result: 'fail', reason: 'accuracy is 0.5' });
    const { verdict, summary, blame, annotations } = conclude([broken, broken, rule({})], IN_FORCE);
    expect(verdict).toBe('fail');
    expect(summary).toBe('accuracy is 0.5. 1 further rule does not hold.');
    expect(blame?.owner).toBe('model');
    expect(annotations[0]).toEqual({
      severity: 'error',
      message: 'accuracy is 0.5. The rule does not hold 1 time more.',
      title: 'Gate: accuracy',
      file: 'gate.yml',
      line: 3,
    });
    expect(annotations).toHaveLength(1);
    expect(conclude([broken, broken, broken], IN_FORCE).summary).toContain('2 further rules do not hold.');
    expect(conclude([broken], IN_FORCE).summary).toBe('accuracy is 0.5.');
  });

  it("an error outweighs a failure, and is the configuration's where the baseline is not to blame", () => {
    const gone = rule({ result: 'error', reason: 'accuracy has no value', where: null });
    const concluded = conclude([rule({ result: 'fail' }), gone], IN_FORCE);
    expect(concluded).toMatchObject({
      verdict: 'error',
      summary: 'accuracy has no value.',
      blame: { owner: 'configuration' },
    });
    expect(concluded.annotations[1]).toEqual({
      severity: 'error',
      message: 'accuracy has no value.',
      title: 'Gate: accuracy',
    });
    const baselineBlame = { owner: 'infrastructure' as const, message: 'It did not answer.', remedy: null };
    expect(conclude([gone], { ...IN_FORCE, baselineBlame }).blame).toBe(baselineBlame);
  });

  it('judges nothing where no blocking rule was judged', () => {
    const rules = [rule({ result: 'not-run' }), rule({ severity: 'info' })];
    expect(conclude(rules, IN_FORCE)).toMatchObject({
      verdict: 'inconclusive',
      summary: 'No blocking rule could be judged (1 was not run).',
    });
  });

  it('a blocking rule that was told to warn is shown as a warning', () => {
    const { annotations, verdict } = conclude([rule({ result: 'warn' }), rule({})], IN_FORCE);
    expect(annotations[0]?.severity).toBe('warning');
    expect(verdict).toBe('pass');
  });

  it('a gate file that the base lacks is at best inconclusive', () => {
    const proposed = { ...IN_FORCE, newInHead: true };
    const { verdict, summary } = conclude([rule({})], proposed);
    expect(verdict).toBe('inconclusive');
    expect(summary).toMatch(
      /^The gate file is new in this pull request and not yet in force\. The rule holds/,
    );
    expect(conclude([rule({ result: 'fail' })], proposed).verdict).toBe('fail');
  });

  it('leads with the whole rather than a slice, and annotates the worst of a line', () => {
    const slice = rule({ result: 'fail', slice: 'country=NO', reason: 'accuracy on country=NO is 0.4' });
    const { summary, annotations } = conclude(
      [
        rule({ result: 'inconclusive', reason: 'thin' }),
        slice,
        rule({ result: 'fail', reason: 'accuracy is 0.5' }),
      ],
      IN_FORCE,
    );
    expect(summary).toBe('accuracy is 0.5. 1 further rule does not hold.');
    expect(annotations).toEqual([
      {
        severity: 'error',
        message: 'accuracy on country=NO is 0.4. The rule does not hold 2 times more.',
        title: 'Gate: accuracy',
        file: 'gate.yml',
        line: 3,
      },
    ]);
  });

  it('says how many rules are undecided', () => {
    const thin = rule({ result: 'inconclusive', reason: 'between 0.7 and 0.9' });
    const one = conclude([thin], IN_FORCE);
    expect(one).toMatchObject({
      verdict: 'inconclusive',
      summary: 'The rule is undecided: between 0.7 and 0.9.',
      blame: null,
    });
    expect(one.annotations[0]?.severity).toBe('warning');
    expect(conclude([thin, rule({}), rule({ result: 'not-run' })], IN_FORCE).summary).toBe(
      '1 of 3 rules is undecided (1 was not run): between 0.7 and 0.9.',
    );
    expect(conclude([thin, thin, rule({})], IN_FORCE).summary).toMatch(/^2 of 3 rules are undecided: /);
  });

  it('tells a first run without absolute limits what to add', () => {
    const compared = rule({ mode: 'max-regression', result: 'not-run' });
    expect(conclude([compared], { ...IN_FORCE, firstRun: true })).toMatchObject({
      verdict: 'inconclusive',
      summary:
        'No blocking rule could be judged (1 was not run): a first run has nothing to be compared with. Add "min" or "max" to a rule of the gate file.',
    });
  });

  it('a baseline that the pull request could have written is at best inconclusive', () => {
    const inReach = { ...IN_FORCE, baselineInReach: true };
    const { verdict, summary } = conclude([rule({})], inReach);
    expect(verdict).toBe('inconclusive');
    expect(summary).toMatch(/^The baseline was read from files of this run, .* The rule holds/);
    expect(conclude([rule({ result: 'fail' })], inReach).verdict).toBe('fail');
  });

  it('rows that the pull request changes are at best inconclusive', () => {
    const changed = { ...IN_FORCE, rowsChanged: true };
    const { verdict, summary } = conclude([rule({})], changed);
    expect(verdict).toBe('inconclusive');
    expect(summary).toMatch(
      /^This pull request brings evaluation rows that the base does not vouch for, .* The rule holds/,
    );
    expect(conclude([rule({ result: 'fail' })], changed).verdict).toBe('fail');
  });

  it('a gate that a degraded copy passes is an error, whatever its rules say', () => {
    const control = { result: 'not-blocked' as const, reason: 'a degraded copy passes' };
    const { verdict, summary, blame, annotations } = conclude([rule({})], { ...IN_FORCE, control });
    expect(verdict).toBe('error');
    expect(summary).toBe('The gate is decoration: a degraded copy passes.');
    expect(blame?.owner).toBe('configuration');
    expect(annotations[0]?.message).toContain('"negative-control: false"');
    for (const result of ['blocked', 'not-run'] as const) {
      const fine = { ...IN_FORCE, control: { result, reason: '' } };
      expect(conclude([rule({})], fine).verdict).toBe('pass');
    }
  });

  it('refuses what is self-reported where the gate file does', () => {
    const concluded = conclude([rule({})], { ...IN_FORCE, selfReportedRefused: true });
    expect(concluded).toMatchObject({ verdict: 'error', blame: { owner: 'configuration' } });
    expect(concluded.summary).toBe('The numbers are self-reported, and the gate file does not accept that.');
  });

  it('a waived rule was judged, and lets the rest pass', () => {
    const waiver = {
      rule: 'accuracy.minimum',
      by: 'ann',
      reason: 'known',
      headSha: 'a'.repeat(40),
      expires: '2026-12-01T23:59:59Z',
      url: null,
    };
    const waived = rule({ result: 'warn', waiver });
    expect(conclude([waived], IN_FORCE)).toMatchObject({
      verdict: 'pass',
      summary: 'Every broken rule is waived (1 is waived).',
    });
    expect(conclude([waived, waived, rule({})], IN_FORCE).summary).toContain(
      'The rule holds (2 are waived): ',
    );
    expect(conclude([waived, rule({ result: 'fail' })], IN_FORCE).verdict).toBe('fail');
  });
});
