import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../../../shared/errors.ts';
import { Collected, MAX_DEPTH, MAX_DOCUMENT_BYTES, type Reported } from './collected.ts';

/**
 * Reads the metrics of a run that MLflow keeps in files: the folder `metrics` of the run, or the run's own. Each file is
 * a metric with lines `timestamp value step`, of which the last step counts; a folder in it is a part of the name
 * (`val/loss`).
 */
export async function readMlflowFolder(path: string, source: string, signal: AbortSignal): Promise<Reported> {
  const entries = await readdir(path, { withFileTypes: true });
  const inner = entries.find((entry) => entry.name === 'metrics' && entry.isDirectory());
  const collected = new Collected(source);
  await readFolder(inner === undefined ? path : join(path, 'metrics'), '', { collected, signal, depth: 0 });
  if (collected.metrics.size > 0) return collected.metrics;
  throw new UsageError(`There are no metrics in the folder ${source}.`, {
    remedy: 'Give the folder of a run of MLflow, or a file of metrics.',
  });
}

interface Walk {
  readonly collected: Collected;
  readonly signal: AbortSignal;
  readonly depth: number;
}

async function readFolder(folder: string, prefix: string, walk: Walk): Promise<void> {
  const { collected, signal, depth } = walk;
  if (depth > MAX_DEPTH)
    throw new UsageError(`The metrics in ${collected.source} are nested deeper than ${MAX_DEPTH} levels.`);
  // A link could lead out of the folder.
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    signal.throwIfAborted();
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) await readFolder(path, `${name}/`, { ...walk, depth: depth + 1 });
    if (entry.isFile() && !entry.name.startsWith('.'))
      collected.add(name, await lastValue(path, name, collected));
  }
}

async function lastValue(path: string, name: string, { source }: Collected): Promise<number | null> {
  const { size } = await stat(path);
  if (size > MAX_DOCUMENT_BYTES) {
    throw new UsageError(`"${name}" in ${source} has ${size} bytes; at most ${MAX_DOCUMENT_BYTES} are read.`);
  }
  let last: { value: number; step: number; time: number } | undefined;
  for (const [index, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
    if (line.trim() === '') continue;
    const parts = line.trim().split(/\s+/);
    const [time, , step] = [Number(parts[0]), undefined, Number(parts[2] ?? 0)];
    const value = valueIn(parts[1]);
    if (
      parts.length < 2 ||
      parts.length > 5 ||
      !Number.isFinite(time) ||
      !Number.isFinite(step) ||
      value === undefined
    ) {
      throw new UsageError(
        `Line ${index + 1} of "${name}" in ${source} is no "timestamp value step" of MLflow.`,
        {
          remedy: 'Give the folder "metrics" of a run, or a file of metrics.',
        },
      );
    }
    if (last === undefined || step > last.step || (step === last.step && time >= last.time)) {
      last = { value, step, time };
    }
  }
  return last?.value ?? null;
}

/** MLflow writes Python's `nan` and `inf`, which are values and no numbers to compare. */
function valueIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text)) return NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
