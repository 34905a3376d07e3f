import { availableParallelism } from 'node:os';
import type { ActionContext } from '../../../shared/action/action.ts';
import type { DataEngine, Limits } from '../../../shared/data/engine.ts';
import type { Charts } from '../../../shared/record/evaluation-section.ts';
import type { CollectedBaseline } from './baseline.ts';
import type { ControlRecord } from './control/judge-control.ts';
import { referenceOf } from './decide/reference.ts';
import { askedBy, type Evidence } from './evidence.ts';
import type { GateFile } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import type { Measurement } from './metrics/measure.ts';
import type { Predictions } from './predict.ts';

/** Longer than any sensible join of two files of predictions takes; a hung query must not hold a runner for hours. */
const QUERY_TIMEOUT_MS = 10 * 60_000;

export interface Measured {
  readonly measurement: Measurement | undefined;
  readonly evidence: Evidence | undefined;
  readonly control: ControlRecord | undefined;
  readonly charts: Charts | undefined;
}

const NOTHING: Measured = {
  measurement: undefined,
  evidence: undefined,
  control: undefined,
  charts: undefined,
};

const NO_EVIDENCE: Evidence = { overall: new Map(), slices: [], fairness: new Map() };

interface MeasureOptions {
  readonly inputs: Pick<Inputs, 'maxMemoryMiB' | 'duckdbPath'>;
  readonly gate: GateFile;
  readonly gatePath: string;
  readonly predictions: Predictions;
  readonly baseline: CollectedBaseline;
  readonly context: ActionContext;
}

/** Measures both models on their predictions: metrics, their uncertainty, the pictures, and the negative control. */
export async function measureModels(options: MeasureOptions): Promise<Measured> {
  const { inputs, gate, gatePath, predictions, baseline, context } = options;
  const { evaluation } = gate;
  const { candidate } = predictions;
  if (evaluation === undefined || candidate === undefined) return NOTHING;
  const { logger, environment, signal, temporaryDirectory } = context;
  const unusable =
    predictions.baseline !== undefined && 'unusable' in predictions.baseline
      ? predictions.baseline
      : undefined;
  const compared =
    predictions.baseline === undefined || 'unusable' in predictions.baseline
      ? undefined
      : predictions.baseline;
  const { createDataEngine } = await import('../../../shared/data/create-engine.ts');
  const { measure } = await import('./metrics/measure.ts');
  const { inferEvidence } = await import('./inference/infer-evidence.ts');
  const openEngine = (): Promise<DataEngine> =>
    createDataEngine({ logger, environment, signal, path: inputs.duckdbPath });
  const limits: Limits = {
    memoryMiB: inputs.maxMemoryMiB,
    threads: availableParallelism(),
    temporaryDirectory,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  };
  const gateWithRows = { ...gate, evaluation };
  const engine = await openEngine();
  let measurement: Measurement;
  let evidence: Evidence;
  let charts: Charts;
  try {
    const measured = await measure({
      engine,
      limits,
      gate: gateWithRows,
      gatePath,
      candidate,
      baseline: compared,
      signal,
    });
    measurement = unusable === undefined ? measured : { ...measured, baseline: unusable };
    logger.info(`rows: ${measurement.candidate.n}`);
    const { columns, families } = measurement;
    // What the rows could not be asked for, the deciding side knows the reason of already.
    const asked = askedBy(gate).filter(({ metric }) => measured.candidate.metrics.has(metric));
    const compares = gate.rules.some(({ by }) => by !== undefined);
    evidence =
      asked.length > 0 || compares
        ? await inferEvidence({ engine, gate, gatePath, columns, asked, families, signal })
        : NO_EVIDENCE;
    const { collectCharts } = await import('./charts/collect-charts.ts');
    charts = await collectCharts({
      engine,
      evaluation,
      families,
      minCellSize: gate.minCellSize,
      models: [
        { table: 'candidate', name: 'candidate', columns: columns.candidate },
        ...(columns.baseline === undefined || baseline.kind !== 'found'
          ? []
          : [{ table: 'baseline', name: baseline.what, columns: columns.baseline }]),
      ],
      n: measurement.candidate.n,
      signal,
    });
  } finally {
    await engine.close();
  }
  const { runControl } = await import('./control/run-control.ts');
  const control = await runControl({
    openEngine,
    limits,
    gate: gateWithRows,
    gatePath,
    evidence,
    reference: referenceOf(baseline, measurement, gate).baseline,
    n: measurement.candidate.n,
    candidate,
    baseline: measurement.columns.baseline === undefined ? undefined : compared,
    columns: measurement.columns,
    families: measurement.families,
    signal,
  });
  logger.info(`negative control: ${control.result} (${control.reason})`);
  return { measurement, evidence, control, charts };
}
