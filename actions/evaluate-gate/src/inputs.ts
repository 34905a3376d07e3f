import type { CommonInputs } from '../../../shared/action/action.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';

/** Every input of action.yml. */
export const INPUTS = [
  'model',
  'dataset',
  'gate',
  'policy-from',
  'metrics',
  'predictions',
  'registry',
  'baseline-metrics',
  'baseline-predictions',
  'from-key',
  'record-from',
  'max-memory-mb',
  'duckdb-path',
  'working-directory',
  'id',
  'matrix',
  'token',
  'comment',
  'status',
  'on-inconclusive',
] as const;

/** Every output of action.yml. */
export const OUTPUTS = [
  'verdict',
  'passed',
  'report-path',
  'metrics',
  'failed-rules',
  'baseline-version',
] as const;

/** The contract of evaluate-gate. Paths are absolute. */
export interface Inputs extends CommonInputs {
  /** The model under examination; undefined means the run's only one. */
  readonly subject: string | undefined;
  readonly dataset: string | undefined;
  /** The gate file; it need not exist in the working tree, as the base's counts. */
  readonly gate: string;
  readonly policyFrom: 'base' | 'head';
  /** A JSON file of metrics; undefined means those of the training section. */
  readonly metrics: string | undefined;
  /** A file of predictions; undefined means that of the training section. */
  readonly predictions: string | undefined;
  /** As the user wrote it, `directory:registry` or `github-release`. */
  readonly registry: string | undefined;
  readonly baselineMetrics: string | undefined;
  readonly baselinePredictions: string | undefined;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
  readonly maxMemoryMiB: number;
  /** A DuckDB binding on this machine, for one that has no package registry. */
  readonly duckdbPath: string | undefined;
  /** Needed by the registry `github-release`. */
  readonly token: string | undefined;
}

/** DuckDB cannot work with less. */
const MIN_MEMORY_MIB = 128;

export function readInputs(reader: InputReader): Inputs {
  return {
    subject: reader.subject('model'),
    dataset: reader.subject('dataset'),
    gate: reader.requiredPath('gate', { mustExist: false, kind: 'file' }),
    policyFrom: reader.oneOf('policy-from', ['base', 'head']),
    metrics: reader.path('metrics', { kind: 'file' }),
    predictions: reader.path('predictions', { kind: 'file' }),
    registry: reader.text('registry'),
    baselineMetrics: reader.path('baseline-metrics', { kind: 'file' }),
    baselinePredictions: reader.path('baseline-predictions', { kind: 'file' }),
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    maxMemoryMiB: requiredInteger(reader, 'max-memory-mb', MIN_MEMORY_MIB),
    duckdbPath: reader.text('duckdb-path'),
    token: reader.text('token'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}

function requiredInteger(reader: InputReader, name: string, min: number): number {
  reader.requiredText(name);
  return reader.integer(name, { min }) ?? min;
}
