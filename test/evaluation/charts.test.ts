import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectCharts } from '../../actions/evaluate-gate/src/charts/collect-charts.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { measure } from '../../actions/evaluate-gate/src/metrics/measure.ts';
import { predictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import type { Charts } from '../../shared/record/evaluation-section.ts';
import { LIMITS, openEngine, temporaryFolder } from './engine.ts';

const { signal } = new AbortController();

const BINARY = `version: 1
evaluation: {id: id, label: y, prediction: p, scores: [s], positive: yes, labels: [no, yes]}
rules: [{metric: accuracy, min: 0.5}]`;
const NUMBERS = `version: 1
evaluation: {id: id, label: y, prediction: p}
rules: [{metric: mae, max: 5}]`;

/** The pictures of one file of predictions, `id,y,p,s`. */
async function chartsOf(gateText: string, rows: readonly string[], minCellSize = 1): Promise<Charts> {
  await using folder = await temporaryFolder();
  await using engine = await openEngine();
  const path = join(folder.path, 'rows.csv');
  await writeFile(path, ['id,y,p,s', ...rows, ''].join('\n'));
  const gate = parseGateFile(gateText, 'gate.yml');
  const { evaluation } = gate;
  if (evaluation === undefined) throw new Error('evaluation');
  const measured = await measure({
    engine,
    limits: { ...LIMITS, temporaryDirectory: folder.path },
    gate: { ...gate, evaluation },
    gatePath: 'gate.yml',
    candidate: predictionFile(path, 'rows.csv'),
    baseline: undefined,
    signal,
  });
  return await collectCharts({
    engine,
    evaluation,
    families: measured.families,
    minCellSize,
    models: [{ table: 'candidate', name: 'candidate', columns: measured.columns.candidate }],
    n: rows.length,
    signal,
  });
}

const row = (id: number, label: string, score: number): string =>
  `${id},${label},${score >= 0.5 ? 'yes' : 'no'},${score}`;

describe('the pictures of an evaluation', () => {
  it('have the curves of a score, with ties in one step', async () => {
    const { roc, precisionRecall } = await chartsOf(BINARY, [
      row(1, 'yes', 0.9),
      row(2, 'yes', 0.8),
      row(3, 'no', 0.8),
      row(4, 'yes', 0.3),
      row(5, 'no', 0.1),
    ]);
    expect(roc).toEqual([
      {
        name: 'candidate',
        points: [
          [0, 0],
          [0, 1 / 3],
          [1 / 2, 2 / 3],
          [1 / 2, 1],
          [1, 1],
        ],
      },
    ]);
    expect(precisionRecall[0]?.points).toEqual([
      [1 / 3, 1],
      [2 / 3, 2 / 3],
      [1, 3 / 4],
      [1, 3 / 5],
    ]);
  });

  it('show what a score promises and what it holds, by bins of enough rows', async () => {
    const rows = Array.from({ length: 40 }, (_, index) =>
      row(index, index % 4 === 0 ? 'yes' : 'no', index < 20 ? 0.25 : 0.75),
    );
    const { calibration } = await chartsOf(BINARY, [...rows, row(99, 'yes', 0.95)], 10);
    expect(calibration).toEqual([
      {
        name: 'candidate',
        points: [
          [0.25, 0.25],
          [0.75, 0.25],
        ],
      },
    ]);
  });

  it('have steps of no fewer rows than may be shown', async () => {
    const rows = Array.from({ length: 100 }, (_, index) =>
      row(index, index % 3 === 0 ? 'yes' : 'no', index / 100),
    );
    const { roc } = await chartsOf(BINARY, rows, 25);
    expect(roc[0]?.points).toHaveLength(5);
    expect(roc[0]?.points.at(-1)).toEqual([1, 1]);
  });

  it('have no curve of one class alone, nor of classes without a positive one', async () => {
    const alone = await chartsOf(BINARY, [row(1, 'yes', 0.9), row(2, 'yes', 0.6)]);
    expect(alone).toMatchObject({ roc: [], precisionRecall: [] });
    const three = BINARY.replace('scores: [s], positive: yes, ', '');
    expect(await chartsOf(three, [row(1, 'yes', 0.9), row(2, 'no', 0.6)])).toMatchObject({
      roc: [],
      calibration: [],
    });
  });

  it('show how far off numbers are', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => `${index},${index}.5,${index + (index % 3)},0`);
    const { residuals, roc } = await chartsOf(NUMBERS, rows);
    expect(roc).toEqual([]);
    const [found] = residuals;
    expect(found?.width).toBeCloseTo(2 / 30, 12);
    expect(found?.points.map(([, n]) => n)).toEqual([100, 100, 100]);
    expect(found?.points[0]?.[0]).toBeCloseTo(-0.5, 12);
  });
});
