import { describe, expect, it } from 'vitest';
import { parseRow, SeriesCollector, thin } from './series.ts';

describe('parseRow', () => {
  it('takes the step from the row, else its number', () => {
    expect(parseRow('{"step":5,"loss":1,"time":99,"steps_total":10}', 1)).toEqual({
      ok: true,
      point: { step: 5, values: { loss: 1 }, total: 10 },
    });
    expect(parseRow('{"loss":1}', 3)).toEqual({
      ok: true,
      point: { step: 3, values: { loss: 1 }, total: undefined },
    });
  });

  it('refuses what is no row', () => {
    expect(parseRow('loss=1', 1)).toEqual({ ok: false, message: 'is not JSON' });
    expect(parseRow('[1]', 1)).toEqual({ ok: false, message: 'is not a JSON object' });
  });

  it('keeps what is a number beside what is none', () => {
    expect(parseRow('{"step":2,"loss":NaN,"acc":1,"x":-Infinity}', 1)).toEqual({
      ok: true,
      point: { step: 2, values: { acc: 1 }, total: undefined, bad: ['loss is NaN', 'x is -Infinity'] },
    });
  });
});

describe('SeriesCollector', () => {
  it('keeps a curve for each metric, and its last value', () => {
    const collector = new SeriesCollector();
    collector.add({ step: 1, values: { loss: 2, constructor: 1 }, total: undefined });
    collector.add({ step: 2, values: { loss: 1 }, total: undefined });
    expect(collector.series()).toEqual([
      {
        metric: 'loss',
        points: [
          [1, 2],
          [2, 1],
        ],
      },
      { metric: 'constructor', points: [[1, 1]] },
    ]);
    expect(collector.last()).toEqual({ loss: 1, constructor: 1 });
  });

  it('thins long curves evenly, with first and last', () => {
    const collector = new SeriesCollector();
    for (let step = 0; step < 25_000; step += 1)
      collector.add({ step, values: { loss: step }, total: undefined });
    const points = collector.series()[0]?.points ?? [];
    expect(points).toHaveLength(1000);
    expect([points[0], points.at(-1)]).toEqual([
      [0, 0],
      [24_999, 24_999],
    ]);
    // Gathered at every 16th step, for memory; of those each gap is one or two.
    const gaps = points.slice(1, -1).map(([step], index) => step - (points[index]?.[0] ?? 0));
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([16, 32]);
  });

  it('holds a bounded number of points and metrics, whatever comes', () => {
    const collector = new SeriesCollector();
    for (let step = 0; step < 1500; step += 1) collector.put(`m${step}`, step, 1);
    expect(collector.series()).toHaveLength(1000);
    expect(collector.leftOut).toBe(500);
    // The points of all curves together are bounded too.
    for (let step = 0; step < 500; step += 1) collector.put('m0', step, step);
    expect(collector.series()[0]?.points).toHaveLength(200);
    expect(collector.last()['m0']).toBe(499);
  });
});

describe('thin', () => {
  it('leaves short lists as they are', () => {
    expect(thin([1, 2, 3], 3)).toEqual([1, 2, 3]);
    expect(thin([1, 2, 3, 4, 5], 2)).toEqual([1, 5]);
  });
});
