import { z } from 'zod';
import { sha256Schema } from '../record/common.ts';
import { SUBJECT_PATTERN } from '../names.ts';
import { RESULTS, VERDICTS } from '../verdict.ts';

/** Names the form of the predicate (docs/security.md). It is a name: nothing is ever fetched from it. */
export const PREDICATE_TYPE = 'https://trainyard.dev/attestation/evaluation/v1';

/** The form of an in-toto statement (in-toto attestation framework, v1: Statement layer). */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** What evaluate-gate attests of a model: the verdict, and everything that it was given on. */
export const predicateSchema = z.strictObject({
  model: z.string().regex(SUBJECT_PATTERN),
  dataset: z.string().nullable(),
  verdict: z.enum(VERDICTS),
  passed: z.boolean(),
  digests: z.strictObject({
    model: sha256Schema,
    evaluationSet: sha256Schema.nullable(),
    predictions: sha256Schema.nullable(),
  }),
  /** The gate file that was in force, and the commit that it was taken from. */
  policy: z
    .strictObject({ path: z.string(), digest: sha256Schema, from: z.string(), ref: z.string().nullable() })
    .nullable(),
  /** `gate`: computed by the gate itself; anything else is self-reported. */
  predictionsBy: z.string(),
  labelsInReach: z.boolean().nullable(),
  rules: z.array(z.strictObject({ id: z.string(), result: z.enum(RESULTS) })),
  baseline: z
    .strictObject({ version: z.string().nullable(), modelDigest: sha256Schema.nullable() })
    .nullable(),
  repository: z.string().nullable(),
  headSha: z.string().nullable(),
  treeHash: z.string().nullable(),
  run: z.strictObject({ id: z.string(), attempt: z.int().positive(), key: z.string() }),
});
export type EvaluationPredicate = z.infer<typeof predicateSchema>;
