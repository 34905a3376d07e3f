import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Examination } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import { classifier, type Element, encodeModel, identity, reciprocal } from '../deployment/onnx-model.ts';
import { type ExamineScene, fileOf, gateOf, openExamineScene, python } from './examine-scene.ts';
import { findPython } from './python.ts';

const CLASSES = ['10', '20', '30'];
const columns = { labels: CLASSES, scores: ['p0', 'p1', 'p2'] };

/** Rows of two features for `classifier`. */
const points = (n: number): string =>
  `id,x,y,label\n${Array.from({ length: n }, (_, i) => `${i},${(i % 7) - 3.5},${(i % 5) - 2},10\n`).join('')}`;

/** One feature, `in`, for a model that gives back what it gets; the label is never asked for. */
async function throughIdentity(
  scene: ExamineScene,
  type: Element,
  values: readonly string[],
  shape: readonly (number | string)[] = ['rows'],
) {
  await scene.write(
    'data/test.csv',
    `id,in,label\n${values.map((value, i) => `${i},${value},1\n`).join('')}`,
  );
  const examined = await scene.examine({ gate: gateOf({}), candidate: { 'm.onnx': identity(type, shape) } });
  const rows = await scene.ask(examined.candidate, 'SELECT y_pred FROM p ORDER BY CAST(id AS INT)');
  return rows.map((row) => row['y_pred']);
}

describe('an ONNX model', () => {
  it('is run on all rows, chunk by chunk', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5_000));
    const examined = await scene.examine({ gate: gateOf(columns), candidate: { 'm.onnx': classifier() } });
    const [row] = await scene.ask(
      examined.candidate,
      `WITH f AS (SELECT *, CAST(x AS DOUBLE) AS a, CAST(y AS DOUBLE) AS b FROM p)
       SELECT count(*) AS n, count(DISTINCT id) AS ids, max(abs(p0 + p1 + p2 - 1)) AS off,
         count(*) FILTER (y_pred <> CASE WHEN a >= b AND a >= -(a + b) THEN 10 WHEN b >= -(a + b) THEN 20 ELSE 30 END) AS wrong,
         count(*) FILTER (abs(p0 - exp(4 * a) / (exp(4 * a) + exp(4 * b) + exp(-4 * (a + b)))) > 1e-5) AS other FROM f`,
    );
    expect(row).toMatchObject({ n: 5_000, ids: 5_000, wrong: 0, other: 0 });
    expect(row?.['off']).toBeLessThan(1e-5);
    expect(examined.record.rows).toBe(5_000);
  });

  it('of a fixed number of rows is run all the same, without a latency of one', async () => {
    await using scene = await openExamineScene();
    await scene.write(
      'data/test.csv',
      `id,a,b,c,label\n${[1, 2, 3, 4, 5].map((i) => `${i},${i},${i * 2},0,1\n`).join('')}`,
    );
    const fixed = identity('FP32', [4, 3]);
    const scores = { labels: ['u', 'v', 'w'], scores: ['p0', 'p1', 'p2'] };
    const examined = await scene.examine({ gate: gateOf(scores), candidate: { 'm.onnx': fixed } });
    expect(examined.record.latencyMs).toBeNull();
    expect(await scene.ask(examined.candidate, 'SELECT y_pred, p1 FROM p ORDER BY p1')).toEqual(
      [2, 4, 6, 8, 10].map((p1) => ({ y_pred: 'v', p1 })),
    );
  });

  it('of one row at a time is run row by row', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,a,label\n1,0.25,1\n2,0.75,1\n');
    const gate = gateOf({ labels: ['no', 'yes'], positive: 'yes', scores: ['s'] });
    const examined = await scene.examine({ gate, candidate: { 'm.onnx': identity('FP32', [1, 1]) } });
    expect(examined.record.latencyMs?.n).toBe(2);
    expect(await scene.ask(examined.candidate, 'SELECT y_pred, s FROM p ORDER BY s')).toEqual([
      { y_pred: 'no', s: 0.25 },
      { y_pred: 'yes', s: 0.75 },
    ]);
  });

  it.each<[Element, readonly string[], readonly unknown[]]>([
    ['INT64', ['1', '-7', '9007199254740993'], [1, -7, 9007199254740993n]],
    ['UINT8', ['0', '255'], [0, 255]],
    ['BYTES', ['red', 'blue'], ['red', 'blue']],
    ['BOOL', ['true', 'false'], ['true', 'false']],
    ['FP16', ['0.5', '-2'], [0.5, -2]],
    ['FP64', ['0.1', '1e300'], [0.1, 1e300]],
  ])('of type %s is given its values exactly', async (type, values, expected) => {
    await using scene = await openExamineScene();
    expect(await throughIdentity(scene, type, values)).toEqual(expected);
  });

  it.each<[Element, readonly string[], string]>([
    ['INT64', ['1', '1.5'], '"in" in 1 row for the input "in" (INT64; the column is VARCHAR)'],
    ['INT8', ['1', '128', ''], '"in" in 2 rows for the input "in" (INT8; the column is VARCHAR)'],
    ['FP32', ['1', 'red'], '"in" in 1 row for the input "in" (FP32; the column is VARCHAR)'],
    ['BOOL', ['true', 'perhaps'], '"in" in 1 row'],
    ['BYTES', ['a', ''], '"in" in 1 row'],
  ])('of type %s is not given %j', async (type, values, message) => {
    await using scene = await openExamineScene();
    await expect(throughIdentity(scene, type, values)).rejects.toThrow(
      `The model m.onnx of the candidate cannot take values of data/test.csv: ${message}`,
    );
  });

  it('of several inputs gets the columns of their names', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,unused,b,a,label\n1,9,2,40,1\n2,9,3,50,1\n');
    const inputs = ['a', 'b'].map((name) => ({ name, type: 'FP32' as const, shape: ['rows', 1] }));
    const model = encodeModel({
      inputs,
      outputs: [{ name: 'y', type: 'FP32', shape: ['rows', 1] }],
      nodes: [{ operator: 'Sub', inputs: ['a', 'b'], outputs: ['y'] }],
    });
    const examined = await scene.examine({ gate: gateOf({}), candidate: { 'm.onnx': model } });
    expect(await scene.ask(examined.candidate, 'SELECT y_pred FROM p ORDER BY 1')).toEqual([
      { y_pred: 38 },
      { y_pred: 47 },
    ]);
  });

  it('has its own predictions in place of those that the rows bring', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,in,label,Y_PRED\n1,5,5,99\n');
    const gate = gateOf({}, { features: ['in'] });
    const examined = await scene.examine({ gate, candidate: { 'm.onnx': identity('INT64') } });
    expect(await scene.ask(examined.candidate, 'SELECT * FROM p')).toEqual([
      { id: '1', in: '5', label: '5', y_pred: 5, __file: 0, __row: 1 },
    ]);
  });

  it('that gives no finite numbers is refused with their count', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,in,label\n1,0,1\n2,1,1\n3,,1\n');
    await expect(
      scene.examine({ gate: gateOf({}), candidate: { 'm.onnx': reciprocal() } }),
    ).rejects.toMatchObject({
      owner: 'model',
      message: 'The model m.onnx of the candidate gave NaN or infinity for 2 of 3 rows.',
    });
  });

  it('whose class would be decided by NaN is refused', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,a,b,label\n1,1,,u\n2,1,2,u\n');
    const gate = gateOf({ labels: ['u', 'v'] });
    await expect(
      scene.examine({ gate, candidate: { 'm.onnx': identity('FP32', ['rows', 2]) } }),
    ).rejects.toThrow('gave NaN or infinity for 1 of 2 rows');
    const single = gateOf({ labels: ['u', 'v'], positive: 'v', scores: ['s'] }, { features: ['b'] });
    await expect(
      scene.examine({ gate: single, candidate: { 'm.onnx': identity('FP32', ['rows', 1]) } }),
    ).rejects.toThrow('gave NaN or infinity for 1 of 2 rows');
  });

  it.each<[string, Record<string, string | Buffer>, RegExp]>([
    ['is none', { 'm.onnx': 'no model' }, /The file "m.onnx of the candidate" is not an ONNX model/],
    ['is cut short', { 'm.onnx': classifier().subarray(0, 90) }, /is not an ONNX model|cannot load/],
    [
      'takes more features',
      { 'm.onnx': identity('FP32', ['rows', 64]) },
      /takes 64 values a row; data\/test.csv has 2/,
    ],
    ['is one of two', { 'm.onnx': classifier(), 'n.onnx': classifier() }, /has 2 \.onnx files/],
    ['is not among the files', { 'm.pkl': 'x' }, /has 0 \.onnx files/],
    [
      'gives another number of classes',
      { 'm.onnx': identity('FP32', ['rows', 2]) },
      /has no output of 3 scores a row/,
    ],
    [
      'has weights elsewhere',
      { 'm.onnx': external('../../labels.bin') },
      /keeps weights outside its own folder/,
    ],
  ])('that %s is an error', async (_what, candidate, message) => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    await expect(scene.examine({ gate: gateOf(columns), candidate })).rejects.toThrow(message);
  });

  it('may keep its weights beside it', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', 'id,a,b,label\n1,2,3,u\n2,5,1,w\n');
    const weights = Buffer.from(Float32Array.from([1, 0, 0, 0, 1, 0]).buffer);
    const examined = await scene.examine({
      gate: gateOf({ labels: ['u', 'v', 'w'] }),
      candidate: { 'out/m.onnx': external('w.bin'), 'out/w.bin': weights },
    });
    expect(await scene.ask(examined.candidate, 'SELECT y_pred FROM p ORDER BY id')).toEqual([
      { y_pred: 'v' },
      { y_pred: 'u' },
    ]);
  });

  it('whose shapes are not what they were said to be is an error', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    const free = (operator: string) =>
      encodeModel({
        inputs: [{ name: 'in', type: 'FP32', shape: ['rows', 'n'] }],
        outputs: [{ name: 'out', type: 'FP32', shape: ['rows', 'any'] }],
        nodes: [{ operator, inputs: ['in'], outputs: ['out'] }],
      });
    await expect(
      scene.examine({ gate: gateOf(columns), candidate: { 'm.onnx': free('Identity') } }),
    ).rejects.toThrow(
      'The model m.onnx of the candidate gave 2 scores a row in "out"; the gate file declares 3 classes.',
    );
    await expect(
      scene.examine({ gate: gateOf({}), candidate: { 'm.onnx': free('Identity') } }),
    ).rejects.toThrow('gave 2 values a row in "out", which was taken for its prediction');
    await expect(
      scene.examine({ gate: gateOf(columns), candidate: { 'm.onnx': free('Transpose') } }),
    ).rejects.toThrow('gave an output "out" of shape [2, 5] for 5 rows');
  });

  it('that fails while it runs is an error of the model', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    const model = encodeModel({
      inputs: [{ name: 'in', type: 'FP32', shape: ['rows', 'n'] }],
      outputs: [{ name: 'out', type: 'FP32', shape: ['rows', 3] }],
      initializers: [{ name: 'w', type: 'FP32', shape: [4, 3], raw: Buffer.alloc(48) }],
      nodes: [{ operator: 'MatMul', inputs: ['in', 'w'], outputs: ['out'] }],
    });
    await expect(
      scene.examine({ gate: gateOf(columns), candidate: { 'm.onnx': model } }),
    ).rejects.toMatchObject({
      owner: 'model',
      message: expect.stringContaining('could not be run') as string,
    });
  });

  it('of the baseline that cannot be run leaves the candidate examined', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    const examined = await scene.examine({
      gate: gateOf(columns),
      candidate: { 'm.onnx': classifier() },
      baseline: { 'm.onnx': identity('FP32', ['rows', 64]) },
    });
    expect(await scene.ask(examined.candidate, 'SELECT count(*) AS n FROM p')).toEqual([{ n: 5 }]);
    expect(examined.baseline).toMatchObject({
      unusable: expect.stringContaining('m.onnx of the baseline (production v1) takes 64 values') as string,
      remedy: expect.stringContaining('"evaluation.features"') as string,
    });
  });

  it('of the baseline is run on the same rows', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(50));
    const examined = await scene.examine({
      gate: gateOf(columns),
      candidate: { 'm.onnx': classifier() },
      baseline: { 'm.onnx': classifier({ labels: [30n, 20n, 10n] }) },
    });
    const sql = 'SELECT y_pred, count(*) AS n FROM p GROUP BY 1 ORDER BY 1';
    const [own, other] = [
      await scene.ask(examined.candidate, sql),
      await scene.ask(fileOf(examined.baseline), sql),
    ];
    expect(other.map(({ n }) => n)).toEqual(own.map(({ n }) => n).reverse());
  });
});

/** A model whose weights are said to lie in a file. */
function external(location: string): Buffer {
  return encodeModel({
    inputs: [{ name: 'in', type: 'FP32', shape: ['rows', 2] }],
    outputs: [{ name: 'out', type: 'FP32', shape: ['rows', 3] }],
    initializers: [{ name: 'w', type: 'FP32', shape: [2, 3], location }],
    nodes: [{ operator: 'MatMul', inputs: ['in', 'w'], outputs: ['out'] }],
  });
}

describe('a model too large to load', () => {
  it('is refused before it is', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    const examined = scene.examine({
      gate: gateOf(columns),
      candidate: { 'm.onnx': classifier() },
      baseline: { 'm.onnx': classifier() },
      // The file grows after it was fetched: sparse, so that the test writes no gigabytes.
      grow: (path) => truncate(path, 2 * 1024 ** 3 + 1),
    });
    expect((await examined).baseline).toMatchObject({
      unusable: expect.stringContaining('bytes; at most') as string,
    });
  });
});

describe('evaluation rows', () => {
  const rows = async (
    scene: ExamineScene,
    examination: Partial<Examination>,
    environment?: Record<string, string>,
  ) =>
    await scene.examine({
      gate: gateOf(columns, examination),
      candidate: { 'm.onnx': classifier() },
      ...(environment === undefined ? {} : { environment }),
    });

  it.each<[string, string, Partial<Examination>, string]>([
    [
      'that are not there',
      'x.csv',
      {},
      'gate.yml:3: "evaluation.rows": the file "data/test.csv" does not exist',
    ],
    [
      'of which DVC has only the pointer',
      'data/test.csv.dvc',
      {},
      "only DVC's pointer data/test.csv.dvc is there",
    ],
    [
      'outside the workspace',
      'x.csv',
      { rows: '../secret.csv' },
      '"../secret.csv" lies outside the workspace',
    ],
    ['outside RUNNER_TEMP', 'x.csv', { rows: '$RUNNER_TEMP/../x.csv' }, 'lies outside'],
    ['that are a folder', 'data/x.csv', { rows: 'data' }, '"data" is not a file'],
    ['of another format', 'data.xlsx', { rows: 'data.xlsx' }, '"data.xlsx" has no format that can be read'],
  ])('%s are an error', async (_what, path, examination, message) => {
    await using scene = await openExamineScene();
    await scene.write(path, 'a');
    await expect(rows(scene, examination)).rejects.toThrow(message);
  });

  it.each([
    [
      'of which Git LFS has only the pointer',
      'version https://git-lfs.github.com/spec/v1\noid x\n',
      'is a Git LFS pointer',
    ],
    ['without a row', 'id,x,y,label\n', 'data/test.csv have no row'],
    [
      'with ids twice',
      'id,x,y,label\n1,1,1,10\n1,1,1,10\n2,1,1,10\n',
      '1 of 3 rows have the id of another row',
    ],
    ['without ids', 'id,x,y,label\n1,1,1,10\n,1,1,10\n', '1 of 2 rows have no id'],
    ['without the label', 'id,x,y\n1,1,1\n', 'have no column "label" ("evaluation.label")'],
    ['with lines that are no rows', 'id,x,y,label\n1,1,1,10,5\n2,1,1,10\n', 'line 2 is no row'],
  ])('%s are an error', async (_what, content, message) => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', content);
    await expect(rows(scene, {})).rejects.toThrow(message);
  });

  it('need RUNNER_TEMP where they say so', async () => {
    await using scene = await openExamineScene();
    await expect(rows(scene, { rows: '${RUNNER_TEMP}/test.csv' }, { RUNNER_TEMP: '' })).rejects.toThrow(
      'needs RUNNER_TEMP, which is not set here',
    );
  });

  it('outside the workspace are out of the reach of a training in another job', async () => {
    await using scene = await openExamineScene();
    await scene.write(join(scene.runnerTemp, 'test.csv'), points(5));
    expect((await rows(scene, { rows: '$RUNNER_TEMP/test.csv' })).record.labelsInReach).toBe(false);
  });

  it('that a pull request changes are examined and marked', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.csv', points(5));
    const sha256 = 'a'.repeat(64);
    const given = { gate: gateOf(columns, { sha256 }), candidate: { 'm.onnx': classifier() } };
    const examined = await scene.examine({
      ...given,
      event: 'pull_request',
      baseline: { 'm.onnx': classifier() },
    });
    expect(examined.record).toMatchObject({ changed: true, baselineBy: 'gate' });
    await expect(scene.examine({ ...given, event: 'push' })).rejects.toThrow(
      `have the SHA-256 ${examined.record.sha256 ?? ''}; "rows-sha256" demands ${sha256}`,
    );
    const unpinned = { ...given, gate: gateOf(columns), event: 'pull_request' };
    expect((await scene.examine({ ...unpinned, baselineRows: sha256 })).record.changed).toBe(true);
    // Nothing vouches for them: the pull request could have brought them.
    expect((await scene.examine({ ...unpinned, baselineRows: null })).record.changed).toBe(true);
    expect((await scene.examine({ ...unpinned, event: 'push', baselineRows: null })).record.changed).toBe(
      false,
    );
  });
});

describe.skipIf(findPython() === undefined)('a pipeline of scikit-learn', () => {
  it('with texts, numbers, missing values and JSON Lines predicts as scikit-learn does', async () => {
    await using scene = await openExamineScene();
    await scene.write('make.py', PIPELINE);
    await python(scene.workspace, 'make.py');
    const { readFile } = await import('node:fs/promises');
    const model = await readFile(join(scene.workspace, 'model.onnx'));
    const gate = gateOf(
      { labels: ['no', 'yes'], positive: 'yes', scores: ['p_yes'] },
      { rows: 'rows.jsonl' },
      { slices: [{ kind: 'column', name: 'country', column: 'country', values: undefined, line: 1 }] },
    );
    const examined = await scene.examine({ gate, candidate: { 'model.onnx': model } });
    const [row] = await scene.ask(
      examined.candidate,
      'SELECT count(*) AS n, count(*) FILTER (y_pred <> expected) AS wrong, max(abs(p_yes - expected_p)) AS off FROM p',
    );
    expect(row).toMatchObject({ n: 400, wrong: 0 });
    expect(row?.['off']).toBeLessThan(1e-5);
  });
});

const PIPELINE = `
import json
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
rng = np.random.default_rng(3)
n = 400
country, age, dose = rng.choice(["NO", "SE", "DK"], n), rng.integers(18, 80, n).astype(float), rng.normal(0, 1, n).round(3)
dose[rng.random(n) < 0.1] = np.nan
table = np.empty((n, 3), dtype=object)
table[:, 0], table[:, 1], table[:, 2] = country, age, dose
label = np.where(age / 80 + np.nan_to_num(dose) + (country == "NO") + rng.normal(0, 0.5, n) > 1, "yes", "no")
pipeline = make_pipeline(ColumnTransformer([
    ("c", OneHotEncoder(handle_unknown="ignore"), [0]),
    ("n", SimpleImputer(), [1, 2]),
]), LogisticRegression(max_iter=2000)).fit(table, label)
types = [("country", StringTensorType([None, 1])), ("age", FloatTensorType([None, 1])), ("dose", FloatTensorType([None, 1]))]
model = to_onnx(pipeline, initial_types=types, options={"zipmap": False})
open("model.onnx", "wb").write(model.SerializeToString())
expected, p = pipeline.predict(table), pipeline.predict_proba(table)[:, 1]
with open("rows.jsonl", "w") as file:
    for i in range(n):
        row = {"country": str(country[i]), "age": age[i], "dose": None if np.isnan(dose[i]) else dose[i]}
        file.write(json.dumps({"id": f"r{i}", **row, "label": str(label[i]), "expected": str(expected[i]), "expected_p": p[i]}) + "\\n")
`;
