import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { measure } from '../../actions/evaluate-gate/src/metrics/measure.ts';
import { predictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import { LIMITS, openEngine, temporaryFolder } from './engine.ts';

interface Scene {
  /** Keys under `evaluation` besides id, label and prediction. */
  readonly evaluation?: string;
  readonly metrics?: string;
  readonly utility?: string;
  /** Names of metrics that rules ask for. */
  readonly rules?: readonly string[];
  readonly baseline?: string;
  readonly format?: 'csv' | 'jsonl';
}

/** Measures rows by a gate file; what is defined stands on line 3. */
async function measured(rows: string, { evaluation = '', rules = ['accuracy'], ...scene }: Scene) {
  const text = [
    'version: 1',
    `evaluation: {id: id, label: y, prediction: p${evaluation}}`,
    `metrics: {${scene.metrics ?? ''}}`,
    ...(scene.utility === undefined ? [] : [`utility: ${scene.utility}`]),
    'rules:',
    ...rules.map((metric) => `  - {metric: ${metric}, min: -9, test: none}`),
  ].join('\n');
  const gate = parseGateFile(text, 'gate.yml');
  if (gate.evaluation === undefined) throw new Error('no evaluation');
  await using folder = await temporaryFolder();
  await using engine = await openEngine();
  const file = async (name: string, content: string) => {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return predictionFile(path, name);
  };
  const { format = 'csv', baseline } = scene;
  return await measure({
    engine,
    limits: { ...LIMITS, temporaryDirectory: folder.path },
    gate: { ...gate, evaluation: gate.evaluation },
    gatePath: 'gate.yml',
    candidate: await file(`new.${format}`, rows),
    baseline: baseline === undefined ? undefined : await file(`old.${format}`, baseline),
    signal: new AbortController().signal,
  });
}

const csv = (columns: string, ...rows: string[]): string => [columns, ...rows, ''].join('\n');
const ROWS = csv('id,y,p,w,s,won', 'a,1,1,3,0.5,candidate', 'b,0,1,1,1.5,tie', 'c,0,0,0,9,baseline');

describe('a metric of the gate file', () => {
  it.each([
    ['the mean of a column', 'm: {column: s, direction: higher}', '', 11 / 3],
    ['the weighted mean of a column', 'm: {column: s, direction: higher}', ', weight: w', 0.75],
    ['a preference, of which ties are a half', 'm: {preference: won}', '', 0.5],
    ['a weighted preference', 'm: {preference: won}', ', weight: w', 3.5 / 4],
    ['an expression', 'm: {sql: "max(CAST(s AS DOUBLE)) - count(*)", direction: lower}', '', 6],
    ['an expression with a comment', 'm: {sql: "count(*) -- rows", direction: lower}', '', 3],
    [
      'an integer that is no double',
      'm: {sql: "max(CAST(9007199254740993 AS HUGEINT))", direction: lower}',
      '',
      2 ** 53,
    ],
  ])('is %s', async (_, metrics, evaluation, value) => {
    const { candidate } = await measured(ROWS, { metrics, evaluation });
    const metric = candidate.metrics.get('m');
    expect(metric).toMatchObject({ n: 3 });
    expect(metric?.value).toBeCloseTo(value, 12);
  });

  it.each([
    ['m: {column: t, direction: higher}', 'new.csv has no column "t"'],
    ['m: {sql: "CAST(s AS DOUBLE)", direction: higher}', 'its "sql" gives several rows, not one number'],
    ['m: {sql: "1), (2", direction: higher}', 'its "sql" gives several rows, not one number'],
    ['m: {sql: "count(*)), (2", direction: higher}', 'its "sql" gives 2 values, not one number'],
    [
      'm: {sql: "unnest(CAST([] AS INTEGER[]))", direction: higher}',
      'its "sql" gives no rows, not one number',
    ],
    [
      'm: {sql: "1)); DROP TABLE candidate; SELECT * FROM (SELECT (1", direction: higher}',
      'is not one statement',
    ],
    ['m: {sql: "max(y)", direction: higher}', 'its "sql" gives text, not a number'],
    ['m: {sql: "list(y)", direction: higher}', 'its "sql" gives a list, not a number'],
    ['m: {sql: "count(*) > 1", direction: higher}', 'its "sql" gives a truth value, not a number'],
    ['m: {sql: "avg(nothing)", direction: higher}', 'Binder Error'],
    ['m: {sql: "avg(", direction: higher}', 'Parser Error'],
    ['m: {sql: "1); DROP TABLE candidate; SELECT (1", direction: higher}', 'Parser Error'],
    [`m: {sql: "(SELECT count(*) FROM read_csv('/etc/passwd'))", direction: higher}`, 'Permission Error'],
    ['m: {sql: "avg(CAST(won AS DOUBLE))", direction: higher}', 'Conversion Error'],
  ])('is a mistake of the gate file: %s', async (metrics, message) => {
    const failure = await measured(ROWS, { metrics }).then(
      () => new Error('it was measured'),
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/^gate\.yml:3: the metric "m" cannot be computed: /) as string,
      where: { file: 'gate.yml', line: 3 },
    });
    expect(String(failure)).toContain(message);
    // What rows hold is not for a log.
    expect(String(failure)).not.toMatch(/'(candidate|tie|baseline)'/);
  });

  it.each([
    ['m: {column: s, direction: higher}', '1 row has no finite number in "s"'],
    ['m: {preference: won}', '2 rows have none of candidate, tie, baseline in "won"'],
    ['m: {sql: "avg(CAST(s AS DOUBLE)) / 0", direction: higher}', 'it is not defined on these rows'],
  ])('has no value where rows lack it: %s', async (metrics, reason) => {
    const rows = csv('id,y,p,s,won', 'a,1,1,nan,left', 'b,0,1,1.5,', 'c,0,0,1,tie');
    const { candidate } = await measured(rows, { metrics });
    expect(candidate.metrics.get('m')).toEqual({ value: null, n: 3, reason });
  });

  it('may have no column in the baseline', async () => {
    const { candidate, baseline } = await measured(ROWS, {
      metrics: 'm: {preference: won}, c: {column: s, direction: higher}',
      baseline: csv('id,y,p,s', 'a,1,0,1', 'b,0,0,2', 'c,0,0,6'),
    });
    expect(candidate.metrics.get('m')?.value).toBe(0.5);
    const metrics = baseline !== undefined && 'metrics' in baseline ? baseline.metrics : new Map();
    expect(metrics.get('m')).toEqual({ value: null, n: 3, reason: 'old.csv has no column "won"' });
    expect(metrics.get('c')).toEqual({ value: 3, n: 3 });
  });

  it('needs no classes: labels may be whole texts', async () => {
    const rows = csv('id,y,p,s', 'a,The cat sat.,A cat sits.,0.5', 'b,It rains.,Rain falls.,1');
    const metrics = 'm: {column: s, direction: higher}';
    const { candidate, families, notices } = await measured(rows, { metrics, rules: ['m'] });
    expect([...candidate.metrics]).toEqual([['m', { value: 0.75, n: 2 }]]);
    expect(families).toEqual({ classification: false, scored: false, regression: false });
    expect(notices).toEqual([]);
  });
});

describe('cost', () => {
  const utility =
    '{currency: EUR, costs: [{label: "1", prediction: "0", cost: 100}, {label: "0", prediction: "1", cost: 7}]}';

  it.each([
    ['', 7 / 3],
    [', weight: w', 7 / 4],
  ])('is the mean over the rows (%s)', async (evaluation, cost) => {
    const { candidate } = await measured(ROWS, { utility, evaluation, rules: ['cost'] });
    expect(candidate.metrics.get('cost')?.value).toBeCloseTo(cost, 12);
  });

  it('of a class that is none of the labels is a mistake', async () => {
    const evaluation = ', labels: ["1", "2"]';
    await expect(measured(ROWS, { utility, evaluation, rules: ['cost'] })).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('"0"') as string,
    });
  });

  it('is not there without costs', async () => {
    const { candidate, notComputed } = await measured(ROWS, {});
    expect(candidate.metrics.has('cost')).toBe(false);
    expect(notComputed.get('cost')).toBe('it needs classes, and "utility" in the gate file');
  });
});

describe('classes on one side', () => {
  const rows = csv('id,y,p', 'a,cat,cat', 'b,dog,cat', 'c,owl,fox', 'd,cat,cat');

  it('are told with their number, and by name where they are declared', async () => {
    const anonymous = await measured(rows, {});
    expect(anonymous.notices.slice(1)).toEqual([
      '2 classes among the labels are never predicted.',
      "1 class is predicted, and is no row's label.",
    ]);
    const baseline = csv('id,y,p', 'a,cat,cat', 'b,dog,dog', 'c,owl,owl', 'd,cat,cat');
    const evaluation = ', labels: [cat, dog, owl, fox]';
    const named = await measured(rows, { baseline, evaluation });
    expect(named.notices).toEqual([
      '2 classes (dog, owl) among the labels are never predicted.',
      "1 class (fox) is predicted, and is no row's label.",
      '1 class (fox) is predicted by the candidate and never by the baseline.',
      '2 classes (dog, owl) are predicted by the baseline and never by the candidate.',
    ]);
  });

  it('list ten names at most', async () => {
    const labels = Array.from({ length: 12 }, (_, index) => `c${index}`);
    const many = csv('id,y,p', ...labels.map((label, index) => `${index},${label},c0`));
    const { notices } = await measured(many, { evaluation: `, labels: [${labels.join(', ')}]` });
    expect(notices[0]).toBe(
      '11 classes (c1, c10, c11, c2, c3, c4, c5, c6, c7, c8, …) among the labels are never predicted.',
    );
  });

  it('are not told of more than a thousand, which have no metrics', async () => {
    const rows = csv('id,y,p', ...Array.from({ length: 1001 }, (_, index) => `${index},c${index},c0`));
    const { candidate, notices, baseline } = await measured(rows, { baseline: rows });
    expect(candidate.metrics.get('accuracy')).toEqual({
      value: null,
      n: 1001,
      reason: 'labels and predictions have more than 1000 classes, which are rather numbers or texts',
    });
    expect(notices).toHaveLength(1);
    expect(baseline).toMatchObject({ n: 1001 });
  });
});

describe('metrics that these rows do not define', () => {
  it.each([
    ['mape', '2 rows', csv('id,y,p', 'a,0,1', 'b,0.0,2', 'c,3.5,3'), 'the label of 2 rows is 0'],
    ['mape', '1 row', csv('id,y,p', 'a,0,1', 'c,3.5,3'), 'the label of 1 row is 0'],
    [
      'pr-auc',
      'one class',
      csv('id,y,p,s', 'a,1,1,0.5', 'b,1,1,0.2'),
      'a class has no rows, or no other class has any',
    ],
    [
      'brier',
      'scores',
      csv('id,y,p,s', 'a,1,1,2', 'b,1,0,-1'),
      'the scores of 2 rows are no probabilities from 0 to 1',
    ],
    [
      'ece',
      'scores',
      csv('id,y,p,s', 'a,1,1,2', 'b,1,0,1'),
      'the scores of 1 row are no probabilities from 0 to 1',
    ],
  ])('%s (%s)', async (metric, _, rows, reason) => {
    const evaluation = rows.includes(',s') ? ', positive: "1", scores: [s]' : '';
    const { candidate } = await measured(rows, { evaluation, rules: [metric] });
    expect(candidate.metrics.get(metric)).toMatchObject({ value: null, reason });
  });
});

describe('sets of classes', () => {
  const sets = (...rows: string[]): string => `${rows.join('\n')}\n`;
  const rules = ['subset-accuracy'];

  it('compare whatever their order and kind', async () => {
    const lists = sets(
      '{"id": 1, "y": [2, 1], "p": ["1", "2", "2"]}',
      '{"id": 2, "y": [], "p": []}',
      '{"id": 3, "y": [3.0], "p": "3"}',
    );
    const { candidate, baseline } = await measured(lists, { rules, format: 'jsonl', baseline: lists });
    expect(candidate.metrics.get('subset-accuracy')?.value).toBe(1);
    expect(candidate.metrics.get('f1-samples')?.value).toBeCloseTo(2 / 3, 12);
    expect(baseline).toMatchObject({ evaluationSetDigest: candidate.evaluationSetDigest });
  });

  it.each([
    ['an undeclared class', '[1, 9]', '1 row whose "y" is none of the declared "labels"'],
    ['an empty member', '[1, null]', '1 row without a value in "y"'],
    ['no set', 'null', '1 row without a value in "y"'],
  ])('with %s cannot be judged', async (_, set, message) => {
    const rows = sets(`{"id": 1, "y": ${set}, "p": [1]}`, '{"id": 2, "y": [1], "p": [1]}');
    const scene = { rules, evaluation: ', labels: ["1", "2"]', format: 'jsonl' } as const;
    await expect(measured(rows, scene)).rejects.toThrow(message);
  });

  it('as text that begins like JSON and is none cannot be judged', async () => {
    await expect(measured(csv('id,y,p', '1,[a,[a', '2,a|b,b|a'), { rules })).rejects.toThrow(
      '1 row without a value in "y"',
    );
  });

  it('have no metrics of single classes', async () => {
    const { notComputed, confusion } = await measured(csv('id,y,p', '1,a,a|b', '2,a|b,b|a'), { rules });
    expect(notComputed.get('roc-auc')).toBe('labels and predictions are sets of classes');
    expect(notComputed.get('mcc')).toBe('labels and predictions are sets of classes');
    expect(confusion).toBeNull();
  });
});
