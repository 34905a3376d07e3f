import { describe, expect, it } from 'vitest';
import { terminalTable } from './terminal-table.ts';
import { displayWidth, pad, wrap } from './terminal-text.ts';

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['数字', 4],
    ['🚆', 2],
    ['e\u0301', 1],
    ['✔ ▁', 3],
  ])('of %j is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('pad', () => {
  it('fills on the right, or on the left for numbers, and never cuts', () => {
    expect([pad('a', 3), pad('a', 3, true), pad('abcd', 3)]).toEqual(['a  ', '  a', 'abcd']);
  });
});

describe('wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['a abcdef', 3, ['a', 'abc', 'def']],
    ['数字数', 3, ['数', '字', '数']],
    ['数', 1, ['数']],
    ['', 5, ['']],
  ])('breaks %j at %d', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });
});

describe('terminalTable', () => {
  const columns = [
    { header: 'Name', numeric: false },
    { header: 'n', numeric: true },
    { header: 'Why', numeric: false },
  ];
  const cell = (text: string) => ({ text, paint: (shown: string) => `<${shown}>` });
  const plain = (text: string): string => text;

  it('aligns text to the left and numbers to the right, and paints only what is shown', () => {
    expect(terminalTable(columns, [[cell('a'), cell('12,000'), cell('x y')]], 40, plain)).toEqual([
      'Name       n  Why',
      '<a>     <12,000>  <x y>',
    ]);
  });

  it('wraps the widest columns of text until the table fits', () => {
    const lines = terminalTable(
      columns,
      [[cell('a name of some length'), cell('7'), cell('a reason that is longer than the name, by far')]],
      50,
      plain,
    );
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.replaceAll(/[<>]/g, '').length).toBeLessThanOrEqual(50);
  });

  it('becomes a list where the screen is too narrow for a table', () => {
    const lines = terminalTable(
      columns,
      [[cell('a name of some length'), cell('7'), cell('a reason that is longer than this')]],
      24,
      plain,
    );
    expect(lines).toEqual([
      '• Name:',
      '    <a name of some>',
      '    <length>',
      '  n: <7>',
      '  Why:',
      '    <a reason that is>',
      '    <longer than this>',
    ]);
  });
});
