import { describe, expect, it } from 'vitest';
import { parseNumber, pointOf } from './point-of.ts';

describe('parseNumber', () => {
  it.each([
    ['0.5', 0.5],
    [' -1e-3 ', -0.001],
    ['.5', 0.5],
    ['5.', 5],
    ['nan', NaN],
    ['NaN', NaN],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['', undefined],
    ['0x10', undefined],
    ['abc', undefined],
    ['1 2', undefined],
  ])('reads "%s"', (text, value) => {
    expect(parseNumber(text)).toEqual(value);
  });
});

describe('pointOf', () => {
  it('tells apart what is no number', () => {
    expect(
      pointOf(3, [
        ['loss', NaN],
        ['acc', 1],
        ['__proto__', 2],
      ]),
    ).toEqual({
      step: 3,
      values: Object.fromEntries([
        ['acc', 1],
        ['__proto__', 2],
      ]),
      total: undefined,
      bad: ['loss is NaN'],
    });
    expect('bad' in pointOf(1, [['a', 1]], 9)).toBe(false);
  });
});
