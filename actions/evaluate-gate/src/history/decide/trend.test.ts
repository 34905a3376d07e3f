import { describe, expect, it } from 'vitest';
import type { EvaluatedRule } from '../../../../../shared/record/evaluation-section.ts';
import type { HistoryLine } from './history-line.ts';
import { trendOf } from './trend.ts';

const SET = 'c'.repeat(64);
const shaOf = (index: number): string => index.toString(16).padStart(40, 'a');
const digestOf = (index: number): string => index.toString(16).padStart(64, '0');

function lineOf(index: number, accuracy: number, change: Partial<HistoryLine> = {}): HistoryLine {
  return {
    schemaVersion: 1,
    model: 'digits',
    commit: shaOf(index),
    treeHash: null,
    run: { id: String(index), attempt: 1, key: 'gate', url: null },
    created: '2026-11-23T00:00:00Z',
    verdict: 'pass',
    modelDigest: digestOf(index),
    evaluationSetDigest: SET,
    gateDigest: null,
    metrics: [
      { name: 'accuracy', value: accuracy, n: 100 },
      { name: 'unruled', value: 1, n: 100 },
    ],
    ...change,
  };
}

function ruleOf(change: Partial<EvaluatedRule> = {}): EvaluatedRule {
  return {
    id: 'accuracy.max-regression',
    metric: 'accuracy',
    mode: 'max-regression',
    direction: 'higher',
    value: 0.9,
    baselineValue: 0.91,
    difference: -0.01,
    interval: null,
    level: null,
    p: null,
    adjustedP: null,
    n: 100,
    threshold: '0.02',
    bound: 0.89,
    slice: null,
    test: 'none',
    severity: 'error',
    result: 'pass',
    reason: '',
    where: null,
    ...change,
  };
}

const NOW = [{ name: 'accuracy', value: 0.95, baseline: null, n: 100 }];

interface Change {
  readonly rules?: EvaluatedRule[];
  readonly set?: string | null;
  readonly metrics?: typeof NOW;
  readonly commit?: string | null;
}

function pastOf(lines: readonly HistoryLine[], change: Change = {}) {
  const { rules = [ruleOf()], set = SET, metrics = NOW, commit = shaOf(999) } = change;
  return trendOf({ lines, branch: 'b', commit, body: { rules, metrics, evaluationSetDigest: set } });
}

const accuracies = (values: readonly number[]): HistoryLine[] =>
  values.map((value, index) => lineOf(index, value));

describe('the trend', () => {
  it('is of ruled metrics, and ends with this run', () => {
    expect(pastOf(accuracies([0.8, 0.9]))?.trend).toEqual([
      {
        metric: 'accuracy',
        points: [
          ['aaaaaaa', 0.8],
          ['aaaaaaa', 0.9],
          ['this run', 0.95],
        ],
      },
    ]);
    expect(pastOf(accuracies([0.8]), { metrics: [] })?.trend).toEqual([]);
    expect(pastOf(accuracies([0.8]), { rules: [ruleOf({ metric: 'unknown' })] })?.trend).toEqual([]);
  });

  it('has the last twenty points', () => {
    const [trend] = pastOf(accuracies(Array.from({ length: 50 }, (_, index) => index)))?.trend ?? [];
    expect(trend?.points).toHaveLength(20);
    expect([trend?.points[0]?.[1], trend?.points.at(-2)?.[1]]).toEqual([31, 49]);
  });

  it('compares only what was measured on the same rows', () => {
    const lines = [
      ...accuracies([0.8, 0.9]),
      lineOf(7, 0.1, { evaluationSetDigest: digestOf(1) }),
      lineOf(8, 0.2, { evaluationSetDigest: null }),
    ];
    expect(pastOf(lines)?.history).toEqual({ branch: 'b', commits: 2, otherSets: 2, noise: [] });
    expect(pastOf(lines)?.trend[0]?.points.map(([, value]) => value)).toEqual([0.8, 0.9, 0.95]);
    expect(pastOf(lines, { set: null })).toBeUndefined();
    expect(pastOf(lines, { set: digestOf(2) })).toBeUndefined();
    expect(pastOf([])).toBeUndefined();
  });

  it('has one point a commit, the newest, and none of this commit but this run', () => {
    const again = [lineOf(1, 0.1), lineOf(2, 0.2), lineOf(1, 0.3), lineOf(999, 0.4)];
    expect(pastOf(again)?.trend[0]?.points.map(([, value]) => value)).toEqual([0.3, 0.2, 0.95]);
    expect(pastOf(again, { commit: null })?.trend[0]?.points).toHaveLength(4);
  });
});

describe('the noise', () => {
  const noiseOf = (values: readonly number[], rules?: EvaluatedRule[]) =>
    pastOf(accuracies(values), rules === undefined ? {} : { rules })?.history.noise;

  it('is the standard deviation of successive differences', () => {
    // Differences 1, -1, 1, -1 of mean 0: sqrt(4 / 3).
    const [noise] = noiseOf([1, 2, 1, 2, 1]) ?? [];
    expect(noise).toMatchObject({ metric: 'accuracy', commits: 5 });
    expect(noise?.deviation).toBeCloseTo(Math.sqrt(4 / 3), 12);
  });

  it('is none of a steady gain, and unknown of fewer than five', () => {
    expect(noiseOf([1, 2, 3, 4, 5, 6])?.[0]?.deviation).toBeCloseTo(0, 12);
    expect(noiseOf([1, 2, 1, 2])).toEqual([]);
  });

  it('does not count a commit that left the model as it was', () => {
    const lines = accuracies([1, 2, 1, 2, 1]);
    const twice = lines.flatMap((line, index) => [line, { ...line, commit: shaOf(100 + index) }]);
    expect(pastOf(twice)?.history.noise).toEqual(pastOf(lines)?.history.noise);
    const unknown = lines.map((line) => ({ ...line, modelDigest: null }));
    expect(pastOf(unknown)?.history.noise[0]?.commits).toBe(5);
  });

  it('names the rules on all rows whose margin is smaller', () => {
    const rules = [
      ruleOf(),
      ruleOf({ id: 'wide', bound: -9 }),
      ruleOf({ id: 'improve', mode: 'min-improvement', bound: 0.915 }),
      ruleOf({ id: 'on a slice', slice: 'country=NO' }),
      ruleOf({ id: 'absolute', mode: 'minimum' }),
      ruleOf({ id: 'first run', baselineValue: null }),
      ruleOf({ id: 'unknown', bound: null }),
      ruleOf({ id: 'other', metric: 'unruled' }),
    ];
    const [accuracy, other] = noiseOf([1, 2, 1, 2, 1], rules) ?? [];
    expect(accuracy?.narrow.map(({ rule }) => rule)).toEqual(['accuracy.max-regression', 'improve']);
    expect(accuracy?.narrow[0]?.margin).toBeCloseTo(0.02, 12);
    expect(other).toEqual({ metric: 'unruled', commits: 5, deviation: 0, narrow: [] });
  });

  it('is of the last fifty, and of numbers that can be told', () => {
    const wild = [
      ...Array.from({ length: 30 }, (_, index) => index * index),
      ...new Array<number>(50).fill(3),
    ];
    expect(noiseOf(wild)?.[0]).toMatchObject({ commits: 50, deviation: 0 });
    expect(noiseOf([1e308, -1e308, 1e308, -1e308, 1e308])).toEqual([]);
  });
});
