import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { collectNumbers, numberOf } from '../decide/metrics.ts';
import { pointOf } from '../decide/point-of.ts';
import type { Point } from '../engines/engine.ts';
import { createDocumentSource } from './document-source.ts';
import { findFiles } from './find-files.ts';
import type { MetricSource } from './metric-source.ts';
import type { Source } from './source.ts';

const finite = (value: unknown): number | undefined => {
  const number = numberOf(value);
  return number !== undefined && Number.isFinite(number) ? number : undefined;
};

/** transformers/trainer_callback.py, TrainerState: only what is read here. */
const trainerStateSchema = z.looseObject({
  log_history: z.array(z.record(z.string(), z.unknown())),
  max_steps: z.number().optional(),
});
/** Of a row of `log_history`: where it stands, and what counts operations, not quality. */
const NO_METRICS = ['step', 'epoch', 'total_flos'];
const STATE_FILE = 'trainer_state.json';

function trainerRows(document: unknown): Point[] | string {
  const state = trainerStateSchema.safeParse(document);
  if (!state.success) return 'is no state of a Hugging Face Trainer: it has no list "log_history"';
  const { log_history: history, max_steps: steps } = state.data;
  const total = steps !== undefined && steps > 0 ? steps : undefined;
  return history.map((entry, index) => {
    const numbers = [...collectNumbers(entry, '.')].filter(([name]) => !NO_METRICS.includes(name));
    return pointOf(finite(entry['step']) ?? index + 1, numbers, total);
  });
}

/** The number of `checkpoint-500`; the Trainer's own folder, written last, goes before all of them. */
function checkpointNumber(path: string): number {
  const step = /^checkpoint-(\d+)$/.exec(basename(dirname(path)))?.[1];
  return step === undefined ? Number.MAX_SAFE_INTEGER : Number(step);
}

/** `trainer_state.json`, or the folder of checkpoints, of which the newest counts. */
export function huggingfaceSource(source: MetricSource, root: string): Source {
  return createDocumentSource({
    source,
    root,
    find: () => findFiles(source.place, (path) => basename(path) === STATE_FILE),
    rowsOf: trainerRows,
    ageOf: checkpointNumber,
  });
}

/** wandb-summary.json: what begins with `_` is W&B's own. */
function summaryRow(document: unknown): Point[] | string {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return 'is not a JSON object';
  const entries = Object.entries(document).filter(([name]) => !name.startsWith('_'));
  const step: unknown = Object.entries(document).find(([name]) => name === '_step')?.[1];
  return [pointOf(finite(step) ?? 0, collectNumbers(Object.fromEntries(entries), '.'))];
}

/** One `wandb-summary.json` by itself: the newest values, of which the looks make a curve. */
export function wandbSummarySource(source: MetricSource, root: string): Source {
  return createDocumentSource({
    source,
    root,
    find: () => findFiles(source.place, () => false),
    rowsOf: summaryRow,
    ageOf: (_path, changedMs) => changedMs,
    newestOnly: true,
  });
}
