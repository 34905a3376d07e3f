import { describe, expect, it } from 'vitest';
import { cleanLine, cleanLines, clip } from './clean-text.ts';

describe('cleanLine', () => {
  it.each([
    ['plain text', 'plain text'],
    ['  two\n\tlines ', 'two lines'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u009b1mbold', 'bold'],
    ['\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007', 'link'],
    ['\u001b]0;title\u001b\\text', 'text'],
    ['end\u001b', 'end'],
    ['be\u0000ll\u0007', 'bell'],
    ['invoice\u202egpj.exe', 'invoicegpj.exe'],
    ['a\u200bb\u2060c\ufeffd\u00ade', 'abcde'],
    ['tag\u{e0041}\u{e007f}', 'tag'],
    ['half \ud800 pair', 'half \ufffd pair'],
    ['line\u2028break', 'line break'],
    ['Übergröße 数字 🚆', 'Übergröße 数字 🚆'],
  ])('turns %j into %j', (text, clean) => {
    expect(cleanLine(text)).toBe(clean);
  });
});

describe('cleanLines', () => {
  it('keeps lines and indentation, and drops what is invisible', () => {
    expect(cleanLines('a\r\n\tb \u001b[1mc\u0000\u200b\n')).toEqual(['a', '    b c', '']);
  });
});

describe('clip', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly', 7, 'exactly'],
    ['too long', 4, 'too…'],
    ['🚆🚆🚆', 3, '🚆🚆🚆'],
    ['🚆🚆🚆', 2, '🚆…'],
  ])('cuts %j to %d characters', (text, max, clipped) => {
    expect(clip(text, max)).toBe(clipped);
  });
});
