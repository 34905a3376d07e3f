import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { legOfKey, sectionKey } from './key.ts';

const key = (parts: Partial<Parameters<typeof sectionKey>[0]>): string =>
  sectionKey({ id: undefined, job: 'train', matrix: undefined, ...parts });

describe('sectionKey', () => {
  it.each([
    [{}, 'train'],
    [{ matrix: 'null' }, 'train'],
    [{ matrix: '' }, 'train'],
    [{ matrix: '{}' }, 'train'],
    [{ job: null }, 'terminal'],
    [{ id: 'mine', matrix: '{"a":1}' }, 'mine'],
  ])('of %j is %s', (parts, expected) => {
    expect(key(parts)).toBe(expected);
  });

  it('ends with the leg in a matrix, whatever the order and layout of its JSON', () => {
    const leg = key({ matrix: '{"model":"a","size":2}' });
    expect(leg).toMatch(/^train-[0-9a-f]{12}$/);
    expect(key({ matrix: '{\n  "size": 2,\n  "model": "a"\n}' })).toBe(leg);
    expect(key({ matrix: '{"model":"b","size":2}' })).not.toBe(leg);
    expect(legOfKey(leg)).toBe(leg.slice('train-'.length));
    expect(legOfKey('train')).toBeUndefined();
  });

  it('stays within what a key may hold', () => {
    expect(key({ job: 'x'.repeat(200), matrix: '{"a":1}' })).toHaveLength(100);
    expect(key({ job: 'a b/c' })).toBe('a_b_c');
  });

  it('refuses a matrix that is no JSON and names the remedy', () => {
    expect(() => key({ matrix: '${{ toJSON(matrix) }}' })).toThrow('Input "matrix" is no JSON');
  });

  it.each(['{"rate":1e400}', '{"name":"\\ud800"}'])(
    "refuses %s, which has no canonical form, as the user's",
    (matrix) => {
      expect(() => key({ matrix })).toThrow(UsageError);
      expect(() => key({ matrix })).toThrow('Input "matrix"');
      expect(key({ matrix, id: 'mine' })).toBe('mine');
    },
  );
});
