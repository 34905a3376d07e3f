import { describe, expect, it } from 'vitest';
import { earlyEnd, type Limits } from './early-end.ts';

const NONE: Limits = { totalMs: undefined, jobMs: undefined, maxCostUsd: undefined };
const standing = { elapsedMs: 60_000, costUsd: 1, stop: undefined };

describe('earlyEnd', () => {
  it('ends nothing without a limit or a rule', () => {
    expect(earlyEnd(NONE, standing)).toBeUndefined();
    expect(earlyEnd({ totalMs: 60_001, jobMs: 60_001, maxCostUsd: 1.01 }, standing)).toBeUndefined();
    expect(earlyEnd({ ...NONE, maxCostUsd: 0.5 }, { ...standing, costUsd: undefined })).toBeUndefined();
  });

  it('names the input that ends it', () => {
    expect(earlyEnd({ ...NONE, totalMs: 60_000 }, standing)).toEqual({
      failureClass: 'time-limit',
      why: 'It ran for longer than "max-minutes" allows (1)',
    });
    expect(earlyEnd({ ...NONE, maxCostUsd: 1 }, standing)).toEqual({
      failureClass: 'cost-limit',
      why: 'It has cost $1.00 of the $1 that "max-cost-usd" allows',
    });
    expect(earlyEnd({ ...NONE, jobMs: 50_000 }, standing)).toMatchObject({ failureClass: 'time-limit' });
  });

  it('lets a rule on the metrics go first, and a plateau be no failure', () => {
    const stop = { rule: 'plateau', reason: 'loss stood still.', failureClass: null } as const;
    expect(earlyEnd({ ...NONE, totalMs: 0 }, { ...standing, stop })).toEqual({
      failureClass: null,
      why: 'loss stood still',
    });
  });
});
