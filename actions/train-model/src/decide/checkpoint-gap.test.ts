import { describe, expect, it } from 'vitest';
import { checkpointGap } from './checkpoint-gap.ts';

const MINUTE = 60_000;
const FIVE_DAYS = 5 * 24 * 60 * MINUTE;

function countOver(checkpointMs: number): number {
  let count = 0;
  for (let elapsed = checkpointGap(checkpointMs, 0); elapsed < FIVE_DAYS; count += 1) {
    elapsed += checkpointGap(checkpointMs, elapsed);
  }
  return count;
}

describe('the gap between checkpoints', () => {
  it('is what the user asked for at first, and grows with what there is to lose', () => {
    expect(checkpointGap(30 * MINUTE, 0)).toBe(30 * MINUTE);
    expect(checkpointGap(30 * MINUTE, 24 * 60 * MINUTE)).toBe(30 * MINUTE);
    expect(checkpointGap(30 * MINUTE, FIVE_DAYS)).toBe(120 * MINUTE);
    expect(checkpointGap(MINUTE, 60 * MINUTE)).toBe((60 / 25) * MINUTE);
  });

  it.each([0.01, 0.5, 1, 5, 9.99, 10, 15, 30, 60, 7200])(
    'leaves room for other artifacts in the longest job: %s minutes',
    (minutes) => {
      expect(countOver(minutes * MINUTE)).toBeLessThan(200);
    },
  );
});
