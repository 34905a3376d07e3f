import { describe, expect, it } from 'vitest';
import { InfrastructureError, SubjectError, UsageError } from '../../errors.ts';
import { VERDICTS } from '../../verdict.ts';
import { codeOwnersOf } from './code-owners.ts';
import { errorFactsOf } from './error-outcome.ts';
import { statusContextOf, stepResultOf } from './step-result.ts';
import { inert } from './workflow-command.ts';

describe('stepResultOf', () => {
  it('is the table of the design', () => {
    const table = Object.fromEntries(
      VERDICTS.map((verdict) => {
        const result = stepResultOf(verdict, { onInconclusive: 'warn', usage: false });
        return [verdict, [result.stepFails, result.warns, result.exitCode, result.statusState]];
      }),
    );
    expect(table).toEqual({
      pass: [false, false, 0, 'success'],
      fail: [true, false, 1, 'failure'],
      inconclusive: [false, true, 3, 'success'],
      error: [true, false, 4, 'error'],
      skipped: [false, false, 0, 'success'],
      pending: [false, false, 0, 'pending'],
    });
  });

  it('gives 2 for wrong use, and fails on inconclusive where that is asked for', () => {
    expect(stepResultOf('error', { onInconclusive: 'warn', usage: true }).exitCode).toBe(2);
    expect(stepResultOf('inconclusive', { onInconclusive: 'fail', usage: false })).toEqual({
      stepFails: true,
      warns: false,
      exitCode: 3,
      statusState: 'failure',
    });
  });
});

describe('statusContextOf', () => {
  it('lets the gate speak for the model', () => {
    expect(statusContextOf('evaluation', 'digits')).toBe('trainyard/digits');
    expect(statusContextOf('data', 'digits')).toBe('trainyard/digits/data');
  });
});

describe('codeOwnersOf', () => {
  const file = [
    '# comment',
    '* @org/all',
    '/data/ @org/data  # the data team',
    'docs/*.md @writer',
    '/data/free/',
  ].join('\n');
  it.each([
    ['data/train.csv', ['@org/data']],
    ['docs/a.md', ['@writer']],
    ['docs/deep/a.md', ['@org/all']],
    ['data/free/x', []],
    ['train.py', ['@org/all']],
  ])('%s belongs to %j', (path, owners) => {
    expect(codeOwnersOf(file, path)).toEqual(owners);
  });
  it('passes over what is no CODEOWNERS syntax', () => {
    expect(codeOwnersOf('!* @x\n[ab] @y', 'a')).toEqual([]);
  });
});

describe('errorFactsOf', () => {
  it('tells whose an error is', () => {
    const usage = errorFactsOf(
      new UsageError('No rules.', { remedy: 'Add one.', where: { file: 'gate.yaml', line: 3 } }),
      false,
    );
    expect(usage).toMatchObject({ usage: true, defect: false, where: { file: 'gate.yaml', line: 3 } });
    expect(usage.blame).toMatchObject({ owner: 'configuration', remedy: 'Add one.' });
    expect(errorFactsOf(new InfrastructureError('No answer.'), false)).toMatchObject({
      usage: false,
      blame: { owner: 'infrastructure', remedy: null },
    });
    expect(errorFactsOf(new SubjectError('model', 'No ONNX.'), false).blame.owner).toBe('model');
  });

  it('says that what is unexpected is our defect', () => {
    expect(errorFactsOf(new TypeError('x is undefined'), false)).toMatchObject({
      defect: true,
      usage: false,
    });
    expect(errorFactsOf('text', false).summary).toContain('text');
  });

  it('says cancelled, whatever was thrown then', () => {
    expect(errorFactsOf(new Error('aborted'), true).summary).toBe('Cancelled before it ended.');
  });
});

describe('inert', () => {
  it.each([
    ['::set-output name=x::y', ': :set-output name=x::y'],
    ['  ::error::x', '  : :error::x'],
    ['fine\r\n::add-mask::e', 'fine\n: :add-mask::e'],
    ['a ##[error]x', 'a ## [error]x'],
    ['std::vector', 'std::vector'],
  ])('%j becomes %j', (text, safe) => {
    expect(inert(text)).toBe(safe);
  });
});
