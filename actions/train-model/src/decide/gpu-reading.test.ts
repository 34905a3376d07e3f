import { describe, expect, it } from 'vitest';
import { toNumber, toText } from './gpu-reading.ts';

describe('toNumber', () => {
  it.each([
    ['12', 12],
    [' 3.5 ', 3.5],
    ['-1', -1],
    ['[N/A]', null],
    ['1,5', null],
    ['0x10', null],
    ['', null],
    [undefined, null],
  ])('reads %j as %j', (text, value) => {
    expect(toNumber(text)).toBe(value);
  });
});

describe('toText', () => {
  it.each([
    [' A100 ', 'A100'],
    ['[Not Supported]', null],
    ['N/A', null],
    ['none', null],
    ['', null],
    [undefined, null],
  ])('reads %j as %j', (text, value) => {
    expect(toText(text)).toBe(value);
  });
});
