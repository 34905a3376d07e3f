import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { type InputReader, openInputs, variableOf } from './inputs.ts';

const KNOWN = ['model', 'max-minutes', 'command', 'data', 'mode', 'working-directory', 'keep-alive', 'id'];
let workspace = '';

beforeAll(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'inputs-')));
  mkdirSync(join(workspace, 'project'));
  writeFileSync(join(workspace, 'project', 'train.py'), '');
  symlinkSync(tmpdir(), join(workspace, 'project', 'escape'));
});
afterAll(() => rmSync(workspace, { recursive: true }));

function reader(inputs: Record<string, string>): InputReader {
  return openInputs(
    KNOWN,
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value])),
    workspace,
  );
}

/** The message and remedy of the UsageError that `read` throws. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof UsageError) return `${error.message} ${error.remedy ?? ''}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('openInputs', () => {
  it('refuses an unknown input and names the nearest', () => {
    expect(refusal(() => reader({ modell: 'digits' }))).toMatch(
      /Unknown input "modell"\. Did you mean "model"\?/,
    );
  });

  it('lists what is accepted where nothing is near', () => {
    expect(refusal(() => reader({ zzzzzzzzzz: '1' }))).toMatch(/Accepted: model, max-minutes/);
  });

  it('takes blank text for nothing', () => {
    expect(reader({ model: '  ' }).text('model')).toBeUndefined();
    expect(refusal(() => reader({ model: '  ' }).requiredText('model'))).toMatch(/"model" is required/);
  });

  it.each([
    ['true', true],
    ['False', false],
  ])('reads the boolean %s', (text, value) => {
    expect(reader({ 'keep-alive': text }).boolean('keep-alive')).toBe(value);
  });

  it.each(['yes', '1', 'tRue'])('refuses %s as a boolean', (text) => {
    expect(refusal(() => reader({ 'keep-alive': text }).boolean('keep-alive'))).toContain(`is "${text}"`);
  });

  it.each([
    ['1.5', 1.5],
    ['1e-3', 0.001],
    ['-2', -2],
    ['.5', 0.5],
  ])('reads the number %s', (text, value) => {
    expect(reader({ 'max-minutes': text }).number('max-minutes', {})).toBe(value);
  });

  it.each(['1,5', '0x10', 'NaN', 'Infinity', '1_000', '11', '-1'])(
    'refuses %s as a number from 0 to 10',
    (text) => {
      expect(
        refusal(() => reader({ 'max-minutes': text }).number('max-minutes', { min: 0, max: 10 })),
      ).toContain(`"max-minutes" is "${text}". Accepted: a number from 0 to 10.`);
    },
  );

  it('tells whole numbers from others, and minutes as milliseconds', () => {
    expect(reader({ 'max-minutes': '3' }).integer('max-minutes', {})).toBe(3);
    expect(reader({}).integer('max-minutes', {})).toBeUndefined();
    expect(refusal(() => reader({ 'max-minutes': '3.5' }).integer('max-minutes', {}))).toContain(
      'whole number',
    );
    expect(reader({ 'max-minutes': '0.5' }).minutes('max-minutes', {})).toBe(30_000);
    expect(reader({}).minutes('max-minutes', {})).toBeUndefined();
  });

  it('reads one of a closed set', () => {
    expect(reader({ mode: 'plan' }).oneOf('mode', ['plan', 'publish'])).toBe('plan');
    expect(refusal(() => reader({ mode: 'plam' }).oneOf('mode', ['plan', 'publish']))).toContain(
      'Did you mean "plan"?',
    );
  });

  it('reads a list, without blank lines and comments', () => {
    expect(reader({ data: 'train=a.csv\n\n# old\n  test=b.csv ' }).list('data')).toEqual([
      'train=a.csv',
      'test=b.csv',
    ]);
    expect(reader({}).list('data')).toEqual([]);
  });

  it.each([
    ['python train.py --name "a b" \'$HOME\'', ['python', 'train.py', '--name', 'a b', '$HOME']],
    ['["python", "train.py", 3]', ['python', 'train.py', '3']],
    ['- python\n- "a; rm -rf /"', ['python', 'a; rm -rf /']],
    ['echo `id` && true', ['echo', '`id`', '&&', 'true']],
  ])('splits the command %s without expansion', (text, words) => {
    expect(reader({ command: text }).command('command')).toEqual(words);
  });

  it.each([
    ['python "train.py', 'Close every quote'],
    ['python train.py\npython other.py', 'several lines'],
    ['[python, {a: b}]', 'no list of words'],
    ['[]', 'names no program'],
    ['[', 'no valid YAML'],
  ])('refuses the command %j', (text, part) => {
    expect(refusal(() => reader({ command: text }).command('command'))).toContain(part);
  });

  it('has no command where none is given', () => {
    expect(reader({}).command('command')).toBeUndefined();
  });

  it('reads YAML as plain values, and refuses a bomb of aliases', () => {
    expect(reader({ data: 'epochs: 3\nname: x' }).yaml('data')).toEqual({ epochs: 3, name: 'x' });
    expect(reader({}).yaml('data')).toBeUndefined();
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed'].map((pair) => pair.split(''))) {
      const anchor = name ?? '';
      bomb.push(`${anchor}: &${anchor} [${Array.from({ length: 9 }, () => `*${before ?? ''}`).join(',')}]`);
    }
    expect(refusal(() => reader({ data: bomb.join('\n') }).yaml('data'))).toContain('"data" cannot be read');
  });

  it('resolves paths against the working directory', () => {
    const inputs = reader({ 'working-directory': 'project', data: 'train.py' });
    expect(inputs.path('data')).toBe(join(workspace, 'project', 'train.py'));
    expect(inputs.requiredPath('data', { kind: 'file' })).toBe(join(workspace, 'project', 'train.py'));
    expect(reader({}).path('data')).toBeUndefined();
    expect(reader({ data: 'new/file' }).path('data', { mustExist: false })).toBe(
      join(workspace, 'new', 'file'),
    );
  });

  it.each([
    ['../x', 'outside the workspace'],
    ['/etc/passwd', 'outside the workspace'],
    ['project/escape/x', 'outside the workspace'],
    ['project/missing', 'does not exist'],
    ['project', 'is not a file'],
  ])('refuses the path %s', (path, part) => {
    expect(refusal(() => reader({ data: path }).path('data', { kind: 'file' }))).toContain(part);
  });

  it('tells in one line where YAML is broken', () => {
    const message = refusal(() => reader({ data: 'a: 1\nb: {{{' }).yaml('data'));
    expect(message).toMatch(/^Input "data" is no valid YAML: line 2, column \d+: /);
    expect(message.trim()).not.toContain('\n');
  });

  it.skipIf(process.platform === 'win32')('refuses a pipe, which nobody may ever write to', () => {
    execFileSync('mkfifo', [join(workspace, 'project', 'pipe')]);
    const path = 'project/pipe';
    expect(refusal(() => reader({ data: path }).path('data', { kind: 'file' }))).toContain('is not a file');
  });

  it('refuses a file where a folder is wanted, also as working directory', () => {
    expect(refusal(() => reader({ data: 'project/train.py' }).path('data', { kind: 'directory' }))).toContain(
      'is not a directory',
    );
    expect(refusal(() => reader({ 'working-directory': 'nowhere' }))).toContain('"nowhere" is no folder');
  });

  it('reads names of models and keys', () => {
    expect(reader({ model: 'digits-2' }).requiredSubject('model')).toBe('digits-2');
    expect(reader({}).subject('model')).toBeUndefined();
    expect(refusal(() => reader({ model: 'Digits' }).subject('model'))).toContain('lower-case');
    expect(refusal(() => reader({ model: '-x' }).subject('model'))).toContain('is "-x"');
    expect(reader({ id: 'leg_1' }).key('id')).toBe('leg_1');
    expect(refusal(() => reader({ id: 'a.b' }).key('id'))).toContain('hyphens and underscores');
  });
});
