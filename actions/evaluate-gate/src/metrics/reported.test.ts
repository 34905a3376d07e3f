import { describe, expect, it } from 'vitest';
import { readReportedMetrics } from './reported.ts';

describe('readReportedMetrics', () => {
  it('flattens numbers with dots, keeps nulls, leaves the rest', () => {
    const text =
      '{"accuracy": 0.9, "test": {"f1": {"macro": 1}, "note": "x", "ok": true, "list": [1]}, "gone": null, "huge": 1e999}';
    expect([...readReportedMetrics(text, 'm.json')]).toEqual([
      ['accuracy', 0.9],
      ['test.f1.macro', 1],
      ['gone', null],
      ['huge', null],
    ]);
  });

  it('is safe against names of the prototype', () => {
    expect([...readReportedMetrics('{"__proto__": {"a": 1}, "constructor": 2}', 'm.json')]).toEqual([
      ['__proto__.a', 1],
      ['constructor', 2],
    ]);
  });

  it.each([
    ['{', 'm.json are not JSON'],
    ['[1]', 'm.json are no JSON object'],
    ['null', 'm.json are no JSON object'],
    ['{"a": {"b": 1}, "a.b": 2}', 'm.json name "a.b" twice'],
    [`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, 'nested deeper than 32'],
  ])('refuses %s', (text, message) => {
    expect(() => readReportedMetrics(text, 'm.json')).toThrow(message);
  });

  it('says what JSON does not know', () => {
    expect(() => readReportedMetrics('{"loss": NaN}', 'm.json')).toThrow(
      expect.objectContaining({
        remedy: 'JSON knows neither NaN nor Infinity: write numbers, or null.',
      }) as Error,
    );
  });

  it('accepts a name twice with one value', () => {
    expect(readReportedMetrics('{"a": {"b": 1}, "a.b": 1}', 'm.json').size).toBe(1);
  });
});
