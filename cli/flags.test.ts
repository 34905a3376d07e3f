import { describe, expect, it } from 'vitest';
import { UsageError } from '../shared/errors.ts';
import { parseFlags } from './flags.ts';

const KNOWN = [
  { name: 'data', boolean: false },
  { name: 'model', boolean: false },
  { name: 'comment', boolean: true },
];
const parse = (...args: string[]): Record<string, string> =>
  Object.fromEntries(parseFlags(args, KNOWN, 'trainyard x'));

describe('parseFlags', () => {
  it.each<[string, string[], Record<string, string>]>([
    ['a value after a blank', ['--model', 'digits'], { model: 'digits' }],
    ['a value after =', ['--model=digits'], { model: 'digits' }],
    ['a value that holds =', ['--data=train=a.csv'], { data: 'train=a.csv' }],
    ['a value that begins with --', ['--data=--x'], { data: '--x' }],
    ['a value that begins with -', ['--data', '-1'], { data: '-1' }],
    ['an empty value', ['--model', '', '--comment'], { model: '', comment: 'true' }],
    ['a boolean', ['--comment', '--model', 'a'], { comment: 'true', model: 'a' }],
    ['a boolean with a value', ['--comment', 'false', '--model', 'a'], { comment: 'false', model: 'a' }],
    ['a boolean after =', ['--comment=false'], { comment: 'false' }],
    ['a boolean turned off', ['--no-comment'], { comment: 'false' }],
    ['a repeated flag as lines', ['--data', 'a', '--data=b'], { data: 'a\nb' }],
    ['a name that objects have', ['--data', '__proto__'], { data: '__proto__' }],
  ])('reads %s', (_, args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it.each<[string, string[], string, string]>([
    ['an unknown flag', ['--modle', 'a'], 'Unknown flag --modle of "trainyard x".', 'Did you mean "model"?'],
    [
      'a name that objects have',
      ['--constructor', 'a'],
      'Unknown flag --constructor',
      'Accepted: data, model, comment.',
    ],
    ['a word', ['digits'], '"digits" is no flag', 'Every value follows a flag'],
    ['no value at the end', ['--model'], 'Flag --model has no value.', '--model=<value>'],
    ['no value before a flag', ['--model', '--comment'], 'Flag --model has no value.', '--model=<value>'],
    ['--no- before what is no boolean', ['--no-model'], 'Unknown flag --no-model', 'Accepted'],
  ])('refuses %s', (_, args, message, remedy) => {
    let caught: unknown;
    try {
      parse(...args);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(UsageError);
    expect((caught as UsageError).message).toContain(message);
    expect((caught as UsageError).remedy).toContain(remedy);
  });
});
