import { describe, expect, it } from 'vitest';
import { concludeModels } from './conclude-models.ts';

const judged = (subject: string, verdict: 'pass' | 'fail' | 'inconclusive' | 'error') => ({
  subject,
  verdict,
  passed: verdict === 'pass',
  summary: `${subject} is said to ${verdict}.`,
});
const needs = (result: 'success' | 'failure' | 'cancelled' | 'skipped') => [
  { job: 'gate', result, outputs: {} },
];

describe('all models of a matrix', () => {
  it('pass where each of them passed', () => {
    const told = concludeModels(['a', 'b'], [judged('a', 'pass'), judged('b', 'pass')], needs('success'));
    expect(told).toMatchObject({ verdict: 'pass', summary: 'Every gate passed (2 models).' });
    expect(told.lines).toEqual(['a: pass. a is said to pass.', 'b: pass. b is said to pass.']);
  });

  it.each(['fail', 'error', 'inconclusive'] as const)('are as bad as the worst of them: %s', (verdict) => {
    const told = concludeModels(['a', 'b'], [judged('a', 'pass'), judged('b', verdict)], needs('failure'));
    expect(told.verdict).toBe(verdict);
    expect(told.summary).toBe(`b: ${verdict}. b is said to ${verdict}. (Of 2 models.)`);
  });

  it.each(['success', 'skipped', 'cancelled'] as const)(
    'are an error where one has not reported and its job ended as %s',
    (result) => {
      const told = concludeModels(['a', 'b'], [judged('a', 'pass')], needs(result));
      expect(told.verdict).toBe('error');
      expect(told.summary).toContain(
        'b has no verdict: its gate has not reported in this run, or was skipped.',
      );
    },
  );

  it('are an error where every gate passed and a job ended badly all the same', () => {
    const told = concludeModels(['a'], [judged('a', 'pass')], needs('cancelled'));
    expect(told).toMatchObject({ verdict: 'error', summary: 'The job "gate" ended as cancelled.' });
  });

  it('count several gates of one model by the worst', () => {
    const told = concludeModels(['a'], [judged('a', 'pass'), judged('a', 'fail')], needs('success'));
    expect(told.verdict).toBe('fail');
  });

  it('are undecided while one is judged elsewhere, and what stands for a verdict counts as that', () => {
    const later = { subject: 'a', verdict: 'pending' as const, passed: false, summary: 'Later.' };
    expect(concludeModels(['a'], [later], needs('success')).verdict).toBe('inconclusive');
    const same = { subject: 'a', verdict: 'skipped' as const, passed: true, summary: 'As before.' };
    expect(concludeModels(['a'], [same], needs('success')).verdict).toBe('pass');
  });
});
