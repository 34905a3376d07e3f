import { describe, expect, it } from 'vitest';
import { progressGap } from './progress-gap.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function timesIn(durationMs: number): number {
  let times = 1;
  for (let at = progressGap(0); at < durationMs; at += progressGap(at)) times += 1;
  // The last one is told at the end.
  return times + 1;
}

describe('the gap between two progresses', () => {
  it.each([
    [0, 15_000],
    [2 * MINUTE, 15_000],
    [8 * MINUTE, MINUTE],
    [40 * MINUTE, 5 * MINUTE],
    [5 * HOUR, 5 * MINUTE],
    [10 * HOUR, 10 * MINUTE],
    [5 * DAY, 2 * HOUR],
  ])('is, %i ms after the start, %i ms', (elapsed, gap) => {
    expect(progressGap(elapsed)).toBeCloseTo(gap, 6);
  });

  it.each([
    [MINUTE, 5],
    [HOUR, 39],
    [6 * HOUR, 98],
    [5 * DAY, 279],
  ])('leads, in %i ms, to %i progresses', (duration, times) => {
    expect(timesIn(duration)).toBe(times);
    expect(times).toBeLessThanOrEqual(300);
  });
});
