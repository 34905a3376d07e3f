import { expect, it } from 'vitest';
import { rowBootstrap } from './row-bootstrap.ts';

const column = Float64Array.of(1, 2, 3, 4, 5, 6);

it('draws the same rows for the same seed on every machine', () => {
  const seen: number[][] = [];
  const statistic = (_: readonly Float64Array[], indices: Uint32Array): number => seen.push([...indices]);
  const replicates = rowBootstrap({ columns: [column], statistic, replicates: 3, seed: 7 });
  expect([...replicates]).toEqual([1, 2, 3]);
  expect(seen).toMatchInlineSnapshot(`
    [
      [
        5,
        5,
        1,
        3,
        2,
        0,
      ],
      [
        0,
        4,
        5,
        5,
        5,
        0,
      ],
      [
        3,
        4,
        2,
        2,
        2,
        4,
      ],
    ]
  `);
});

it('draws groups whole, however unequal they are', () => {
  // One group of 300 rows among 30 of one: a sample may have it many times.
  const groups = Uint32Array.from({ length: 330 }, (_, row) => (row < 300 ? 9 : row));
  const rows = Float64Array.from(groups.keys());
  const sizes = rowBootstrap({
    columns: [rows],
    groups,
    statistic: ([values], indices) => {
      const large = indices.filter((row) => row < 300).length;
      expect(large % 300).toBe(0);
      expect(indices.length).toBe(large + 31 - large / 300);
      expect(values).toBe(rows);
      return indices.length;
    },
    replicates: 300,
    seed: 1,
  });
  expect(Math.max(...sizes)).toBeGreaterThan(900);
});

it('refuses columns of unequal length, and groups of other rows', () => {
  const given = { statistic: () => 0, replicates: 1, seed: 1 };
  expect(() => rowBootstrap({ ...given, columns: [column, column.subarray(1)] })).toThrow(RangeError);
  expect(() => rowBootstrap({ ...given, columns: [column], groups: new Uint32Array(2) })).toThrow(RangeError);
  expect(() => rowBootstrap({ ...given, columns: [] })).toThrow(RangeError);
});
