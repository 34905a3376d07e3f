import { z } from 'zod';
import { countSchema, FILE_ROLES, fileReferenceSchema, locationSchema, sha256Schema } from './common.ts';

export const ENGINES = ['local', 'github'] as const;

/** Why a training did not succeed. User code, NaN, divergence and missing outputs are `fail`; the others are `error`. */
export const FAILURE_CLASSES = [
  'user-code',
  'not-a-number',
  'diverged',
  'missing-outputs',
  'out-of-memory',
  'disk-full',
  'time-limit',
  'cost-limit',
  'queue-limit',
  'infrastructure',
  'cancelled',
  'superseded',
  'lost',
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export const seriesSchema = z.strictObject({
  metric: z.string(),
  /** [step, value]; at most 1,000 points, thinned evenly, first and last kept. One series over all attempts. */
  points: z.array(z.tuple([z.number(), z.number()])),
});

export const gpuSchema = z.strictObject({
  name: z.string(),
  memoryMiB: z.number().nullable(),
  uuid: z.string().nullable(),
  driver: z.string().nullable(),
  /** CUDA compute capability or ROCm's architecture name. */
  capability: z.string().nullable(),
  /** Multi-instance GPU: the card is cut into parts, and tells no utilisation. */
  mig: z.boolean(),
});
export type Gpu = z.infer<typeof gpuSchema>;

/** One GPU over the whole training, from samples. */
export const gpuUseSchema = z.strictObject({
  name: z.string(),
  samples: countSchema,
  /** Percent of time in which a kernel ran, mean over samples; null where the card does not tell. */
  meanUtilisation: z.number().nullable(),
  /** Share of samples, 0 to 1, in which the card did nothing; null where it does not tell. */
  idleShare: z.number().min(0).max(1).nullable(),
  maxMemoryMiB: z.number().nullable(),
  meanPowerWatts: z.number().nullable(),
});
export type GpuUse = z.infer<typeof gpuUseSchema>;

export const attemptSchema = z.strictObject({
  startedAt: z.iso.datetime(),
  durationMs: z.number().min(0),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  failureClass: z.enum(FAILURE_CLASSES).nullable(),
  reason: z.string().nullable(),
  /** The largest resident memory seen of the process group; null where it was not measured. */
  peakMemoryBytes: countSchema.nullable(),
  /** Where it ran: a runner's name or labels; null on this machine. */
  runner: z.string().nullable(),
  /** The page of the run that it was part of. */
  url: z.string().nullable(),
  /** The checkpoint that it went on from, as its manifest names it; null where it began anew. */
  resumedFrom: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** What a cost is made of; `usd` is null where no price is known. */
export const costItemSchema = z.strictObject({
  what: z.string(),
  usd: z.number().min(0).nullable(),
  /** How it was computed, in words: amount, unit, price and where the price is from. */
  basis: z.string(),
});
export type CostItem = z.infer<typeof costItemSchema>;

/** A training that another workflow run did for this one. */
export const dispatchSchema = z.strictObject({
  workflow: z.string(),
  ref: z.string(),
  runId: z.string(),
  url: z.string().nullable(),
  runsOn: z.array(z.string()),
  mode: z.enum(['follow', 'detach']),
  /** How often it was dispatched, from 1: again after a failure that is worth it, or before a limit. */
  generation: z.int().positive(),
  /** From dispatch until a runner took it; null where none did. */
  queuedMs: z.number().min(0).nullable(),
  /** What it waited for, in plain words, and how long. */
  waits: z.array(z.strictObject({ reason: z.string(), ms: z.number().min(0) })),
});
export type Dispatch = z.infer<typeof dispatchSchema>;

/** The names of a training fingerprint's components; a miss names those that changed. */
export const FINGERPRINT_COMPONENTS = [
  'command',
  'code',
  'data',
  'parameters',
  'seed',
  'lock files',
  'interpreter',
  'image',
  'accelerator',
  'variables',
  'outputs',
] as const;
export type FingerprintComponent = (typeof FINGERPRINT_COMPONENTS)[number];

export const fingerprintSchema = z.strictObject({
  /** SHA-256 of the canonical JSON (RFC 8785) of `components`. */
  sha256: sha256Schema,
  /** The digest of each component; null where it is unknown, and then nothing is reused. */
  components: z.record(z.enum(FINGERPRINT_COMPONENTS), sha256Schema.nullable()),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** What the step declared, as far as it takes to repeat the training elsewhere. */
export const declaredSchema = z.strictObject({
  /** Relative to the root of the repository; `.` is the root itself. All other paths are relative to it. */
  workingDirectory: z.string(),
  outputs: z.array(z.strictObject({ role: z.enum(FILE_ROLES), glob: z.string() })),
  metrics: z.string().nullable(),
  metricsSeries: z.string().nullable(),
  metricsSources: z.array(z.string()),
  stopOn: z.array(z.string()),
  /** What the code fingerprint covers. */
  paths: z.array(z.string()),
  dataPaths: z.array(z.string()),
});
export type Declared = z.infer<typeof declaredSchema>;

export const trainingBodySchema = z.strictObject({
  engine: z.enum(ENGINES),
  submission: z.strictObject({ id: z.string(), key: z.string(), url: z.string().nullable() }).nullable(),
  command: z.array(z.string()),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  seed: z.int().nullable(),
  /** Absent in a record of an earlier version. */
  declared: declaredSchema.optional(),
  environment: z.strictObject({
    os: z.string(),
    interpreter: z.strictObject({ name: z.string(), version: z.string() }).nullable(),
    lockFiles: z.array(z.strictObject({ path: z.string(), sha256: sha256Schema })),
    image: z.string().nullable(),
    /** What is installed for the interpreter, sorted by name; empty where it does not tell. */
    packages: z.array(z.strictObject({ name: z.string(), version: z.string() })),
    /** Seeds and determinism flags that the command was given. */
    variables: z.record(z.string(), z.string()),
  }),
  hardware: z.strictObject({
    cpus: countSchema,
    cpuModel: z.string().nullable(),
    memoryBytes: countSchema,
    gpus: z.array(gpuSchema),
    runner: z.string().nullable(),
  }),
  codeFingerprint: sha256Schema.nullable(),
  dataFingerprint: sha256Schema.nullable(),
  fingerprint: fingerprintSchema.nullable(),
  /** The training whose results were taken instead of training again; null where this one trained. */
  reused: z
    .strictObject({ from: z.enum(['cache', 'run', 'registry', 'record']), where: z.string() })
    .nullable(),
  /** The uncommitted changes that it was trained with (`git diff --binary HEAD`); null where there were none. */
  patch: z
    .strictObject({ bytes: countSchema, sha256: sha256Schema, locations: z.array(locationSchema) })
    .nullable(),
  attempts: z.array(attemptSchema),
  /** A rule that ended it early without its being a failure, such as a plateau; null where it ended by itself. */
  stoppedEarly: z.string().nullable(),
  series: z.array(seriesSchema),
  /** Final metrics, flattened with dots. */
  metrics: z.record(z.string(), z.number()),
  files: z.array(fileReferenceSchema),
  modelDigest: sha256Schema.nullable(),
  gpuUse: z.array(gpuUseSchema),
  energyKwh: z.number().min(0).nullable(),
  dispatch: dispatchSchema.nullable(),
  costs: z.strictObject({
    /** Said before it began; null where neither a price nor a duration was known. */
    estimate: costItemSchema.nullable(),
    /** What it came to; the sum of those with a price is the section's `cost`. */
    items: z.array(costItemSchema),
  }),
});
export type TrainingBody = z.infer<typeof trainingBodySchema>;
