import { describe, expect, it } from 'vitest';
import { joinSeries } from './join-series.ts';
import type { Series } from './series.ts';

const curve = (metric: string, first: number, last: number): Series => ({
  metric,
  points: Array.from({ length: last - first + 1 }, (_, index) => [first + index, first]),
});

describe('joinSeries', () => {
  it('drops what was trained behind the checkpoint, metric by metric, and keeps the order', () => {
    const joined = joinSeries(
      [curve('loss', 1, 10), curve('old', 1, 2)],
      [curve('new', 7, 8), curve('loss', 7, 9)],
    );
    expect(joined.map(({ metric }) => metric)).toEqual(['loss', 'old', 'new']);
    expect(joined[0]?.points).toEqual([
      ...Array.from({ length: 6 }, (_, index) => [index + 1, 1]),
      [7, 7],
      [8, 7],
      [9, 7],
    ]);
    expect(joined[1]?.points).toHaveLength(2);
  });

  it('keeps everything where one side is empty, and thins what is long', () => {
    expect(joinSeries([], [])).toEqual([]);
    expect(joinSeries([curve('loss', 1, 3)], [])).toEqual([curve('loss', 1, 3)]);
    const [long] = joinSeries([curve('loss', 1, 900)], [curve('loss', 901, 2000)]);
    expect(long?.points).toHaveLength(1000);
    expect([long?.points[0]?.[0], long?.points.at(-1)?.[0]]).toEqual([1, 2000]);
  });
});
