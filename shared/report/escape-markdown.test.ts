import { describe, expect, it } from 'vitest';
import { escapeHtml, escapeHtmlLines } from './escape-html.ts';
import { codeMarkdown, escapeMarkdown, linkTarget } from './escape-markdown.ts';

describe('escapeMarkdown', () => {
  it.each([
    ['nothing special, 12.5 s (all)', 'nothing special, 12.5 s (all)'],
    ['snake_case_name', 'snake_case_name'],
    ['_emphasis_', '&#95;emphasis&#95;'],
    ['**bold** and `code`', '&#42;&#42;bold&#42;&#42; and &#96;code&#96;'],
    ['[text](target)', '&#91;text&#93;(target)'],
    ['![image](x)', '!&#91;image&#93;(x)'],
    ['a | b', 'a &#124; b'],
    ['<b>&amp;</b>', '&#60;b&#62;&#38;amp;&#60;/b&#62;'],
    ['<!-- marker -->', '&#60;!-- marker --&#62;'],
    ['back\\slash', 'back&#92;slash'],
    ['~~gone~~', '&#126;&#126;gone&#126;&#126;'],
    ['[^1] note', '&#91;^1&#93; note'],
    ['@octocat', '<span>@</span>octocat'],
    ['mail me@example.com', 'mail me<span>@</span>example.com'],
    ['fixes #12', 'fixes <span>#</span>12'],
    ['owner/name#1', 'owner/name<span>#</span>1'],
    ['GH-12', 'GH<span>-</span>12'],
    ['https://example.com', 'https<span>:</span>//example.com'],
    ['www.example.com', 'www<span>.</span>example.com'],
    ['mailto:me', 'mailto<span>:</span>me'],
    ['$x^2$', '<span>$</span>x^2<span>$</span>'],
    [':octocat:', '<span>:</span>octocat:'],
    ['at 10:00:30', 'at 10:00:30'],
    ['commit 1a954628a960', 'commit 1a9546<span>2</span>8a960'],
    ['# heading', '&#35; heading'],
    ['- item', '&#45; item'],
    ['---', '&#45;--'],
    ['12. item', '&#49;2. item'],
    ['2.1 s', '2.1 s'],
    ['line\nbreak', 'line break'],
  ])('renders %j inert', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('clips before it escapes, so that no reference is cut in two', () => {
    expect(escapeMarkdown('<<<<', 3)).toBe('&#60;&#60;…');
  });
});

describe('codeMarkdown', () => {
  it.each([
    ['', ''],
    ['data/train.parquet', '`data/train.parquet`'],
    ['two words', '`two words`'],
    ['a`b', '<code>a&#96;b</code>'],
    ['a|b', '<code>a&#124;b</code>'],
    ['<b>', '<code>&#60;b&#62;</code>'],
  ])('shows %j as %j', (text, shown) => {
    expect(codeMarkdown(text)).toBe(shown);
  });
});

describe('linkTarget', () => {
  it.each([
    ['https://github.com/acme/digits/actions/runs/7', 'https://github.com/acme/digits/actions/runs/7'],
    ['https://github.com/a)b(c|d"e<f', 'https://github.com/a%29b%28c%7Cd%22e%3Cf'],
    ['http://github.com/', undefined],
    ['https://user:secret@github.com/', undefined],
    ['javascript:alert(1)', undefined],
    ['not a url', undefined],
  ])('of %j is %j', (url, target) => {
    expect(linkTarget(url)).toBe(target);
  });
});

describe('escapeHtml', () => {
  it('leaves no character that could end a text or an attribute', () => {
    expect(escapeHtml(`<a href="x" b='y'>&\`\n`)).toBe(
      '&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;&#96;',
    );
  });

  it('keeps the lines of a text for pre', () => {
    expect(escapeHtmlLines('a\n</pre>')).toBe('a\n&lt;/pre&gt;');
  });
});
