import { expect, it } from 'vitest';
import { benjaminiHochberg, holm } from './corrections.ts';
import { detectableEffect, neededRows } from './power.ts';

it('leaves the order of the p-values, and the values themselves', () => {
  const p = [0.04, 0.01, 1];
  expect(holm(p)).toEqual([0.08, 0.03, 1]);
  expect(benjaminiHochberg(p)).toEqual([0.06, 0.03, 1]);
  expect(p).toEqual([0.04, 0.01, 1]);
});

it('corrects nothing of nothing', () => {
  expect([holm([]), benjaminiHochberg([])]).toEqual([[], []]);
});

it.each([NaN, -0.1, 1.1])('refuses %d as a p-value', (p) => {
  expect(() => holm([0.5, p])).toThrow(RangeError);
  expect(() => benjaminiHochberg([p])).toThrow(RangeError);
});

it('needs no number of rows for an effect at the limit, and none where nothing varies', () => {
  const aim = { alpha: 0.05, power: 0.8 };
  expect(neededRows({ ...aim, n: 100, standardError: 0.01, distance: 0 })).toBe(Infinity);
  expect(neededRows({ ...aim, n: 100, standardError: 0.01, distance: -0.02 })).toBe(
    neededRows({ ...aim, n: 100, standardError: 0.01, distance: 0.02 }),
  );
  expect(neededRows({ ...aim, n: 100, standardError: 0, distance: 0.02 })).toBe(0);
  expect(detectableEffect({ ...aim, standardError: 0.01 })).toBeCloseTo(0.0248647, 7);
});
