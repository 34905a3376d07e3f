import { describe, expect, it } from 'vitest';
import type { EvaluationBody } from '../../shared/record/evaluation-section.ts';
import { openScene } from './scene.ts';

const LABELS = { id: 'row', label: 'y', prediction: 'p' };
const SCORED = { ...LABELS, scores: ['s'], positive: 'yes', labels: ['yes', 'no'] };

interface Case {
  readonly rules: readonly Record<string, unknown>[];
  readonly evaluation?: Record<string, unknown>;
  readonly more?: Record<string, unknown>;
  readonly rows: readonly string[];
  readonly old?: readonly string[];
}

/** What the whole action says of such rows: its verdict and rules, or the words of its error. */
async function judged({ rules, evaluation = SCORED, more = {}, rows, old }: Case): Promise<{
  readonly verdict: string;
  readonly rules: EvaluationBody['rules'];
  readonly words: string;
}> {
  const gate = {
    version: 1,
    defaults: { replicates: 200, 'min-slice-size': 5 },
    evaluation,
    'negative-control': false,
    rules,
    ...more,
  };
  await using scene = await openScene({ gate: JSON.stringify(gate) });
  await scene.train({ predictions: `${rows.join('\n')}\n` });
  if (old !== undefined) await scene.publish({ model: 'old weights', predictions: `${old.join('\n')}\n` });
  try {
    const { verdict, body, notices } = await scene.evaluate(
      old === undefined ? {} : { registry: 'directory:registry' },
    );
    const found = body?.rules ?? [];
    return { verdict, rules: found, words: [...found.map(({ reason }) => reason), ...notices].join('\n') };
  } catch (error) {
    return { verdict: 'error', rules: [], words: error instanceof Error ? error.message : String(error) };
  }
}

const binary = (n: number, row: (at: number) => readonly (string | number)[]): string[] => [
  'row,y,p,s,w',
  ...Array.from({ length: n }, (_, at) => [`r${at}`, ...row(at)].join(',')),
];
const plain = (n: number): string[] =>
  binary(n, (at) => [
    at % 2 === 0 ? 'yes' : 'no',
    at % 10 < 5 ? 'yes' : 'no',
    ((at * 37) % 100) / 100,
    1 + (at % 3),
  ]);

describe('numbers at the edge, through the whole action', () => {
  const AUC = [{ metric: 'roc-auc', min: 0.5 }];
  const ACCURACY = [{ metric: 'accuracy', min: 0.4 }];
  const COMPARED = [{ metric: 'accuracy', 'max-regression': 0.01 }];
  const WEIGHTED = { ...SCORED, weight: 'w' };
  const truth = (at: number): string => (at % 2 === 0 ? 'no' : 'yes');

  it('have no area where all labels are of one class', async () => {
    const { verdict, words } = await judged({ rules: AUC, rows: binary(100, () => ['yes', 'yes', 0.5, 1]) });
    expect([verdict, words]).toEqual(['error', expect.stringContaining('a class has no rows')]);
  });

  it.each([200, 2, 1])('differ by 0 and never fail where both models are the same, on %d rows', async (n) => {
    const names = ['accuracy', 'f1', 'log-loss', 'brier', 'ece', 'mcc'];
    const rules = names.map((metric) => ({ metric, 'max-regression': 0.01 }));
    const found = await judged({ rules, rows: plain(n), old: plain(n) });
    expect(found.rules.map(({ difference }) => difference)).toEqual(names.map(() => 0));
    for (const { metric, result } of found.rules) expect(['pass', 'inconclusive'], metric).toContain(result);
    // Of so few rows accuracy says nothing, although the models agree on all of them.
    if (n < 50) expect(found.verdict).toBe('inconclusive');
  });

  it.each([-1, 'NaN', 'inf'])('are refused where a weight is %s', async (w) => {
    const rows = binary(40, (at) => [truth(at), 'yes', 0.5, at === 0 ? w : 1]);
    expect((await judged({ rules: ACCURACY, evaluation: WEIGHTED, rows })).verdict).toBe('error');
  });

  it('leave a row of weight 0 out, and are refused where all are', async () => {
    const one = binary(40, (at) => [truth(at), 'yes', 0.5, at === 0 ? 0 : 1]);
    const all = binary(40, (at) => [truth(at), 'yes', 0.5, 0]);
    const found = await judged({ rules: ACCURACY, evaluation: WEIGHTED, rows: one });
    expect(found.rules[0]?.value).toBeCloseTo(20 / 39, 12);
    expect((await judged({ rules: ACCURACY, evaluation: WEIGHTED, rows: all })).verdict).toBe('error');
  });

  it('follow a row whose weight is all there is', async () => {
    const rows = binary(40, (at) => [truth(at), 'yes', 0.5, at === 0 ? 1e300 : 1]);
    const found = await judged({ rules: ACCURACY, evaluation: WEIGHTED, rows });
    // One row says nothing of others, whatever its weight: there is no interval, and the point alone decides nothing.
    expect([found.verdict, found.rules[0]?.value]).toEqual(['inconclusive', 2e-299]);
  });

  it.each([
    ['pr-auc of two rows', 2, { metric: 'pr-auc', min: 0.1 }],
    ['f1 of one row', 1, { metric: 'f1', min: 0.1 }],
    ['log loss of one row', 1, { metric: 'log-loss', max: 5 }],
  ])('do not pass for what too few rows cannot show: %s', async (_, n, rule) => {
    const rows = binary(n, (at) => [
      at % 2 === 0 ? 'yes' : 'no',
      at % 2 === 0 ? 'yes' : 'no',
      at % 2 === 0 ? 0.9 : 0.1,
      1,
    ]);
    const found = await judged({ rules: [rule], rows });
    const [only] = found.rules;
    expect(only?.result).toBe('inconclusive');
    expect(only?.reason).not.toContain('Infinity');
  });

  it('are those of chance where all scores are equal', async () => {
    const rows = binary(40, (at) => [truth(at), 'yes', 0.5, 1]);
    const found = await judged({ rules: [...AUC, { metric: 'ece', max: 0.4 }], rows });
    expect(found.rules.map(({ value }) => value)).toEqual([0.5, 0]);
  });

  it.each(['NaN', 'inf', '-inf', ''])('are refused where a score is "%s"', async (s) => {
    const rows = binary(40, (at) => [truth(at), 'yes', at === 0 ? s : 0.5, 1]);
    expect((await judged({ rules: AUC, rows })).verdict).toBe('error');
  });

  it.each([
    ['1.0', (x: number): string => x.toFixed(1)],
    ['names', (x: number): string => (x === 1 ? 'yes' : 'no')],
  ])('are not compared where classes are 0 and 1 in one file and %s in the other', async (_, other) => {
    const rows = (of: (x: number) => string): string[] =>
      binary(100, (at) => [of(at % 2), of(at % 10 < 5 ? 1 : 0), 0.5, 1]);
    const found = await judged({
      rules: COMPARED,
      evaluation: LABELS,
      rows: rows(String),
      old: rows(other),
    });
    expect(found.verdict).toBe('error');
    expect(found.words).toContain("100 rows have another label in the baseline's predictions");
  });

  it('are refused of more classes than a metric of classes is made for', async () => {
    const rows = binary(6000, (at) => [`c${at % 3000}`, `c${at < 5000 ? at % 3000 : 0}`, 0.5, 1]);
    const { words } = await judged({ rules: ACCURACY, evaluation: LABELS, rows });
    expect(words).toContain('more than 1000 different values');
  });

  it('are not judged on slices that are all too small, and have no area on one of one class', async () => {
    const small = await judged({
      rules: [{ metric: 'accuracy', min: 0.1, slices: ['w'] }],
      more: { slices: { w: { column: 'w', values: ['1', '2', '3'] } } },
      rows: plain(9),
    });
    expect(small.rules.map(({ result }) => result)).toEqual(['pass', 'not-run', 'not-run', 'not-run']);
    const sided = await judged({
      rules: [{ metric: 'roc-auc', min: 0.1, slices: ['w'] }],
      more: { slices: { w: { column: 'w', values: ['1', '2'] } } },
      rows: binary(60, (at) => [at < 30 ? 'yes' : truth(at), 'yes', at / 60, at < 30 ? 1 : 2]),
    });
    expect(sided.rules.map(({ slice, result }) => [slice, result])).toEqual([
      [null, 'pass'],
      ['w=1', 'error'],
      ['w=2', 'pass'],
    ]);
    expect(sided.verdict).toBe('error');
  });
});
