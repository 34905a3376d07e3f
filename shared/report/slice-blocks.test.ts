import { describe, expect, it } from 'vitest';
import { blocksOf, said } from '../../test/report/evaluation-finders.ts';
import * as rich from '../../test/report/evaluation-fixtures.ts';
import type { EvaluationBody } from '../record/evaluation-section.ts';
import type { SlicesBlock } from './block.ts';

describe('slices', () => {
  const charts = (overrides: Partial<EvaluationBody> = {}): SlicesBlock['charts'] =>
    blocksOf(overrides).flatMap((block) => (block.kind === 'slices' ? block.charts : []));

  it('are drawn against the baseline, with all rows above them', () => {
    const [accuracy, recall] = charts();
    expect(accuracy?.rows.map(({ name, mark }) => [name, mark])).toEqual([
      ['all rows', 'pass'],
      ['country=NO', 'pass'],
      ['country=SE', 'pass'],
      ['country=DK', 'fail'],
      ['country=FI', 'pass'],
      ['age<18', 'inconclusive'],
      ['18<=age<65', 'pass'],
      ['age>=65', 'inconclusive'],
    ]);
    expect(accuracy?.limit?.at).toBeCloseTo(-0.02, 12);
    expect(accuracy?.caption).toBe(
      'Candidate − credit v1, with interval. Better is to the right; what lies on the shaded side breaks the rule.',
    );
    expect(recall?.rows.map(({ words, bar }) => [words.text, bar?.words])).toEqual([
      ['0.8814', 'value 0.867 to 0.896'],
      ['0.8922', 'value 0.877 to 0.907'],
      ['0.8526', '0.8526, no interval'],
      ['not measured', undefined],
    ]);
    expect(recall?.caption).toBe('Value of the candidate, with interval.');
    expect(recall?.limit).toBeNull();
  });

  it('have no common limit where it is relative, and show it the other way round where less is better', () => {
    const rules = rich
      .richBody()
      .rules.filter(({ slice }) => slice !== null)
      .map((each, index) => ({
        ...each,
        direction: 'lower' as const,
        bound: (each.bound ?? 0) + index / 100,
      }));
    const [accuracy] = charts({ rules, baseline: null });
    expect(accuracy?.limit).toBeNull();
    expect(accuracy?.caption).toContain('Candidate − baseline, with interval. Better is to the left');
  });

  it('are cut where they are too many, those kept that do not pass', () => {
    const { body } = rich.wideEvaluation(30, 61);
    const [chart] = charts(body ?? {});
    expect(chart?.rows).toHaveLength(61);
    expect(chart?.caption).toContain(' 1 further slice: see the table.');
    expect(chart?.rows.filter(({ mark }) => mark === 'fail')).toHaveLength(2);
    expect(said(blocksOf(body ?? {}))).toContain('"Slices (24 of 30 metrics)"');
    expect(charts(rich.wideEvaluation(1, 63).body ?? {})[0]?.caption).toContain('3 further slices');
    const unknown = rich.comparison({ n: null, value: null, baselineValue: null });
    expect(charts({ rules: [unknown] })[0]?.rows[0]).toMatchObject({ name: 'all rows', n: '–', bar: null });
  });
});

describe('charts', () => {
  it('are those that have something to show', () => {
    const plots = blocksOf().flatMap((block) => (block.kind === 'plots' ? block.plots : []));
    expect(plots.map(({ title }) => title)).toEqual([
      'ROC',
      'Precision and recall',
      'Calibration',
      'Residuals',
      'Bootstrap: f1.min-improvement',
      'Trend: accuracy',
      'Trend: f1',
    ]);
    expect(plots.at(-1)?.ends).toEqual(['4fd1a02', 'this run']);
    const none = {
      roc: [],
      precisionRecall: [],
      calibration: [
        { name: 'logits', points: [[-2, 0.1] as [number, number], [3, 0.9] as [number, number]] },
      ],
      residuals: [],
      trend: [],
    };
    expect(blocksOf({ charts: none }).some(({ kind }) => kind === 'plots')).toBe(false);
  });
});
