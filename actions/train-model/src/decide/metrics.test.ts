import { describe, expect, it } from 'vitest';
import { parseMetrics } from './metrics.ts';

describe('parseMetrics', () => {
  it.each([
    ['{}', {}],
    ['{"a":1,"b":{"c":2,"d":{"e":-3.5}}}', { a: 1, 'b.c': 2, 'b.d.e': -3.5 }],
    ['{"a":"text","b":true,"c":null,"d":[1,2],"e":0}', { e: 0 }],
    ['{"say \\"NaN\\"":1,"NaN":2,"x":"NaN"}', { 'say "NaN"': 1, NaN: 2 }],
  ])('reads %s', (text, values) => {
    expect(parseMetrics(text)).toEqual({ ok: true, values });
  });

  it.each([
    ['{"a":NaN}', 'a is NaN'],
    ['{"a":{"b":-Infinity},"c":Infinity}', 'a.b is -Infinity, c is Infinity'],
    ['{"a":1e999}', 'a is Infinity'],
  ])('finds what is no number in %s', (text, message) => {
    expect(parseMetrics(text)).toEqual({ ok: false, problem: 'not-a-number', message });
  });

  it.each([
    ['', /is not JSON/],
    ['{"a":1', /is not JSON/],
    ['3', /is not a JSON object/],
    ['[1]', /is not a JSON object/],
    ['null', /is not a JSON object/],
    [
      JSON.stringify(Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`m${i}`, i]))),
      /more than 2000/,
    ],
  ])('refuses %.20s', (text, message) => {
    expect(parseMetrics(text)).toMatchObject({
      ok: false,
      problem: 'not-valid',
      message: expect.stringMatching(message) as string,
    });
  });

  it('reads text behind a byte order mark', () => {
    expect(parseMetrics('\ufeff{"a":1}')).toEqual({ ok: true, values: { a: 1 } });
  });

  it.each(['secret', '{"a":1, secret}', '{"a":"secret" 3}', '{"a":secret'])('tells nothing of %s', (text) => {
    const result = parseMetrics(text);
    expect(result).toMatchObject({ ok: false, problem: 'not-valid' });
    expect(JSON.stringify(result)).not.toContain('secr');
  });

  it('is not led to the prototype, nor to the bottom of a deep document', () => {
    const result = parseMetrics('{"__proto__":{"polluted":1},"constructor":2}');
    expect(result.ok && Object.entries(result.values)).toEqual([
      ['__proto__.polluted', 1],
      ['constructor', 2],
    ]);
    expect('polluted' in {}).toBe(false);
    expect(parseMetrics(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`)).toEqual({ ok: true, values: {} });
  });
});
