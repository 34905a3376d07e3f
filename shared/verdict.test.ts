import { describe, expect, it } from 'vitest';
import { type Result, verdictOf } from './verdict.ts';

describe('verdictOf', () => {
  const cases: [Result[], Result[], string][] = [
    [['pass', 'pass'], [], 'pass'],
    [['pass', 'fail', 'inconclusive'], [], 'fail'],
    [['fail', 'error'], [], 'error'],
    [['pass', 'inconclusive'], [], 'inconclusive'],
    [['pass', 'warn', 'not-run'], [], 'pass'],
    [['warn', 'not-run'], [], 'inconclusive'],
    [[], ['fail', 'error'], 'inconclusive'],
    [['pass'], ['fail', 'error'], 'pass'],
    [[], [], 'inconclusive'],
  ];
  it.each(cases)('blocking %j with shown %j is %s', (blocking, shown, verdict) => {
    const judged = [
      ...blocking.map((result) => ({ result, severity: 'error' as const })),
      ...shown.map((result) => ({ result, severity: 'warning' as const })),
    ];
    expect(verdictOf(judged)).toBe(verdict);
  });
});
