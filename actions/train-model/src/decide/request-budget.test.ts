import { describe, expect, it } from 'vitest';
import { lookGapMs, RequestBudget } from './request-budget.ts';

const HOUR = 3_600_000;

describe('the gap between two looks', () => {
  it.each([
    [0, 60_000],
    [120_000, 60_000],
    [300_000, 150_000],
    [960_000, 480_000],
    [90_000_000, 480_000],
  ])('after %i ms is %i ms', (elapsed, gap) => {
    expect(lookGapMs(elapsed)).toBe(gap);
  });
});

describe('the budget', () => {
  it('counts what is not 304, in any hour and in all', () => {
    const budget = new RequestBudget(0);
    for (let at = 0; at < 10; at += 1) budget.answered(at, 304);
    expect(budget.counts).toEqual({ largestHour: 0, total: 0 });
    for (let at = 0; at < 10; at += 1) budget.answered(at, at === 3 ? undefined : 200);
    budget.spend(HOUR + 20, 2);
    expect(budget.counts).toEqual({ largestHour: 10, total: 12 });
  });

  it('lets no hour cost more than 50 for what is only shown', () => {
    const budget = new RequestBudget(0);
    const spent: number[] = [];
    for (let at = 0; at < 6 * HOUR; at += 10_000) {
      if (budget.affordable(at) < 3) continue;
      budget.spend(at, 3);
      spent.push(at);
    }
    for (const from of spent) {
      expect(3 * spent.filter((at) => at >= from && at < from + HOUR).length).toBeLessThanOrEqual(50);
    }
    expect(spent.length * 3).toBeGreaterThan(6 * 30);
    expect(budget.counts.largestHour).toBeLessThanOrEqual(50);
  });

  it('affords nothing where much had to be spent, or where the token runs low', () => {
    const budget = new RequestBudget(0);
    expect(budget.affordable(0)).toBe(16);
    budget.told(99);
    expect([budget.low, budget.affordable(0)]).toEqual([true, 0]);
    budget.told(100);
    expect([budget.low, budget.affordable(0)]).toEqual([false, 16]);
    budget.spend(0, 48);
    expect(budget.affordable(HOUR - 1)).toBe(2);
    expect(budget.affordable(HOUR)).toBe(16);
  });
});
