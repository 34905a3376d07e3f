import { describe, expect, it } from 'vitest';
import * as rich from '../../test/report/evaluation-fixtures.ts';
import { evaluationBody, evaluationSection, policy, rule } from '../../test/report/fixtures.ts';
import type { EvaluationBody } from '../record/evaluation-section.ts';
import type { Verdict } from '../verdict.ts';
import type { Block, SlicesBlock, TableBlock } from './block.ts';
import { evaluationBlocks } from './evaluation-blocks.ts';
import { leadOf } from './lead.ts';
import { linkerOf, NO_LINKS } from './links.ts';

function blocksOf(overrides: Partial<EvaluationBody> = {}, verdict: Verdict = 'fail'): Block[] {
  return evaluationBlocks(rich.richBody(overrides), verdict, NO_LINKS);
}

const said = (blocks: readonly Block[]): string => JSON.stringify(blocks);

function tables(blocks: readonly Block[]): TableBlock[] {
  return blocks.filter((block) => block.kind === 'table');
}

function titled(blocks: readonly Block[], title: string): TableBlock {
  const found = tables(blocks).find((block) => block.title.startsWith(title));
  if (found === undefined) throw new Error(`There is no table "${title}".`);
  return found;
}

function first(blocks: readonly Block[]): string {
  const [note] = blocks;
  return note?.kind === 'note' ? note.text : '';
}

describe('the line of the verdict', () => {
  it.each([
    [
      'fail',
      {},
      'Fail: of 13 blocking rules (each slice counted) 1 fails, 3 are inconclusive, 1 warns and 8 pass.',
    ],
    ['pass', { rules: [rich.comparison()] }, 'Pass: the blocking rule holds.'],
    ['pass', { rules: [rich.comparison(), rich.comparison()] }, 'Pass: all 2 blocking rules hold.'],
    ['inconclusive', { rules: [] }, 'Inconclusive: no rule blocks.'],
    [
      'inconclusive',
      {
        rules: [
          rich.comparison({ result: 'inconclusive', neededRows: 900, n: null }),
          rich.comparison({ result: 'inconclusive', neededRows: 9 }),
          rich.comparison({ severity: 'info', result: 'fail' }),
          rich.comparison({ severity: 'info', result: 'fail' }),
        ],
      },
      'Inconclusive: of 2 blocking rules 2 are inconclusive; of those that do not block, 2 fail. To decide “accuracy not worse by more than 0.01” takes about 900 rows.',
    ],
    [
      'inconclusive',
      { rules: [rich.comparison()], gate: policy({ newInHead: true }) },
      'Inconclusive: the blocking rule holds, but the gate file is not in force yet.',
    ],
    [
      'inconclusive',
      { rules: [rich.comparison()], gate: null, examination: rich.examination({ changed: true }) },
      'Inconclusive: the blocking rule holds, but the evaluation rows are not in force yet.',
    ],
  ] as const)('of %s counts how the rules ended', (verdict, overrides, line) => {
    expect(
      first(
        blocksOf(
          { ...overrides, rules: 'rules' in overrides ? [...overrides.rules] : rich.richBody().rules },
          verdict,
        ),
      ),
    ).toBe(line);
  });

  it('is not there for sections of a gate that compared points', () => {
    expect(first(evaluationBlocks(evaluationBody(), 'pass', NO_LINKS))).toMatch(/^Self-reported/);
  });
});

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

describe('the examination', () => {
  it.each([
    [
      {},
      'The gate computed the predictions of candidate and baseline itself, with ONNX Runtime in its own process, on 2,000 evaluation rows whose labels the training never saw.',
    ],
    [
      { how: 'score-command', baselineBy: 'registry', rows: null },
      'The gate computed the predictions itself, by the score-command, which saw no labels, on the evaluation rows whose labels the training never saw.',
    ],
    [
      { how: null, labelsInReach: true },
      'The gate computed the predictions of candidate and baseline itself on 2,000 evaluation rows.',
    ],
    [
      { labelsInReach: true, reach: 'They lie in the workspace' },
      'learned them by heart. They lie in the workspace. Fetch them',
    ],
    [
      { by: 'training', reason: 'ONNX is not there' },
      'Self-reported: the training itself computed the predictions that these numbers come from. Trainyard computed the metrics from them. The gate did not compute them itself: ONNX is not there.',
    ],
    [
      { by: 'workflow', reason: 'No model was given' },
      'Self-reported: a step of the workflow gave the predictions that these numbers come from. Trainyard computed the metrics from them. The gate did not compute them itself: no model was given.',
    ],
    [{ by: 'none' }, 'Self-reported: only finished metrics were given'],
    [{ changed: true }, 'the verdict is at most inconclusive until they are merged'],
  ] as const)('says whose predictions these are: %j', (overrides, words) => {
    const blocks = blocksOf({ examination: rich.examination(overrides) });
    expect(blocks.flatMap((block) => (block.kind === 'note' ? [block.text] : [])).join('\n')).toContain(
      words,
    );
  });

  it('is loud about everything that weakens it', () => {
    const { body } = rich.doubtfulEvaluation();
    const notes = evaluationBlocks(body ?? rich.richBody(), 'inconclusive', NO_LINKS).filter(
      (block) => block.kind === 'note',
    );
    expect(notes.map(({ tone }) => tone)).toEqual(['doubt', 'doubt', 'doubt', 'doubt', 'muted']);
  });

  it('tells what it rests on', () => {
    const text = said(blocksOf({ examination: rich.examination({ reach: 'Only the gate has them' }) }));
    for (const words of [
      'evaluation/rows.parquet',
      '2,000 rows',
      'Only the gate has them',
      'by the gate, on the same rows',
      'median 0.41 ms, 95th percentile 0.92 ms, 99th 1.7 ms (1,000 rows, one by one)',
    ]) {
      expect(text).toContain(words);
    }
    const bare = rich.examination({
      rows: null,
      path: null,
      sha256: null,
      baselineBy: 'none',
      latencyMs: null,
    });
    expect(said(blocksOf({ examination: bare }))).not.toContain('Evaluation rows"');
  });

  it.each([
    ['blocked', 'good', 'a degraded copy of the candidate is blocked. R.'],
    ['not-blocked', 'bad', 'was not blocked, so this gate is decoration. R.'],
    ['not-run', 'muted', 'Negative control: not run. R.'],
  ] as const)('tells of a negative control that is %s', (result, tone, words) => {
    const found = blocksOf({ control: { result, reason: 'R' } }).find(
      (block) => block.kind === 'note' && block.text.startsWith('Negative control'),
    );
    expect(found).toMatchObject({ tone });
    expect(said(found === undefined ? [] : [found])).toContain(words);
  });
});

describe('fairness', () => {
  it('has a table for each way of grouping, and withholds small groups', () => {
    const table = titled(blocksOf(), 'Groups of sex (<k: too few rows to be told)');
    expect(table.folded).toBeUndefined();
    expect(table.rows.map((row) => row.map(({ text }) => text))).toEqual([
      ['sex=f', '962', '0.117', '0.391'],
      ['sex=m', '1,004', '0.096', '0.455'],
      ['sex=x', '<k', '–', '–'],
      ['Greatest gap', '', '0.021 (0.004 to 0.039)', '0.064 (0.031 to 0.097)'],
      ['Least ratio', '', '0.82 (0.71 to 0.97)', '0.86'],
    ]);
    const other = titled(blocksOf(), 'Groups of country');
    expect(other.folded).toBe('markdown');
    expect(other.rows).toHaveLength(1);
    const [first, second] = rich.fairness();
    if (first === undefined || second === undefined) throw new Error('The fixture lost its metrics.');
    const half = titled(blocksOf({ fairness: [first, { ...second, difference: null }] }), 'Groups of sex');
    expect(half.rows[3]?.map(({ text }) => text)).toEqual([
      'Greatest gap',
      '',
      '0.021 (0.004 to 0.039)',
      '–',
    ]);
  });
});

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
      'Bootstrap: f1',
      'Trend: accuracy',
    ]);
    expect(plots.at(-1)?.ends).toEqual(['v1', 'this run']);
    const none = { roc: [], precisionRecall: [], calibration: [], residuals: [], trend: [] };
    expect(blocksOf({ charts: none }).some(({ kind }) => kind === 'plots')).toBe(false);
  });
});

describe('the lead', () => {
  it('says of what cannot be decided how many rows would', () => {
    const lead = (overrides: Partial<EvaluationBody>) =>
      leadOf([
        {
          subject: 'credit',
          isModel: true,
          sections: [
            evaluationSection({
              subject: 'credit',
              verdict: 'inconclusive',
              summary: 'Nothing was judged.',
              body: rich.richBody(overrides),
            }),
          ],
        },
      ]).sentence;
    expect(lead({})).toBe(
      'Evaluation of credit: 3 of 13 blocking rules cannot be decided, first: f1 better by at least 0.001. To decide “f1 better by at least 0.001” takes about 14,800 rows; there are 2,000.',
    );
    expect(lead({ rules: [] })).toBe('Evaluation of credit: Nothing was judged.');
  });
});
