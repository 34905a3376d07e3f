import { z } from 'zod';
import { KEY_PATTERN, SUBJECT_PATTERN } from '../../../../../shared/names.ts';
import { countSchema, sha256Schema } from '../../../../../shared/record/common.ts';

/** Where one model's lines lie in the branch. */
export const historyPath = (model: string): string => `metrics/${model}.jsonl`;

/** A model that is gated ten times a day has its last hundred days. */
export const MAX_LINES = 1_000;
/** Of one line: a gate with a hundred metrics of long names has less. */
const MAX_LINE_BYTES = 32 * 1024;
/** Of one file, also when it is read: anybody who may write to the repository can put anything there. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MAX_METRICS = 100;
const MAX_NAME = 200;

const objectNameSchema = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

const lineSchema = z.object({
  schemaVersion: z.literal(1),
  model: z.string().regex(SUBJECT_PATTERN),
  commit: objectNameSchema,
  treeHash: objectNameSchema.nullable(),
  run: z.object({
    id: z.string().min(1).max(64),
    attempt: z.int().positive(),
    key: z.string().regex(KEY_PATTERN),
    url: z.string().max(500).nullable(),
  }),
  created: z.iso.datetime(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  modelDigest: sha256Schema.nullable(),
  evaluationSetDigest: sha256Schema.nullable(),
  gateDigest: sha256Schema.nullable(),
  metrics: z
    .array(z.object({ name: z.string().max(MAX_NAME), value: z.number(), n: countSchema.nullable() }))
    .max(MAX_METRICS),
});
/** The metrics of one gated commit of the default branch. */
export type HistoryLine = z.infer<typeof lineSchema>;

export interface History {
  /** Oldest first, at most the newest `MAX_LINES`. */
  readonly lines: readonly HistoryLine[];
  /** Lines that are none: nothing of them is used. */
  readonly skipped: number;
}

/** Reads the lines of one model. A line of another model or another form is skipped and counted. */
export function parseHistory(text: string, model: string): History {
  const parsed = linesOf(text).slice(-MAX_LINES).map(parseLine);
  const lines = parsed.flatMap((line) => (line?.model === model ? [line] : []));
  return { lines, skipped: parsed.length - lines.length };
}

/**
 * The file with one more line, of which the newest are kept; undefined where the same step of the same attempt has
 * written its line already. Lines that cannot be read are left as they are, for a later version may know them.
 */
export function appendLine(text: string, line: HistoryLine): string | undefined {
  const before = linesOf(text);
  if (before.some((each) => isSameStep(parseLine(each), line))) return undefined;
  const kept = [...before.filter((each) => Buffer.byteLength(each) <= MAX_LINE_BYTES), bounded(line)].slice(
    -MAX_LINES,
  );
  let bytes = kept.reduce((sum, each) => sum + Buffer.byteLength(each) + 1, 0);
  let first = 0;
  for (; bytes > MAX_FILE_BYTES; first += 1) bytes -= Buffer.byteLength(kept[first] ?? '') + 1;
  return `${kept.slice(first).join('\n')}\n`;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function parseLine(text: string): HistoryLine | undefined {
  if (Buffer.byteLength(text) > MAX_LINE_BYTES) return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isSameStep(one: HistoryLine | undefined, other: HistoryLine): boolean {
  const { id, attempt, key } = other.run;
  const same = one?.run.id === id && one.run.attempt === attempt && one.run.key === key;
  return same && one.model === other.model;
}

/** The line with as many of its metrics as a line may have, the first of them first. */
function bounded(line: HistoryLine): string {
  const metrics = line.metrics.filter(({ name }) => name.length <= MAX_NAME).slice(0, MAX_METRICS);
  let text = JSON.stringify({ ...line, metrics });
  while (Buffer.byteLength(text) > MAX_LINE_BYTES) {
    metrics.pop();
    text = JSON.stringify({ ...line, metrics });
  }
  return text;
}
