import { describe, expect, it } from 'vitest';
import { checkpointName, newestFirst, parseCheckpointName } from './checkpoint-name.ts';

const key = '0123456789'.repeat(4);
const named = (generation: number, attempt: number, sequence: number) => ({
  submissionKey: key,
  generation,
  attempt,
  sequence,
});

describe('the name of a checkpoint', () => {
  it('is read as it was written', () => {
    expect(checkpointName(named(2, 3, 7))).toBe(`trainyard-checkpoint.${key}.2.3.0007`);
    expect(parseCheckpointName(checkpointName(named(100, 12, 123_456)))).toEqual(named(100, 12, 123_456));
  });

  it.each([
    '',
    'trainyard-checkpoint.abc.1.1.0001',
    `trainyard-progress.${key}.1.1.0001`,
    `trainyard-checkpoint.${key}.0.1.0001`,
    `trainyard-checkpoint.${key}.1.1.1`,
    `trainyard-checkpoint.${key}.1.1.0001\n`,
    `trainyard-checkpoint.${key.toUpperCase().replace('0', 'A')}.1.1.0001`,
  ])('is no other: %j', (name) => {
    expect(parseCheckpointName(name)).toBeUndefined();
  });

  it('tells the newest', () => {
    const sorted = [named(1, 2, 9), named(2, 1, 1), named(1, 3, 1), named(2, 1, 10)].sort(newestFirst);
    expect(sorted).toEqual([named(2, 1, 10), named(2, 1, 1), named(1, 3, 1), named(1, 2, 9)]);
  });
});
