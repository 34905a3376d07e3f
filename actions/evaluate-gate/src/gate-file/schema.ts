import { z } from 'zod';
import { baselineSchema } from './baseline-schema.ts';
import { evaluationSchema } from './evaluation-schema.ts';
import { KEEP_EVIDENCE, ON_INCONCLUSIVE, TESTS } from './gate-file.ts';
import { budgetSchema, metricsSchema, utilitySchema } from './metrics-schema.ts';
import { alpha, minEffect, minSliceSize, ruleSchema } from './rule-schema.ts';
import { slicesSchema } from './slices-schema.ts';
import type { Path } from './source.ts';

const MAX_RULES = 500;

const defaultsSchema = z.strictObject({
  alpha: alpha.default(0.05),
  power: z
    .number('must be a number')
    .gt(0, 'must be above 0 and below 1')
    .lt(1, 'must be above 0 and below 1')
    .default(0.8),
  seed: z.int().min(0).default(7),
  replicates: z
    .int()
    .min(200, 'must be from 200 to 100000')
    .max(100_000, 'must be from 200 to 100000')
    .default(2000),
  'on-inconclusive': z.enum(ON_INCONCLUSIVE).optional(),
  'min-slice-size': minSliceSize.default(50),
  'min-cell-size': z.int().min(0).default(10),
  'min-effect': minEffect.default(0),
  test: z.enum(TESTS).default('auto'),
});

export type RawDefaults = z.infer<typeof defaultsSchema>;

export const gateFileSchema = z
  .strictObject({
    version: z.literal(1, 'is not known; this version of Trainyard reads version 1'),
    defaults: defaultsSchema.prefault({}),
    evaluation: evaluationSchema.optional(),
    baseline: baselineSchema.prefault({}),
    slices: slicesSchema.default({}),
    metrics: metricsSchema.default({}),
    utility: utilitySchema.optional(),
    budget: budgetSchema.default({}),
    rules: z.array(ruleSchema).max(MAX_RULES).optional(),
    evidence: z.enum(KEEP_EVIDENCE).default('artifacts'),
    'negative-control': z.boolean('must be true or false').default(true),
    'self-waiver': z.boolean('must be true or false').default(false),
  })
  .meta({
    anyOf: [
      { required: ['rules'], properties: { rules: { minItems: 1 } } },
      { required: ['budget'], properties: { budget: { minProperties: 1 } } },
    ],
  });

export type RawGateFile = z.infer<typeof gateFileSchema>;

/** The keys that a map at `path` accepts; none where there is no map of fixed keys. */
export function acceptedKeys(path: Path): readonly string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function schemaAt(path: Path): unknown {
  let schema: unknown = gateFileSchema;
  for (const key of path) {
    schema = unwrapped(schema);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else if (schema instanceof z.ZodObject) schema = (schema.shape as Record<PropertyKey, unknown>)[key];
  }
  return unwrapped(schema);
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrapped(schema.unwrap())
    : schema;
}
