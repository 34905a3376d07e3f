import { describe, expect, it } from 'vitest';
import { fit, fitLines } from './fit.ts';

const size = (text: string): number => text.length;
const part = (text: string, rank: number) => ({ text, name: text, rank });

describe('fit', () => {
  it('keeps the most important parts whole and in their own order', () => {
    const parts = [part('aaaa', 3), part('bb', 1), part('ccc', 2)];
    expect(fit(parts, 5, size)).toEqual({ parts: [parts[1], parts[2]], leftOut: [parts[0]] });
  });

  it('leaves a part out that is too large, and still keeps a smaller one of a lower rank', () => {
    const parts = [part('aaaaaaaa', 0), part('b', 5)];
    expect(fit(parts, 4, size).parts).toEqual([parts[1]]);
  });

  it('keeps all where there is room, and nothing where there is none', () => {
    const parts = [part('a', 0), part('b', 1)];
    expect(fit(parts, 2, size).leftOut).toEqual([]);
    expect(fit(parts, -1, size).parts).toEqual([]);
  });
});

describe('fitLines', () => {
  it('cuts between lines', () => {
    expect(fitLines('one\ntwo\nthree', 8, size)).toBe('one\ntwo');
    expect(fitLines('one', 1, size)).toBe('');
  });
});
