import { z } from 'zod';
import { countSchema, fileReferenceSchema, sha256Schema } from './common.ts';

export const ENGINES = ['local'] as const;

/** Why a training did not succeed. User code, NaN and missing outputs are `fail`; the others are `error`. */
export const FAILURE_CLASSES = [
  'user-code',
  'not-a-number',
  'missing-outputs',
  'out-of-memory',
  'time-limit',
  'infrastructure',
  'cancelled',
  'lost',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const seriesSchema = z.strictObject({
  metric: z.string(),
  /** [step, value]; at most 1,000 points, thinned evenly, first and last kept. */
  points: z.array(z.tuple([z.number(), z.number()])),
});

export const trainingBodySchema = z.strictObject({
  engine: z.enum(ENGINES),
  submission: z.strictObject({ id: z.string(), key: z.string(), url: z.string().nullable() }).nullable(),
  command: z.array(z.string()),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  seed: z.int().nullable(),
  environment: z.strictObject({
    os: z.string(),
    interpreter: z.strictObject({ name: z.string(), version: z.string() }).nullable(),
    lockFiles: z.array(z.strictObject({ path: z.string(), sha256: sha256Schema })),
    image: z.string().nullable(),
  }),
  hardware: z.strictObject({
    cpus: countSchema,
    cpuModel: z.string().nullable(),
    memoryBytes: countSchema,
    gpus: z.array(z.strictObject({ name: z.string(), memoryMiB: z.number().nullable() })),
    runner: z.string().nullable(),
  }),
  codeFingerprint: sha256Schema.nullable(),
  dataFingerprint: sha256Schema.nullable(),
  attempts: z.array(
    z.strictObject({
      startedAt: z.iso.datetime(),
      durationMs: z.number().min(0),
      exitCode: z.int().nullable(),
      signal: z.string().nullable(),
      failureClass: z.enum(FAILURE_CLASSES).nullable(),
      reason: z.string().nullable(),
      /** The largest resident memory seen of the process group; null where it was not measured. */
      peakMemoryBytes: countSchema.nullable(),
    }),
  ),
  series: z.array(seriesSchema),
  /** Final metrics, flattened with dots. */
  metrics: z.record(z.string(), z.number()),
  files: z.array(fileReferenceSchema),
  modelDigest: sha256Schema.nullable(),
  energyKwh: z.number().min(0).nullable(),
});
export type TrainingBody = z.infer<typeof trainingBodySchema>;
