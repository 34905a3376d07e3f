import { extname } from 'node:path';
import type { DataFormat } from '../../../../shared/data/engine.ts';
import { UsageError } from '../../../../shared/errors.ts';

const FORMATS: ReadonlyMap<string, DataFormat> = new Map([
  ['.parquet', 'parquet'],
  ['.csv', 'csv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
]);

export interface PredictionFile {
  /** Absolute. */
  readonly path: string;
  /** How the user knows the file. */
  readonly label: string;
  readonly format: DataFormat;
}

/** A file of predictions with the format that its name tells. */
export function predictionFile(path: string, label: string): PredictionFile {
  const format = FORMATS.get(extname(path).toLowerCase());
  if (format !== undefined) return { path, label, format };
  throw new UsageError(`The format of the predictions in ${label} is not known.`, {
    remedy: `Accepted: files that end in ${[...FORMATS.keys()].join(', ')}.`,
  });
}

/** True where a file's name says that it holds rows, not a JSON document. */
export function holdsRows(path: string): boolean {
  return FORMATS.has(extname(path).toLowerCase());
}
