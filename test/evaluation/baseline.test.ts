import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { csvOf, evaluationSection, openScene, predictionsOf } from './scene.ts';

const COLUMNS = 'evaluation: {id: row, label: y, prediction: p, labels: [cat, dog]}';
const GATE = `version: 1
${COLUMNS}
baseline: {from: production, on-no-baseline: allow}
rules:
  - {metric: accuracy, min: 0.8, max-regression: 0.01, test: none}
`;
const REGISTRY = { registry: 'directory:registry' };

describe('a version as baseline', () => {
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

  it('a registry that does not answer is an error, not a first run', async () => {
    // A port that was free a moment ago refuses the connection.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = z.object({ port: z.number() }).parse(server.address());
    server.close();
    await using scene = await openScene({
      gate: GATE,
      environment: { GITHUB_REPOSITORY: 'acme/digits', GITHUB_API_URL: `http://127.0.0.1:${port}` },
    });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const outcome = await scene.evaluate({ registry: 'github-release', token: 'none' });
    expect(outcome).toMatchObject({
      verdict: 'error',
      blame: { owner: 'infrastructure' },
      body: { firstRun: false },
    });
    expect(outcome.summary).toContain('The baseline "production" could not be had');
  }, 60_000);

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

describe('no baseline in the gate file, in a terminal', () => {
  const gate = GATE.replace('from: production, ', '');

  it('is production where there is one, and else the candidate, and the section says which', async () => {
    await using scene = await openScene({ gate });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 95), aliases: ['candidate'] });
    await scene.train({ predictions: predictionsOf(100, 90) });
    const second = await scene.evaluate(REGISTRY);
    expect(second.body?.baseline).toMatchObject({ what: 'candidate v1', from: 'candidate', version: 'v1' });
    expect(second.notices).toContain(
      'Compared with candidate v1: the registry directory:registry has 1 version of digits, and no alias "production".',
    );
    await scene.publish({ model: 'second', predictions: predictionsOf(100, 91), aliases: ['production'] });
    const first = await scene.evaluate(REGISTRY);
    expect(first.body?.baseline).toMatchObject({ from: 'production', version: 'v2' });
    expect(first.notices.join()).not.toContain('Compared with');
  });

  it('is a first run where the registry is empty, and an error where nothing points at its versions', async () => {
    await using scene = await openScene({ gate });
    await scene.train({ predictions: predictionsOf(100, 90) });
    expect(await scene.evaluate(REGISTRY)).toMatchObject({
      verdict: 'pass',
      body: { firstRun: true, baseline: null },
    });
    await scene.publish({ model: 'first', predictions: predictionsOf(100, 80), aliases: [] });
    const outcome = await scene.evaluate(REGISTRY);
    expect(outcome).toMatchObject({ verdict: 'error', body: { firstRun: false } });
    expect(outcome.summary).toContain(
      'has 1 version of digits, and neither an alias "production" nor "candidate"',
    );
  });

  it('without a registry is a usage error that names what to add', async () => {
    await using scene = await openScene({ gate });
    await scene.train({ predictions: predictionsOf(100, 90) });
    await expect(scene.evaluate()).rejects.toMatchObject({
      name: 'UsageError',
      message:
        'The gate compares with "production, else candidate, else the base branch", and the input "registry" was not given.',
      remedy: expect.stringContaining('directory:<path>') as string,
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
