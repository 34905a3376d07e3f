import { describe, expect, it } from 'vitest';
import { csvOf, openScene, predictionsOf } from './scene.ts';

const COLUMNS = 'evaluation: {id: row, label: y, prediction: p, labels: [cat, dog]}';

describe('the candidate', () => {
  const rule = (metric: string, extra = '') =>
    `version: 1\n${COLUMNS}\nrules:\n  - {metric: ${metric}, min: 0, test: none${extra}}\n`;

  it.each([
    ['an id twice', `${predictionsOf(10, 9)}r1,dog,dog\n`, '1 row that repeats an earlier "row"'],
    ['no rows', 'row,y,p\n', 'it has no rows'],
    [
      'an empty prediction',
      predictionsOf(10, 9).replace('r0,cat,cat', 'r0,cat,'),
      '1 row without a value in "p"',
    ],
    ['an empty label', predictionsOf(10, 9).replace('r0,cat,cat', 'r0,,cat'), '1 row without a value in "y"'],
    ['an empty id', predictionsOf(10, 9).replace('r0,', ','), '1 row without a value in "row"'],
    [
      'an undeclared class',
      predictionsOf(10, 9).replace('r0,cat,cat', 'r0,cat,cow'),
      '1 row whose "p" is none of the declared',
    ],
    [
      'a ragged line',
      `${predictionsOf(10, 9)}r10,cat\n`,
      'out/predictions.csv cannot be read whole: 1 line is no row, the first at line 12',
    ],
    [
      'classes that never meet',
      csvOf([
        ['a', 'cat', 'dog'],
        ['b', 'cat', 'dog'],
      ]),
      'not one class occurs both in "y" and in "p"',
    ],
  ])('with %s cannot be judged', async (_, predictions, message) => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ predictions });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({
      subject: 'digits',
      verdict: 'error',
      body: null,
      blame: { owner: 'data' },
    });
    expect(outcome.summary).toContain(message);
    expect(JSON.stringify(outcome)).not.toContain('cow');
  });

  it('with classes written in another way is told how the gate file writes them', async () => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ predictions: predictionsOf(10, 9).replaceAll('cat', 'Cat') });
    const { blame } = await scene.evaluate();
    expect(blame?.remedy).toContain('Write each class as the gate file declares it under "labels"');
    expect(blame?.remedy).toContain('cat, dog');
    expect(blame?.remedy).not.toContain('Cat');
  });

  it('whose Parquet file is cut short cannot be judged', async () => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.write('cut.parquet', Buffer.from('PAR1 and then nothing'));
    await scene.train({});
    const outcome = await scene.evaluate({ predictions: 'cut.parquet' });
    expect(outcome.summary).toContain('cut.parquet is no whole Parquet file');
  });

  it('without a column that the gate names is a usage error at its line', async () => {
    await using scene = await openScene({
      gate: rule('accuracy').replace('prediction: p', 'prediction: guess'),
    });
    await scene.train({ predictions: predictionsOf(10, 9) });
    await expect(scene.evaluate()).rejects.toMatchObject({
      message: expect.stringContaining('gate.yml:2: out/predictions.csv has no column "guess"') as string,
      remedy: 'Columns: row, y, p.',
    });
  });

  it.each([
    ['recall-makro', ', direction: higher', 'it was not measured. Did you mean "recall-macro"?'],
    ['f1', '', 'it needs "positive", under "evaluation"'],
    ['roc-auc', '', 'it needs "scores", under "evaluation"'],
  ])('without %s fails closed', async (metric, extra, reason) => {
    await using scene = await openScene({ gate: rule(metric, extra) });
    await scene.train({ predictions: predictionsOf(10, 9) });
    const outcome = await scene.evaluate();
    expect(outcome.verdict).toBe('error');
    expect(outcome.summary).toContain(reason);
  });

  it('without a metric may be told to warn', async () => {
    await using scene = await openScene({
      gate: `${rule('own', ', direction: higher, on-missing: warn')}  - {metric: accuracy, min: 0.5, test: none}\n`,
    });
    await scene.train({ predictions: predictionsOf(10, 9) });
    const outcome = await scene.evaluate();
    expect(outcome.verdict).toBe('pass');
    expect(outcome.annotations).toMatchObject([{ severity: 'warning', line: 4 }]);
  });

  it('is judged by reported metrics where the gate names no columns', async () => {
    await using scene = await openScene({ gate: rule('accuracy').replace(`${COLUMNS}\n`, '') });
    await scene.train({ predictions: predictionsOf(10, 9), metrics: { accuracy: 0.7 } });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      body: { predictionsBy: 'none', metrics: [{ name: 'accuracy', value: 0.7, n: null }] },
    });
    expect(outcome.notices.join()).toContain('The predictions were not read');
    await scene.write('m.json', '{"accuracy": null, "test": {"r2": 1}}');
    const given = await scene.evaluate({ metrics: 'm.json' });
    expect(given.summary).toBe('accuracy has no value: The file m.json reported no number.');
    await scene.write('m.json', '{"accuracy": NaN}');
    await expect(scene.evaluate({ metrics: 'm.json' })).rejects.toThrow(
      'The metrics in m.json are not JSON.',
    );
    await scene.write('m.json', ' '.repeat(16 * 1024 * 1024 + 1));
    await expect(scene.evaluate({ metrics: 'm.json' })).rejects.toThrow('at most 16777216 are read');
  });

  it('is bound to no model without a training section', async () => {
    await using scene = await openScene({ gate: rule('accuracy').replace('min: 0,', 'min: 0.5,') });
    await expect(scene.evaluate()).rejects.toThrow('Input "model" was not given');
    await expect(scene.evaluate({ model: 'digits' })).rejects.toThrow(
      'There is no training section in the record',
    );
    await scene.write('rows.csv', predictionsOf(100, 90));
    const outcome = await scene.evaluate({ model: 'digits', predictions: 'rows.csv' });
    expect(outcome).toMatchObject({ verdict: 'pass', body: { modelDigest: null } });
    expect(outcome.notices.join()).toContain('bound to no model');
    expect(outcome.notices.join()).toContain('given by the workflow');
    await scene.write('rows.xlsx', 'x');
    await expect(scene.evaluate({ model: 'digits', predictions: 'rows.xlsx' })).rejects.toThrow(
      'format of the predictions in rows.xlsx',
    );
    await scene.write('m.json', '{}');
    await expect(scene.evaluate({ model: 'digits', metrics: 'm.json' })).rejects.toThrow(
      'there are no predictions to evaluate',
    );
    await scene.write(
      'gate.yml',
      rule('accuracy').replace('min: 0,', 'min: 0.5,').replace('{id', '{predictions: rows.csv, id'),
    );
    expect((await scene.evaluate({ model: 'digits', metrics: 'm.json' })).verdict).toBe('pass');
  });

  it.each([
    [
      'fail',
      { verdict: 'fail', passed: false, summary: 'It ended with 3.' },
      'The training ended with "fail"',
    ],
    ['error', { verdict: 'error', passed: false, body: null }, 'The training ended with "error"'],
    ['skipped', { verdict: 'skipped', passed: true, body: null }, 'The training ended with "skipped"'],
  ] as const)('is not there where training ended with %s', async (_, section, message) => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ section });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'error', body: null, blame: { owner: 'code' } });
    expect(outcome.summary).toContain(message);
  });

  it('is judged later where the training has only been dispatched: the step is skipped', async () => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ section: { verdict: 'pending', passed: false, summary: 'Dispatched to gpu.' } });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'skipped', passed: false, blame: null, annotations: [] });
    expect(outcome.summary).toBe(
      'The training has not ended yet, so there is no model to judge here: Dispatched to gpu.',
    );
  });

  it('whose training contradicts its own model digest is refused', async () => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ predictions: predictionsOf(10, 9), tamper: true });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'model' } });
    expect(outcome.summary).toContain('is not that of its files');
  });
});
