import { describe, expect, it } from 'vitest';
import { createMasker } from './masker.ts';
import { LineSplitter, MAX_LINE_CHARACTERS } from './line-splitter.ts';

function split(...pieces: string[]): string[] {
  const splitter = new LineSplitter(createMasker([]));
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe('LineSplitter', () => {
  it.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', 'b', '\n', 'c'],
      ['ab', 'c'],
    ],
    [['\n\n'], ['', '']],
    [
      ['windows\r\n', 'end\r', '\n'],
      ['windows', 'end'],
    ],
    [['1%\r50%\r', '100%', '\n'], ['100%']],
    [['1%\r50%\r'], ['50%']],
    [
      ['tab\there \u0007bell \u001b[2Kerase \u001b[31mred\u001b[0m\n'],
      ['tab\there bell erase \u001b[31mred\u001b[0m'],
    ],
    [['::error::not a command\n'], ['::error::not a command']],
    [[''], []],
  ])('%j gives %j', (pieces, lines) => {
    expect(split(...pieces)).toEqual(lines);
  });

  it('cuts a line that is too long and says by how much, whatever the pieces', () => {
    const cut = `${'x'.repeat(MAX_LINE_CHARACTERS)} … (10 more characters)`;
    expect(split(`${'x'.repeat(MAX_LINE_CHARACTERS + 10)}\nshort\n`)).toEqual([cut, 'short']);
    expect(split('x'.repeat(MAX_LINE_CHARACTERS), 'x'.repeat(10), '\nshort\n')).toEqual([cut, 'short']);
    expect(split('x'.repeat(MAX_LINE_CHARACTERS + 10))).toEqual([cut]);
  });

  it('holds no more than one line of a bar that never ends', () => {
    const splitter = new LineSplitter(createMasker([]));
    for (let step = 0; step < 1000; step += 1)
      expect(splitter.push(`\rstep ${step} ${'.'.repeat(10_000)}`)).toEqual([]);
    expect(splitter.push('\rdone\n')).toEqual(['done']);
  });

  it('masks a secret also where it is cut, or comes together only by what is taken out', () => {
    const secret = 'a-secret-of-some-length';
    const masked = (...pieces: string[]): string[] => {
      const splitter = new LineSplitter(createMasker([secret]));
      return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
    };
    expect(masked(`x ${secret} y\n`)).toEqual(['x *** y']);
    expect(masked('x a-sec', 'ret-of-some-length y\n')).toEqual(['x *** y']);
    expect(masked(`x ${secret.slice(0, 4)}\u0007${secret.slice(4)}\n`)).toEqual(['x ***']);
    const before = 'x'.repeat(MAX_LINE_CHARACTERS - 5);
    const cut = `${before} … (${secret.length + 1} more characters)`;
    expect(masked(`${before}${secret}z\n`)).toEqual([cut]);
    expect(masked(`${before}${secret.slice(0, 9)}`, `${secret.slice(9)}z`)).toEqual([cut]);
    const many = `${secret} `.repeat(2_000);
    expect(masked(many).join().replaceAll('***', '')).not.toContain('secret');
  });
});
