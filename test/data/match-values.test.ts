import { describe, expect, it } from 'vitest';
import { matchValues } from '../../actions/validate-data/src/match-values.ts';

const NEVER = new AbortController().signal;

describe('matchValues', () => {
  it('tells of each value whether it matches, in their order', async () => {
    const values = Array.from({ length: 45_000 }, (_, index) => String(index));
    const matches = await matchValues(/^(?!.*7)/u, values, 10_000, NEVER);
    expect(matches).toEqual(values.map((value) => !value.includes('7')));
    expect(await matchValues(/a/, [], 1, NEVER)).toEqual([]);
  });

  it('ends where a pattern does not', async () => {
    const start = performance.now();
    expect(await matchValues(/^(a+)+$/, ['b', `${'a'.repeat(40)}!`], 200, NEVER)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('hears that it is cancelled', async () => {
    await expect(matchValues(/a/, ['a'], 1_000, AbortSignal.abort(new Error('stop')))).rejects.toThrow(
      'stop',
    );
  });
});
