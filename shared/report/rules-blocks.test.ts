import { describe, expect, it } from 'vitest';
import { blocksOf, said, tables, titled } from '../../test/report/evaluation-finders.ts';
import * as rich from '../../test/report/evaluation-fixtures.ts';
import { rule } from '../../test/report/fixtures.ts';
import { evaluationBlocks } from './evaluation-blocks.ts';
import { linkerOf, NO_LINKS } from './links.ts';

describe('rules', () => {
  it('tell the interval of what they bound, on one scale for each metric', () => {
    const table = titled(blocksOf(), 'Rules of the gate');
    expect(table.columns.map(({ header }) => header)).toEqual([
      'Result',
      'Rule and why',
      'Difference and interval',
      'Candidate',
      'Baseline (credit v1)',
      'n',
    ]);
    const bars = table.rows.flatMap((row) => row[2]?.interval ?? []);
    expect(bars.map(({ words }) => words)).toEqual([
      '−0.004 to +0.015 (90 %)',
      'ratio 0.79 to 0.93 (90 %)',
      '−0.005 to +0.010 (90 %)',
      'value 0.919 to 0.938 (90 %)',
      '+0.0021 to +0.0097 (90 %)',
      '+0.002 to +0.014 (90 %)',
      'gap 0.004 to 0.039 (90 %)',
    ]);
    expect(bars.map(({ zero }) => zero)).toEqual([0, 1, 0, null, 0, 0, 0]);
    const open = titled(blocksOf(), 'Slices that do not pass (1 fails and 2 are inconclusive)');
    const scales = open.rows.flatMap((row) => row[2]?.interval?.scale.join() ?? []);
    expect(new Set(scales).size).toBe(1);
  });

  it.each([
    ['max-regression', 'higher', 0.94, -0.01, 'below'],
    ['max-regression', 'lower', 0.96, 0.01, 'above'],
    ['min-improvement', 'higher', 0.96, 0.01, 'below'],
    ['min-improvement', 'lower', 0.94, -0.01, 'above'],
    ['max-improvement', 'higher', 0.96, 0.01, 'above'],
    ['max-improvement', 'lower', 0.94, -0.01, 'below'],
    ['minimum', 'higher', 0.9, 0.9, 'below'],
    ['maximum', 'lower', 0.9, 0.9, 'above'],
  ] as const)(
    'draw the limit of %s where %s is better on its side',
    (mode, direction, bound, at, forbidden) => {
      const table = titled(
        blocksOf({ rules: [rich.comparison({ mode, direction, bound, baselineValue: 0.95 })] }),
        'Rules of the gate',
      );
      const limit = table.rows[0]?.[2]?.interval?.limit;
      expect(limit?.at).toBeCloseTo(at, 12);
      expect(limit?.forbidden).toBe(forbidden);
    },
  );

  it('have no limit where nothing is known to compare with', () => {
    const rules = [rich.comparison({ baselineValue: null }), rich.comparison({ bound: null })];
    const table = titled(blocksOf({ rules, baseline: null }), 'Rules of the gate');
    expect(table.rows.map((row) => row[2]?.interval?.limit)).toEqual([null, null]);
    expect(table.columns[4]?.header).toBe('Baseline');
  });

  it('say who waived them, why and until when', () => {
    const table = titled(blocksOf(), 'Rules of the gate');
    const row = table.rows.find(([result]) => result?.text === 'warn (waived)');
    expect(row?.[1]?.below).toContain('Waived by ada until 2026-12-24: The new branch in Bergen');
    const link = linkerOf('https://github.com/acme/digits');
    const waived = titled(evaluationBlocks(rich.richBody(), 'fail', link), 'Waived (1 rule)');
    expect(waived.rows[0]?.[5]).toEqual({ text: 'comment', url: rich.WAIVER.url });
    const bare = titled(blocksOf({ waivers: [{ ...rich.WAIVER, url: null }] }), 'Waived (1 rule)');
    expect(bare.rows[0]?.[5]).toEqual({ text: '–' });
  });

  it('name the groups that they compare', () => {
    expect(said(blocksOf())).toContain('false-negative-rate differs between groups of sex by at most 0.05');
    expect(said(blocksOf())).toContain('selection-rate ratio between groups of sex at least 0.8');
  });

  it('fold the slices that pass, and tell the numbers behind the others', () => {
    const passing = titled(blocksOf(), '4 slices pass');
    expect(passing.folded).toBe(true);
    expect(passing.pageOnly).toBe(false);
    const tests = titled(blocksOf(), 'How the rules were tested');
    expect(tests.rows[0]?.map(({ text }) => text)).toEqual([
      'f1 better by at least 0.001',
      'paired bootstrap, percentile',
      '0.995',
      '1',
      '–',
      '0.0146',
      '14,800',
      '2,000 (7)',
    ]);
    const other = rich.comparison({ replicates: 500, p: null });
    expect(
      titled(blocksOf({ rules: [other] }), 'How')
        .rows[0]?.map(({ text }) => text)
        .slice(2),
    ).toEqual(['–', '1', '49 / 44', '–', '–', '500']);
    const untested = blocksOf({
      rules: [rule(), rule({ slice: 'a', result: 'not-run', n: null, value: null })],
    });
    expect(tables(untested).map(({ title }) => title)).not.toContain('How the rules were tested');
    expect(titled(untested, '1 slice was not judged').rows[0]?.map(({ text }) => text)).toEqual([
      'not run',
      'accuracy on slice a at least 0.95',
      '▲ 0.01111 better',
      'not measured',
      '0.9722',
      '–',
    ]);
  });

  it('are counted where they are many, those that do not hold first', () => {
    const blocks = evaluationBlocks(rich.wideEvaluation(40, 100).body ?? rich.richBody(), 'fail', NO_LINKS);
    expect(titled(blocks, '40 rules pass').folded).toBe(true);
    const counts = titled(blocks, 'Rules by slice (80 fail, 233 were not run and 3,687 pass)');
    expect(counts.columns.map(({ header }) => header)).toEqual(['Rule', 'fail', 'not run', 'pass']);
    expect(counts.rows[0]?.map(({ text }) => text)).toEqual([
      'metric-0 not worse by more than 0.01',
      '2',
      '5',
      '93',
    ]);
    const passing = titled(blocks, '3,687 slices pass, 1,000 of them shown');
    expect(passing.pageOnly).toBe(true);
    expect(passing.rows).toHaveLength(1_000);
    const even = blocksOf({
      rules: Array.from({ length: 61 }, (_, index) =>
        rich.comparison({
          slice: `s${index}`,
          result: index < 60 ? 'pass' : 'error',
          metric: index < 60 ? 'a' : 'b',
        }),
      ),
    });
    expect(titled(even, 'Rules by slice').rows.map(([name, , pass]) => [name?.text, pass?.text])).toEqual([
      ['b not worse by more than 0.01', '·'],
      ['a not worse by more than 0.01', '60'],
    ]);
    const broken = blocksOf({
      rules: Array.from({ length: 31 }, () => rich.comparison({ result: 'error' })),
    });
    expect(titled(broken, 'Rules that do not pass (31 cannot be judged)').rows).toHaveLength(31);
  });
});
