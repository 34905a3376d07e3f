import { z } from 'zod';

/** Characters of one metric's name and of one log line; what is longer is cut by the writer. */
const MAX_NAME = 200;
const MAX_LINE = 2_000;

/**
 * What a worker tells while it trains: one JSON file in a numbered artifact, since artifacts can be read through REST
 * the moment they are uploaded, and never change (facts: live progress of a dispatched run).
 */
export const progressSchema = z.strictObject({
  version: z.literal(1),
  submissionKey: z.string().regex(/^[0-9a-f]{40}$/),
  generation: z.int().positive(),
  /** From 1, without a gap. */
  sequence: z.int().positive(),
  at: z.iso.datetime(),
  startedAt: z.iso.datetime(),
  /** The runner's name. */
  runner: z.string().max(MAX_NAME).nullable(),
  /**
   * The curve so far, thinned to this many rows where there were more: whoever looks seldom reads the newest progress
   * alone, and misses nothing.
   */
  points: z
    .array(
      z.strictObject({
        /** Grows from row to row, and stays a row's own: tells which of them were seen before. */
        row: z.int().positive(),
        step: z.number(),
        values: z.record(z.string().max(MAX_NAME), z.number()),
        total: z.number().nullable(),
      }),
    )
    .max(1_000),
  /** The newest lines of the log, masked, whether the progress before told them or not. */
  lines: z.array(z.string().max(MAX_LINE)).max(200),
  /** How many lines there have been in all. */
  lineCount: z.int().min(0),
  /** One line on the GPUs, such as `GPU 0: 93 %, 11.2 of 15.4 GB, 68 W`; null where there are none. */
  gpus: z.string().max(1_000).nullable(),
  costUsd: z.number().min(0).nullable(),
  /** The newest saved checkpoint. */
  checkpoint: z.strictObject({ artifact: z.string(), step: z.number().nullable() }).nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

export const PROGRESS_FILE = 'progress.json';

/** The name of a progress artifact. */
export function progressName(submissionKey: string, generation: number, sequence: number): string {
  return `trainyard-progress.${submissionKey}.${generation}.${String(sequence).padStart(4, '0')}`;
}

/** Reads the name of a progress artifact; undefined for any other artifact. */
export function parseProgressName(
  name: string,
): { submissionKey: string; generation: number; sequence: number } | undefined {
  const [, submissionKey, generation, sequence] =
    /^trainyard-progress\.([0-9a-f]{40})\.([1-9]\d{0,2})\.(\d{4,6})$/.exec(name) ?? [];
  if (submissionKey === undefined) return undefined;
  return { submissionKey, generation: Number(generation), sequence: Number(sequence) };
}
