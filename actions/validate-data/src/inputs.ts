import type { CommonInputs } from '../../../shared/action/action.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';

/** Every input of action.yml. */
export const INPUTS = [
  'dataset',
  'data',
  'contract',
  'policy-from',
  'encoding',
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
  'data-fingerprint',
  'failed-checks',
  'rows',
] as const;

export const ENCODINGS = ['utf-8', 'utf-16', 'latin-1'] as const;

/** Less, and the engine cannot read a file's first lines. */
const MIN_MEMORY_MIB = 256;
const MAX_MEMORY_MIB = 1024 * 1024;

/** The contract of validate-data. */
export interface Inputs extends CommonInputs {
  /** The dataset's name. */
  readonly subject: string;
  /** Patterns as the user wrote them, `train=data/*.parquet`; at least one. */
  readonly data: readonly string[];
  /** Absolute; it need not exist in the working tree, as the base's counts. Undefined means profile only. */
  readonly contract: string | undefined;
  readonly policyFrom: 'base' | 'head';
  readonly encoding: (typeof ENCODINGS)[number];
  readonly maxMemoryMiB: number;
  readonly duckdbPath: string | undefined;
}

/** Reads and checks all inputs. */
export function readInputs(reader: InputReader): Inputs {
  reader.requiredText('data');
  const data = reader.list('data');
  if (data.length === 0) {
    throw new UsageError('Input "data" names no file: it holds only comments.', {
      remedy: 'Give one pattern a line, as in train=data/train.parquet.',
    });
  }
  return {
    subject: reader.requiredSubject('dataset'),
    data,
    contract: reader.path('contract', { mustExist: false, kind: 'file' }),
    policyFrom: reader.oneOf('policy-from', ['base', 'head']),
    encoding: reader.oneOf('encoding', ENCODINGS),
    maxMemoryMiB:
      reader.integer('max-memory-mb', { min: MIN_MEMORY_MIB, max: MAX_MEMORY_MIB }) ?? MIN_MEMORY_MIB,
    duckdbPath: reader.text('duckdb-path'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}
