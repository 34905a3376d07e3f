import { describe, expect, it } from 'vitest';
import { openScene, predictionsOf } from './scene.ts';

/** The columns of the scene's predictions. */
const COLUMNS = { 'id-column': 'row', 'label-column': 'y', 'prediction-column': 'p' };
const REGISTRY = { registry: 'directory:registry', gate: '' };

describe('evaluate-gate without a gate file', () => {
  it('judges by the rules of its inputs, with intervals', async () => {
    await using scene = await openScene({});
    await scene.publish({ model: 'first', predictions: predictionsOf(1000, 900) });
    await scene.train({ predictions: predictionsOf(1000, 905) });
    const rules = 'accuracy >= 0.8\naccuracy max-regression 0.02\naccuracy >= 0.99 severity=warning';
    const outcome = await scene.evaluate({ ...REGISTRY, ...COLUMNS, rules });
    expect(outcome.body?.rules).toMatchObject([
      { metric: 'accuracy', mode: 'minimum', result: 'pass', value: 0.905 },
      { metric: 'accuracy', mode: 'max-regression', result: 'pass', baselineValue: 0.9 },
      { metric: 'accuracy', mode: 'minimum', result: 'warn', severity: 'warning' },
    ]);
    expect(outcome.body?.rules[0]?.interval).not.toBeNull();
    expect(outcome.verdict).toBe('pass');
  });

  it('breaks a rule', async () => {
    await using scene = await openScene({});
    await scene.train({ predictions: predictionsOf(1000, 700) });
    const outcome = await scene.evaluate({ ...REGISTRY, ...COLUMNS, rules: 'accuracy >= 0.8' });
    expect(outcome.verdict).toBe('fail');
  });

  it('says on a pull request that the rules are those of the head', async () => {
    await using scene = await openScene({ event: 'pull_request', base: {} });
    await scene.train({ predictions: predictionsOf(1000, 900) });
    const outcome = await scene.evaluate({ ...REGISTRY, ...COLUMNS, rules: 'accuracy >= 0.8' });
    expect(outcome.body?.gate).toMatchObject({ path: 'the inputs of the step', from: 'head' });
  });

  it('reads metrics alone, without predictions', async () => {
    await using scene = await openScene({});
    await scene.train({});
    await scene.write('metrics.json', '{"accuracy": 0.7, "words-per-second": 30}');
    const given = { metrics: 'metrics.json', rules: 'accuracy >= 0.8\nwords-per-second >= 20' };
    const outcome = await scene.evaluate({ ...REGISTRY, ...given });
    expect(outcome.body?.rules.map(({ metric, result }) => [metric, result])).toEqual([
      ['accuracy', 'fail'],
      ['words-per-second', 'pass'],
    ]);
  });

  it('names the input whose column is not there', async () => {
    await using scene = await openScene({});
    await scene.train({ predictions: predictionsOf(10, 9) });
    await expect(scene.evaluate({ ...REGISTRY, rules: 'accuracy >= 0.8' })).rejects.toThrow(
      /^Input "id-column": out\/predictions\.csv has no column "id"\.$/,
    );
    const wrong = { ...REGISTRY, ...COLUMNS, 'label-column': 'yy', rules: 'accuracy >= 0.8' };
    await expect(scene.evaluate(wrong)).rejects.toMatchObject({
      message: 'Input "label-column": out/predictions.csv has no column "yy".',
      remedy: expect.stringContaining('Columns: ') as string,
      where: undefined,
    });
  });

  it('names the line of the rule whose slices cannot be cut', async () => {
    await using scene = await openScene({});
    await scene.train({ predictions: predictionsOf(10, 9) });
    const rules = 'accuracy >= 0.8\naccuracy >= 0.5 slices=ago';
    await expect(scene.evaluate({ ...REGISTRY, ...COLUMNS, rules })).rejects.toThrow(
      /^Input "rules", line 2: the slices "ago" are cut by the column "ago"/,
    );
  });

  it('names the input of evaluation rows that are not there', async () => {
    await using scene = await openScene({});
    await scene.train({ model: 'weights' });
    const given = { ...COLUMNS, 'evaluation-rows': 'none.csv', rules: 'accuracy >= 0.8' };
    await expect(scene.evaluate({ ...REGISTRY, ...given })).rejects.toThrow(
      /^Input "evaluation-rows": the file "none\.csv" does not exist\.$/,
    );
  });

  it('points at no file where a rule does not hold', async () => {
    await using scene = await openScene({});
    await scene.train({ predictions: predictionsOf(1000, 700) });
    const { annotations } = await scene.evaluate({ ...REGISTRY, ...COLUMNS, rules: 'accuracy >= 0.8' });
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).not.toHaveProperty('file');
  });
});
