import { describe, expect, it } from 'vitest';
import { blocksOf, first, said, titled } from '../../test/report/evaluation-finders.ts';
import * as rich from '../../test/report/evaluation-fixtures.ts';
import { evaluationBody, evaluationSection, policy } from '../../test/report/fixtures.ts';
import type { EvaluationBody } from '../record/evaluation-section.ts';
import { evaluationBlocks } from './evaluation-blocks.ts';
import { leadOf } from './lead.ts';
import { NO_LINKS } from './links.ts';

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
