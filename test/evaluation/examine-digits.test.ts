import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GateFile } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import { fileOf, gateOf, openExamineScene, trainDigits } from './examine-scene.ts';
import { findPython } from './python.ts';

const LABELS = Array.from({ length: 10 }, (_, index) => String(index));
const SCORES = LABELS.map((label) => `p${label}`);

/** The gate file of the digits, with the label column of the rows. */
const gate = (examination: Parameters<typeof gateOf>[1] = {}, rest: Partial<GateFile> = {}): GateFile =>
  gateOf({ labels: LABELS, scores: SCORES }, { rows: 'data/test.parquet', ...examination }, rest);

const ACCURACY =
  'SELECT count(*) AS n, avg(CAST(CAST(label AS VARCHAR) = CAST(y_pred AS VARCHAR) AS INT)) AS accuracy FROM p';

describe.skipIf(findPython() === undefined)('the digits example', () => {
  let folder: string;
  let model: Buffer;
  let reversed: Buffer;
  let rows: Buffer;
  let told: Buffer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trainyard-digits-'));
    await trainDigits(folder);
    model = await readFile(join(folder, 'out/model.onnx'));
    reversed = await readFile(join(folder, 'reversed/model.onnx'));
    rows = await readFile(join(folder, 'data/test.parquet'));
    told = await readFile(join(folder, 'out/predictions.parquet'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is examined with the predictions that scikit-learn gives', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.parquet', rows);
    const examined = await scene.examine({ gate: gate(), candidate: { 'out/model.onnx': model } });
    const sha256 = createHash('sha256').update(rows).digest('hex');
    expect(examined.record).toMatchObject({
      by: 'gate',
      how: 'onnx',
      baselineBy: 'none',
      rows: 599,
      path: 'data/test.parquet',
      sha256,
      changed: false,
      labelsInReach: true,
      reach: 'The labels lie in the workspace, where the training could read them.',
      reason: null,
    });
    expect(examined.record.latencyMs?.n).toBe(200);
    expect(examined.record.latencyMs?.p95).toBeGreaterThanOrEqual(examined.record.latencyMs?.p50 ?? 1);
    expect(examined.baseline).toBeUndefined();
    const written = await readFile(fileOf(examined.candidate).path);
    expect(examined.predictionsSha256).toBe(createHash('sha256').update(written).digest('hex'));

    const [mine] = await scene.ask(examined.candidate, ACCURACY);
    const path = await scene.write('told.parquet', told);
    const other = { path, label: 'told', format: 'parquet' as const };
    const theirs = await scene.ask(other, 'SELECT id, y_pred, p0, p9 FROM p ORDER BY id');
    const computed = await scene.ask(examined.candidate, 'SELECT id, y_pred, p0, p9 FROM p ORDER BY id');
    expect(mine?.['n']).toBe(599);
    expect(mine?.['accuracy']).toBeGreaterThan(0.93);
    expect(computed.map(({ y_pred }) => y_pred)).toEqual(theirs.map(({ y_pred }) => y_pred));
    for (const [index, row] of computed.entries()) {
      expect(row['p0']).toBeCloseTo(Number(theirs[index]?.['p0']), 4);
      expect(row['p9']).toBeCloseTo(Number(theirs[index]?.['p9']), 4);
    }
  });

  it('catches the model that was exported with its classes reversed, beside a baseline that was not', async () => {
    await using scene = await openExamineScene();
    await scene.write('data/test.parquet', rows);
    const examined = await scene.examine({
      gate: gate(),
      candidate: { 'out/model.onnx': reversed },
      baseline: { 'model.onnx': model },
    });
    const [candidate] = await scene.ask(examined.candidate, ACCURACY);
    const [baseline] = await scene.ask(fileOf(examined.baseline), ACCURACY);
    expect(examined.record.baselineBy).toBe('gate');
    expect(candidate?.['accuracy']).toBeLessThan(0.2);
    expect(baseline?.['accuracy']).toBeGreaterThan(0.93);
  });
});
