import { describe, expect, it } from 'vitest';
import { sectionSchema } from '../../shared/record/section.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { csvOf, evaluationSection, openScene, predictionsOf } from './scene.ts';

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
      'The predictions were written by the training itself (self-reported).',
      'The training reported accuracy 0.98, the predictions give 0.9; the latter counts.',
    ]);
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

  it('compares with production row by row, and blocks a regression', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 95), metrics: { accuracy: 0.95 } });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({
      verdict: 'fail',
      summary: 'accuracy 0.9 is 0.05 below production v1 (0.95); at most 0.01 is allowed.',
      blame: { owner: 'model' },
      outputs: { 'failed-rules': '["accuracy.max-regression"]', 'baseline-version': 'v1' },
    });
    expect(outcome.annotations).toMatchObject([{ severity: 'error', file: 'gate.yml', line: 5 }]);
    expect(outcome.body?.baseline).toMatchObject({
      what: 'production v1',
      from: 'production',
      version: 'v1',
    });
    expect(outcome.body?.firstRun).toBe(false);
    expect(scene.logs).toContain('baseline: production v1');
  });

  it('passes what is better, and says when it is the same model', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ predictions: predictionsOf(100, 85) });
    await scene.train({ predictions: predictionsOf(100, 85) });
    const same = await scene.evaluate(REGISTRY);
    expect(same.verdict).toBe('pass');
    expect(same.notices).toContain('Candidate and production v1 are the same model.');
    await scene.train({ model: 'second', predictions: predictionsOf(100, 90) });
    const better = await scene.evaluate(REGISTRY);
    expect(better.summary).toContain('accuracy 0.9 is 0.05 above production v1 (0.85), which is better.');
  });

  it.each([
    ['version:v1', 0.95, 'v1'],
    ['candidate', 0.85, 'v2'],
  ])('compares with %s', async (from, value, version) => {
    await using scene = await openScene({ gate: GATE.replace('production', from) });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 95), aliases: ['production'] });
    await scene.publish({ model: 'second', predictions: predictionsOf(100, 85), aliases: ['candidate'] });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome.body?.rules[1]).toMatchObject({ baselineValue: value });
    expect(outcome.outputs['baseline-version']).toBe(version);
  });

  it.each([
    [
      'other ids',
      csvOf([
        ['a', 'cat', 'cat'],
        ['r1', 'dog', 'dog'],
      ]),
      /1 row of the baseline is missing.*; 99 rows of the candidate's predictions are not among/,
    ],
    ['fewer rows', predictionsOf(99, 95), /1 row of the candidate's predictions is not among the baseline's/],
    ['more rows', predictionsOf(101, 95), /1 row of the baseline is missing in the candidate's predictions/],
    ['another label', predictionsOf(100, 95).replace('r0,cat,cat', 'r0,dog,cat'), /1 row has another label/],
    ['an id twice', `${predictionsOf(99, 95)}r1,dog,dog\n`, /1 row that repeats an earlier "row"/],
    ['no such column', 'id,y,p\n1,cat,cat\n', /has no column "row"/],
    ['other classes', csvOf([['r0', 'cow', 'cow']]), /1 row whose "y" is none of the declared "labels"/],
  ])('a baseline with %s is an error, and the metrics are still told', async (_, predictions, message) => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ model: 'first', predictions });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'data' } });
    expect(outcome.summary).toMatch(message);
    expect(outcome.body?.rules.map(({ result }) => result)).toEqual(['pass', 'error']);
    expect(outcome.outputs['failed-rules']).toBe('["accuracy.max-regression"]');
  });

  it('a version without predictions is compared by the metrics of its record', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ model: 'first', metrics: { accuracy: 0.95 } });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'fail', body: { rules: [{}, { baselineValue: 0.95 }] } });
    expect(outcome.notices.join()).toContain('cannot be shown to be measured on the same rows');
  });

  it('metrics of another evaluation set are not compared', async () => {
    await using scene = await openScene({ gate: GATE });
    const withSet =
      (evaluationSetDigest: string, subject = 'digits') =>
      (digest: string) => {
        const section = evaluationSection(digest, { subject });
        return section.body === null ? [] : [{ ...section, body: { ...section.body, evaluationSetDigest } }];
      };
    await scene.publish({ model: 'first', sections: withSet('9'.repeat(64)) });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const other = await scene.evaluate(REGISTRY);
    expect(other).toMatchObject({ verdict: 'error' });
    expect(other.summary).toContain('production v1 was measured on another evaluation set');

    const digest = other.body?.evaluationSetDigest ?? '';
    await scene.publish({ model: 'second', sections: withSet(digest) });
    const same = await scene.evaluate(REGISTRY);
    expect(same).toMatchObject({ verdict: 'fail', body: { rules: [{}, { baselineValue: 0.97 }] } });

    await scene.publish({ model: 'third', sections: withSet(digest, 'another-model') });
    const foreign = await scene.evaluate(REGISTRY);
    expect(foreign.summary).toContain('The baseline, production v3, has no value of accuracy');
  });

  it('a record beside a version that speaks of another model is refused', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ model: 'first', sections: () => [evaluationSection('8'.repeat(64))] });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'model' } });
    expect(outcome.summary).toContain('is of another model digest');
  });

  it('versions without the alias are no first run', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 80), aliases: ['candidate'] });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({
      verdict: 'error',
      body: { firstRun: false, baseline: { what: 'production' } },
    });
    expect(outcome.summary).toContain('has 1 version of digits, and no alias "production"');
    expect(outcome.summary).toContain('"from: candidate"');
    await using other = await openScene({ gate: GATE.replace('production', 'candidate') });
    await other.publish({ model: 'first', aliases: [] });
    await other.publish({ model: 'second', aliases: [] });
    await other.train({ predictions: predictionsOf(100, 90) });
    expect((await other.evaluate(REGISTRY)).summary).toContain(
      'has 2 versions of digits, and no alias "candidate"',
    );
  });

  it('a registry that cannot be read is an error, not a first run', async () => {
    await using scene = await openScene({ gate: GATE });
    await scene.write('registry/index.json', '{"half": ');
    await scene.write('registry/oci-layout', '{"imageLayoutVersion":"1.0.0"}');
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'error', body: { firstRun: false } });
    expect(outcome.summary).toContain('The baseline "production" could not be had');
  });

  it.each([
    ['no registry', GATE, {}, 'the input "registry" was not given'],
    [
      'an unknown version',
      GATE.replace('production', 'version:v7'),
      REGISTRY,
      'gate.yml:3: the registry directory:registry has no version v7',
    ],
    [
      'a baseline input',
      GATE,
      { ...REGISTRY, 'baseline-metrics': 'gate.yml' },
      'count only for a file as baseline',
    ],
    ['an unknown registry', GATE, { registry: 'shelf:x' }, 'shelf'],
    [
      'a missing baseline file',
      GATE.replace('production', 'file:gone.json'),
      {},
      'gate.yml:3: the baseline "gone.json" does not exist',
    ],
    ['a baseline outside', GATE.replace('production', 'file:../gone.json'), {}, 'lies outside the workspace'],
  ])('%s is a usage error', async (_, gate, inputs, message) => {
    await using scene = await openScene({ gate });
    await scene.train({ predictions: predictionsOf(100, 90) });
    await expect(scene.evaluate(inputs)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a file as baseline', () => {
  const gate = GATE.replace('production', 'file:old/metrics.json');

  it('compares with metrics, and with predictions', async () => {
    await using scene = await openScene({ gate });
    await scene.write('old/metrics.json', '{"accuracy": 0.95}');
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate();
    expect(outcome.summary).toContain('below file old/metrics.json (0.95)');
    await scene.write('old/rows.csv', predictionsOf(100, 92));
    const rows = await scene.evaluate({ 'baseline-predictions': 'old/rows.csv' });
    expect(rows.body?.rules[1]).toMatchObject({ baselineValue: 0.92 });
    expect(rows.notices.join()).toContain(
      'file old/metrics.json reported accuracy 0.95, the predictions give 0.92',
    );
    expect(rows.notices.join()).toContain('which the change under test could have written');

    await scene.write('gate.yml', GATE.replace('production', 'file:old/rows.csv'));
    expect((await scene.evaluate()).body?.rules[1]).toMatchObject({ baselineValue: 0.92 });
    const both = await scene.evaluate({ 'baseline-metrics': 'old/metrics.json' });
    expect(both.body?.rules[1]).toMatchObject({ baselineValue: 0.92 });
  });

  it('is taken from the base on a pull request', async () => {
    const base = { 'gate.yml': gate, 'old/metrics.json': '{"accuracy": 0.95}' };
    await using scene = await openScene({ gate, event: 'pull_request', base });
    await scene.write('old/metrics.json', '{"accuracy": 0.1}');
    await scene.train({ predictions: predictionsOf(100, 90) });
    expect((await scene.evaluate()).body?.rules[1]).toMatchObject({ baselineValue: 0.95 });

    await using changed = await openScene({ gate, event: 'pull_request', base: { 'gate.yml': gate } });
    await changed.write('old/metrics.json', '{"accuracy": 0.1}');
    await changed.train({ predictions: predictionsOf(100, 90) });
    const outcome = await changed.evaluate();
    expect(outcome.body?.rules[1]).toMatchObject({ baselineValue: 0.1 });
    expect(outcome.notices.join()).toContain('which the change under test could have written');
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
    ['f1', '', 'it needs "positive" under "evaluation"'],
    ['roc-auc', '', 'it needs "scores" under "evaluation"'],
  ])('without %s fails closed', async (metric, extra, reason) => {
    await using scene = await openScene({ gate: rule(metric, extra) });
    await scene.train({ predictions: predictionsOf(10, 9) });
    const outcome = await scene.evaluate();
    expect(outcome.verdict).toBe('error');
    expect(outcome.summary).toContain(reason);
  });

  it('without a metric may be told to warn', async () => {
    await using scene = await openScene({
      gate: `${rule('own', ', direction: higher, on-missing: warn')}  - {metric: accuracy, min: 0, test: none}\n`,
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
    await using scene = await openScene({ gate: rule('accuracy') });
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
    await scene.write('gate.yml', rule('accuracy').replace('{id', '{predictions: rows.csv, id'));
    expect((await scene.evaluate({ model: 'digits', metrics: 'm.json' })).verdict).toBe('pass');
  });

  it.each([
    [
      'fail',
      { verdict: 'fail', passed: false, summary: 'It ended with 3.' },
      'The training ended with "fail"',
    ],
    ['error', { verdict: 'error', passed: false, body: null }, 'The training ended with "error"'],
    ['pending', { verdict: 'pending', passed: false }, 'has not ended yet'],
    ['skipped', { verdict: 'skipped', passed: true, body: null }, 'The training ended with "skipped"'],
  ] as const)('is not there where training ended with %s', async (_, section, message) => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ section });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'error', body: null, blame: { owner: 'code' } });
    expect(outcome.summary).toContain(message);
  });

  it('whose training contradicts its own model digest is refused', async () => {
    await using scene = await openScene({ gate: rule('accuracy') });
    await scene.train({ predictions: predictionsOf(10, 9), tamper: true });
    const outcome = await scene.evaluate();
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'model' } });
    expect(outcome.summary).toContain('is not that of its files');
  });
});
