import { describe, expect, it } from 'vitest';
import { trainingSection } from '../../../test/record/sections.ts';
import { chooseSection } from './choose.ts';

const of = (key: string, subject = 'digits') => trainingSection({ subject, run: { key } });
const LEG_A = 'aaaaaaaaaaaa';
const LEG_B = 'bbbbbbbbbbbb';

function choose(keys: string[], options: { fromKey?: string; ownKey?: string } = {}): string | undefined {
  const { fromKey, ownKey = 'gate' } = options;
  const choice = { kind: 'training', subject: 'digits', fromKey, ownKey } as const;
  return chooseSection(
    keys.map((key) => of(key)),
    choice,
  )?.run.key;
}

describe('chooseSection', () => {
  it('finds none where there is none', () => {
    expect(choose([])).toBeUndefined();
  });

  it('takes the only one, whatever from-key names for other kinds', () => {
    expect(choose(['train'])).toBe('train');
    expect(choose(['train'], { fromKey: 'other' })).toBe('train');
  });

  it('takes that of the same matrix leg', () => {
    expect(choose([`train-${LEG_A}`, `train-${LEG_B}`], { ownKey: `gate-${LEG_B}` })).toBe(`train-${LEG_B}`);
  });

  it('takes the equal key, as where both steps have the same id', () => {
    expect(choose(['small', 'large'], { ownKey: 'large' })).toBe('large');
  });

  it('takes from-key before the leg', () => {
    const keys = [`train-${LEG_A}`, `train-${LEG_B}`];
    expect(choose(keys, { ownKey: `gate-${LEG_B}`, fromKey: `train-${LEG_A}` })).toBe(`train-${LEG_A}`);
    expect(choose(keys, { ownKey: `gate-${LEG_B}`, fromKey: 'of-another-kind' })).toBe(`train-${LEG_B}`);
  });

  it('lists the keys where nothing decides', () => {
    expect(() => choose(['b', 'a'])).toThrow(/Several training sections of "digits".*keys are a, b/);
    expect(() => choose(['b', 'a'], { fromKey: 'c' })).toThrow(/"from-key" is "c"/);
    const twice = [`train-${LEG_A}`, `tune-${LEG_A}`];
    expect(() => choose(twice, { ownKey: `gate-${LEG_A}` })).toThrow(/could be meant/);
  });

  it('asks for a name where several subjects could be meant', () => {
    const two = [of('train', 'digits'), of('train', 'letters')];
    const any = { subject: undefined, fromKey: undefined, ownKey: 'gate' };
    expect(() => chooseSection(two, { kind: 'training', ...any })).toThrow(
      /several subjects: digits, letters/,
    );
    expect(() => chooseSection(two, { kind: 'data', ...any })).toThrow(/subjects/);
    expect(chooseSection(two, { kind: 'training', ...any, subject: 'letters' })?.subject).toBe('letters');
    expect(chooseSection(two.slice(1), { kind: 'training', ...any })?.subject).toBe('letters');
  });
});
