import { describe, expect, it } from 'vitest';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { openScene } from './scene.ts';

const GATE = `version: 1
evaluation: {id: id}
slices: {language: {column: language, values: [en, no]}}
metrics:
  rouge: {column: rouge, direction: higher}
  preferred: {preference: winner}
  worst: {sql: "min(CAST(rouge AS DOUBLE))", direction: higher}
baseline: {from: "file:old.jsonl"}
rules:
  - {metric: rouge, min: 0.3, max-regression: 0.05, slices: [language]}
  - {metric: preferred, min: 0.5}
  - {metric: worst, min: 0.1, max-regression: 0.5}
`;

const rows = (rouge: (index: number) => number, winner?: (index: number) => string): string =>
  Array.from({ length: 400 }, (_, index) =>
    JSON.stringify({
      id: index,
      output: `A text of row ${index}, which nobody is to see.`,
      language: index % 2 === 0 ? 'en' : 'no',
      rouge: rouge(index),
      ...(winner === undefined ? {} : { winner: winner(index) }),
    }),
  ).join('\n');

const noise = (index: number): number => 0.4 + ((index * 37) % 100) / 500;

async function judged(candidate: string) {
  await using scene = await openScene({ gate: GATE });
  await scene.write('old.jsonl', rows(noise));
  await scene.write('new.jsonl', candidate);
  return await scene.evaluate({ model: 'digits', predictions: 'new.jsonl' });
}

describe('rows with scores of their own, and no labels', () => {
  it('are judged and compared row by row', async () => {
    const outcome = await judged(
      rows(
        (index) => noise(index) + 0.01,
        (index) => ['candidate', 'candidate', 'tie', 'baseline'][index % 4] ?? '',
      ),
    );
    expect(outcome.summary).toContain('9 rules hold');
    expect(outcome.verdict).toBe('pass');
    expect(outcome.body?.metrics.map(({ name }) => name)).toEqual(['rouge', 'preferred', 'worst']);
    const regression = outcome.body?.rules.filter(({ id }) => id.startsWith('rouge.max-regression'));
    expect(regression?.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass']);
    for (const rule of regression ?? []) expect(rule.difference).toBeCloseTo(0.01, 9);
    expect(outcome.body?.confusion).toBeNull();
    expect(outcome.body?.control).toMatchObject({ result: 'blocked' });
    expect(outcome.body?.control?.reason).toContain('worse scores in nine rows of ten');
    expect(JSON.stringify(outcome)).not.toContain('nobody is to see');
  });

  it('end in a fail where the scores are worse', async () => {
    const outcome = await judged(
      rows(
        (index) => noise(index) - 0.2,
        () => 'candidate',
      ),
    );
    expect(outcome.verdict).toBe('fail');
  });

  it('without a score are told with their count', async () => {
    const broken = rows(noise, () => 'tie').replace('"rouge":0.4,', '"rouge":null,');
    const outcome = await judged(broken);
    expect(outcome.verdict).toBe('error');
    expect(outcome.summary).toContain('1 row has no finite number in "rouge"');
  });
});

describe('a gate file without label and prediction', () => {
  const refusal = (evaluation: string, rest: string): string => {
    try {
      parseGateFile(`version: 1\nevaluation: ${evaluation}\n${rest}\n`, 'gate.yml');
    } catch (error) {
      const { message, remedy } = error as { message: string; remedy?: string };
      return `${message} ${remedy ?? ''}`;
    }
    return 'accepted';
  };
  const accuracy = 'rules: [{metric: accuracy, min: 0.9}]';

  it.each([
    [
      '{id: id}',
      accuracy,
      'gate.yml:3: "metric" of rule 1 is "accuracy", which is computed from labels and predictions, and "evaluation" names no columns of them',
    ],
    ['{id: id}', 'rules: [{metric: mae, max: 1}]', 'Add "label" and "prediction" to "evaluation".'],
    [
      '{id: id}',
      'utility: {currency: EUR, costs: [{label: a, prediction: b, cost: 1}]}\nrules: [{metric: x, direction: lower, max: 1}]',
      'gate.yml:3: "utility" speaks of labels and predictions',
    ],
    ['{id: id, label: y}', accuracy, '"evaluation.label" is given without "prediction"'],
    ['{id: id, prediction: p}', accuracy, '"evaluation.prediction" is given without "label"'],
    ['{id: id, positive: a}', accuracy, '"evaluation.positive" is given without "label" and "prediction"'],
    ['{id: id, rows: r.csv}', accuracy, '"evaluation.rows" is given without "label" and "prediction"'],
  ])('%s: %s', (evaluation, rest, message) => {
    expect(refusal(evaluation, rest)).toContain(message);
  });

  it('is accepted with scores, preferences, SQL, budgets and what is only reported', () => {
    expect(
      refusal(
        '{id: id}',
        'metrics: {a: {column: a, direction: higher}}\nbudget: {model-bytes: 1MB}\nrules:\n  - {metric: a, min: 0}\n  - {metric: perplexity, direction: lower, max: 9}',
      ),
    ).toBe('accepted');
  });
});
