import { describe, expect, it } from 'vitest';
import { openScene } from './scene.ts';

const gateOf = (metric: string, keys: string, bound = 'min: 0') =>
  `version: 1\nevaluation: {id: id, label: y, prediction: p, ${keys}}\nrules:\n  - {metric: ${metric}, ${bound}, test: none}\nnegative-control: false\n`;
const SINGLE = 'scores: [s], positive: "1"';
const DOUBLE = 'scores: [s, t], labels: ["1", "0"]';
const ROWS = ['a,1,1,0.9,0.1', 'b,0,0,0.2,0.8', 'c,1,0,0.4,0.6', 'd,0,0,0.1,0.9'];
const csv = (rows: readonly string[]): string => ['id,y,p,s,t', ...rows, ''].join('\n');

async function evaluate(gate: string, predictions: string) {
  await using scene = await openScene({ gate });
  await scene.train({ predictions });
  return await scene.evaluate();
}

describe('scores', () => {
  it.each([SINGLE, DOUBLE, `${DOUBLE}, positive: "0"`])('rank the rows (%s)', async (keys) => {
    const outcome = await evaluate(gateOf('roc-auc', keys), csv(ROWS));
    expect(outcome.body?.rules[0]).toMatchObject({ result: 'pass', value: 1, n: 4 });
  });

  it.each([
    ['an empty score', csv([...ROWS, 'e,1,1,,0.5']), '1 row without a finite number in "s"'],
    ['a score that is NaN', csv([...ROWS, 'e,1,1,nan,0.5']), '1 row without a finite number in "s"'],
    [
      'a score in words',
      csv([...ROWS, 'e,1,1,high,0.5', 'f,1,1,low,0.5']),
      '2 rows without a finite number in "s"',
    ],
  ])('with %s cannot be judged', async (_, predictions, message) => {
    const outcome = await evaluate(gateOf('roc-auc', SINGLE), predictions);
    expect(outcome).toMatchObject({ verdict: 'error', body: null });
    expect(outcome.summary).toContain(message);
  });

  it.each([
    [
      'roc-auc',
      SINGLE,
      csv(ROWS.filter((row) => row.includes(',1,1,'))),
      'a class has no rows, or no other class has any',
    ],
    ['roc-auc', SINGLE.replace('"1"', '"7"'), csv(ROWS), 'a class has no rows'],
    [
      'log-loss',
      SINGLE,
      csv([...ROWS, 'e,1,1,1.5,0']),
      'the scores of 1 row are no probabilities from 0 to 1',
    ],
    [
      'log-loss',
      SINGLE,
      csv([...ROWS, 'e,1,1,-0.5,0']),
      'the scores of 1 row are no probabilities from 0 to 1',
    ],
    ['log-loss', DOUBLE, csv([...ROWS, 'e,1,1,0.6,0.6']), 'the scores of 1 row do not add up to 1'],
    ['precision', SINGLE.replace('"1"', '"7"'), csv(ROWS), 'it is not defined on these rows'],
  ])('leave %s undefined (%s)', async (metric, keys, predictions, reason) => {
    const outcome = await evaluate(gateOf(metric, keys), predictions);
    expect(outcome.verdict).toBe('error');
    expect(outcome.body?.rules[0]).toMatchObject({ value: null, result: 'error' });
    expect(outcome.summary).toBe(
      `${metric} has no value: ${reason === 'a class has no rows' ? 'a class has no rows, or no other class has any' : reason}.`,
    );
  });

  it('may be no probabilities where nothing asks for it', async () => {
    const outcome = await evaluate(gateOf('roc-auc', SINGLE), csv([...ROWS, 'e,1,1,15,0']));
    expect(outcome.verdict).toBe('pass');
    expect(outcome.body?.metrics.map(({ name }) => name)).not.toContain('log-loss');
  });
});

describe('weights', () => {
  it.each([
    ['negative', '-1', '1 row whose "t" is no number from 0'],
    ['missing', '', '1 row whose "t" is no number from 0'],
  ])('that are %s cannot be judged', async (_, weight, message) => {
    const outcome = await evaluate(gateOf('accuracy', 'weight: t'), csv([...ROWS, `e,1,1,0,${weight}`]));
    expect(outcome.summary).toContain(message);
  });

  it('of zero in sum cannot be judged', async () => {
    const outcome = await evaluate(gateOf('accuracy', 'weight: t'), csv(['a,1,1,0,0', 'b,0,0,0,0']));
    expect(outcome.summary).toContain('the weights in "t" add up to 0');
  });
});

describe('numbers', () => {
  it('that are words cannot be judged', async () => {
    const outcome = await evaluate(
      gateOf('mae', 'weight: null', 'max: 9'),
      csv(['a,1.5,1,0,0', 'b,many,2,0,0']),
    );
    expect(outcome.summary).toContain('1 row without a finite number in "y"');
    const other = await evaluate(
      gateOf('mae', 'weight: null', 'max: 9'),
      csv(['a,1.5,inf,0,0', 'b,2,2,0,0']),
    );
    expect(other.summary).toContain('1 row without a finite number in "p"');
  });

  it('that are all equal have no R²', async () => {
    const outcome = await evaluate(gateOf('r2', 'weight: null'), csv(['a,2,1,0,0', 'b,2,2,0,0']));
    expect(outcome.summary).toBe('r2 has no value: all labels are equal.');
    expect(outcome.body?.metrics).toMatchObject([
      { name: 'mae', value: 0.5 },
      { name: 'rmse' },
      { name: 'mape', value: 0.25 },
      { name: 'bias', value: -0.5 },
    ]);
  });

  it('with a fraction as labels mean regression where no metric says', async () => {
    const gate = gateOf('accuracy', 'weight: null').replace(
      'metric: accuracy',
      'metric: own, direction: higher',
    );
    const outcome = await evaluate(gate, csv(['a,2.5,1,0,0', 'b,2,2,0,0']));
    expect(outcome.body?.metrics.map(({ name }) => name)).toEqual(['mae', 'rmse', 'mape', 'bias', 'r2']);
    expect(outcome.body?.confusion).toBeNull();
  });
});

describe('columns', () => {
  it('that hold lists or mixed kinds are a usage error', async () => {
    await using scene = await openScene({ gate: gateOf('accuracy', 'weight: null') });
    await scene.train({});
    for (const label of ['[1]', '{"a": 1}']) {
      await scene.write('rows.jsonl', `{"id": 1, "y": ${label}, "p": 1}\n{"id": 2, "y": "1", "p": 1}\n`);
      await expect(scene.evaluate({ predictions: 'rows.jsonl' })).rejects.toMatchObject({
        message: expect.stringContaining(
          'gate.yml:2: the column "y" of rows.jsonl is of type JSON',
        ) as string,
      });
    }
  });

  it('of 51 classes have no matrix, and undeclared ones neither', async () => {
    const labels = Array.from({ length: 51 }, (_, index) => `c${index}`);
    const predictions = csv(labels.map((label, index) => `${index},${label},${label},0,0`));
    const many = await evaluate(gateOf('accuracy', `labels: [${labels.join(', ')}]`), predictions);
    expect(many.body?.confusion).toBeNull();
    expect(many.notices.join()).toContain('51 classes are more than a table can show');
    const undeclared = await evaluate(gateOf('accuracy', 'weight: null'), predictions);
    expect(undeclared.body?.confusion).toBeNull();
    expect(undeclared.notices.join()).toContain('declares no "labels"');
    expect(JSON.stringify(undeclared)).not.toContain('c50');
  });

  it('of another type in the baseline are the same ids and labels', async () => {
    await using scene = await openScene({
      gate: gateOf('accuracy', 'weight: null', 'max-regression: 0').replace(
        'rules:',
        'baseline: {from: "file:old.jsonl"}\nrules:',
      ),
    });
    await scene.write('old.jsonl', '{"id": 1, "y": 0.0, "p": 0}\n{"id": 2.0, "y": 1.0, "p": 0}\n');
    await scene.train({ predictions: csv(['1,0,0,0,0', '2,1,1,0,0']) });
    const outcome = await scene.evaluate();
    expect(outcome.body?.rules[0]).toMatchObject({ result: 'pass', value: 1, baselineValue: 0.5 });
  });
});
