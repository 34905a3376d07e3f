import { expect, it } from 'vitest';
import { jackknifeInference } from './jackknife.ts';

it('knows nothing of a single group', () => {
  const inference = jackknifeInference({ estimate: 2, groupEstimates: [2] });
  expect(inference).toMatchObject({ estimate: 2, n: 1, standardError: null });
  expect(inference.interval(0.9)).toEqual([-Infinity, Infinity]);
});

it('refuses a quantity that is lost with a group', () => {
  expect(() => jackknifeInference({ estimate: 2, groupEstimates: [2, NaN, 2] })).toThrow(RangeError);
});
