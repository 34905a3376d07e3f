import { describe, expect, it } from 'vitest';
import { sectionSchema } from '../../shared/record/section.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { evaluationSection, openScene, predictionsOf } from './scene.ts';

const COLUMNS = 'evaluation: {id: row, label: y, prediction: p, labels: [cat, dog]}';
const GATE = `version: 1
${COLUMNS}
baseline: {from: production, on-no-baseline: allow}
rules:
  - {metric: accuracy, min: 0.8, max-regression: 0.01, test: none}
`;
const REGISTRY = { registry: 'directory:registry' };

describe('evaluate-gate', () => {
  it('first run: bounds decide, comparisons are not run', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.train({ predictions: predictionsOf(100, 90), metrics: { accuracy: 0.98, seconds: 3 } });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({
      subject: 'digits',
      dataset: 'digits-data',
      verdict: 'pass',
      blame: null,
    });
    expect(outcome.summary).toBe(
      'The rule holds (1 was not run): accuracy is 0.9; at least 0.8 is required.',
    );
    expect(outcome.body).toMatchObject({
      firstRun: true,
      baseline: null,
      predictionsBy: 'training',
      confusion: {
        labels: ['cat', 'dog'],
        counts: [
          [45, null],
          [null, 45],
        ],
      },
    });
    expect(outcome.body?.rules.map(({ id, result }) => [id, result])).toEqual([
      ['accuracy.minimum', 'pass'],
      ['accuracy.max-regression', 'not-run'],
    ]);
    expect(outcome.notices).toEqual([
      'The training reported accuracy 0.98, the predictions give 0.9; the latter counts.',
    ]);
    expect(Number(outcome.outputs['accuracy'])).toBe(
      outcome.body?.metrics.find(({ name }) => name === 'accuracy')?.value,
    );
    expect(JSON.parse(outcome.outputs['metrics'] ?? '')).toMatchObject({
      accuracy: 0.9,
      'f1-macro': 0.9,
      seconds: 3,
    });
    expect(outcome.outputs).toMatchObject({ 'failed-rules': '[]', 'baseline-version': '' });
    // What the action returns is what the record's schema holds.
    const section = { ...evaluationSection(null), commit: commitOf(), run: runOf(), body: outcome.body };
    expect(sectionSchema.safeParse(section).error).toBeUndefined();
  });

  it('finds the predictions of a version under another path than today', async () => {
    await using scene = await openScene({ gate: GATE.replace('{id', '{predictions: today.csv, id') });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 85) });
    await scene.train({});
    await scene.write('today.csv', predictionsOf(100, 90));
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'pass', body: { rules: [{}, { baselineValue: 0.85 }] } });
  });

  it('on-no-baseline: fail makes a first run an error', async () => {
    await using scene = await openScene({ gate: GATE.replace('allow', 'fail') });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'error', body: { firstRun: true } });
  });
});

describe('the gate file on a pull request', () => {
  const bounds = `version: 1\n${COLUMNS}\nrules:\n  - {metric: accuracy, min: 0.8, test: none}\n`;

  it('is that of the base', async () => {
    await using scene = await openScene({
      gate: bounds.replace('0.8', '0.1'),
      event: 'pull_request',
      base: { 'gate.yml': bounds },
    });
    await scene.train({ predictions: predictionsOf(100, 50) });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'fail', body: { gate: { from: 'base', newInHead: false } } });
    expect(outcome.body?.gate?.diff).toContain('+  - {metric: accuracy, min: 0.1');
  });

  it('is at best inconclusive where the base has none', async () => {
    await using scene = await openScene({ gate: bounds, event: 'pull_request', base: {} });
    await scene.train({ predictions: predictionsOf(100, 90) });
    expect(await scene.evaluate()).toMatchObject({
      verdict: 'inconclusive',
      body: { gate: { newInHead: true } },
    });
  });

  it('is refused without rules', async () => {
    await using scene = await openScene({ gate: 'version: 1\nrules: []\n' });
    await expect(scene.evaluate()).rejects.toMatchObject({
      message: expect.stringContaining('gate.yml:2: ') as string,
    });
  });
});
