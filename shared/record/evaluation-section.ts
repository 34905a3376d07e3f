import { z } from 'zod';
import { RESULTS, SEVERITIES } from '../verdict.ts';
import { countSchema, placeSchema, policySchema, sha256Schema } from './common.ts';

export const comparedSchema = z.strictObject({
  /** As a person would name it: `digits v3`, `this run's training`, a file. */
  what: z.string(),
  /** `production`, `candidate`, `version:<v>`, `file:<path>` or `run`. */
  from: z.string(),
  version: z.string().nullable(),
  modelDigest: sha256Schema.nullable(),
});

export const ruleSchema = z.strictObject({
  id: z.string(),
  metric: z.string(),
  /** What the rule bounds: the value itself, or its regression against the baseline. */
  mode: z.enum(['minimum', 'maximum', 'max-regression']),
  direction: z.enum(['higher', 'lower']),
  value: z.number().nullable(),
  baselineValue: z.number().nullable(),
  /** Candidate - baseline, in the metric's unit. */
  difference: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  level: z.number().nullable(),
  p: z.number().nullable(),
  adjustedP: z.number().nullable(),
  n: countSchema.nullable(),
  /** As written in the gate file: `0.8`, `5%`. */
  threshold: z.string(),
  /** The bound that the value was compared with, in the metric's unit. */
  bound: z.number().nullable(),
  slice: z.string().nullable(),
  test: z.string(),
  severity: z.enum(SEVERITIES),
  result: z.enum(RESULTS),
  reason: z.string(),
  where: placeSchema.nullable(),
});
export type EvaluatedRule = z.infer<typeof ruleSchema>;

export const evaluationBodySchema = z.strictObject({
  candidate: comparedSchema,
  /** Null on a first run or where no rule compares. */
  baseline: comparedSchema.nullable(),
  /** The registry answered, and has no version yet. */
  firstRun: z.boolean(),
  gate: policySchema.nullable(),
  rules: z.array(ruleSchema),
  /** All metrics that were measured, ruled or not. */
  metrics: z.array(
    z.strictObject({
      name: z.string(),
      value: z.number(),
      baseline: z.number().nullable(),
      n: countSchema.nullable(),
    }),
  ),
  /** Rows are labels, columns predictions. A cell below min-cell-size is null. */
  confusion: z
    .strictObject({ labels: z.array(z.string()), counts: z.array(z.array(countSchema.nullable())) })
    .nullable(),
  /** `training`: self-reported. `none`: only metrics were given. */
  predictionsBy: z.enum(['training', 'gate', 'none']),
  modelDigest: sha256Schema.nullable(),
  evaluationSetDigest: sha256Schema.nullable(),
  predictionsDigest: sha256Schema.nullable(),
});
export type EvaluationBody = z.infer<typeof evaluationBodySchema>;
