import { z } from 'zod';
import { RESULTS, SEVERITIES } from '../verdict.ts';
import { countSchema, placeSchema, policySchema, sha256Schema } from './common.ts';

export const DATA_FORMATS = ['csv', 'jsonl', 'parquet'] as const;

export const sourceSchema = z.strictObject({
  split: z.string(),
  /** Path relative to the working directory, with `/`. */
  uri: z.string(),
  format: z.enum(DATA_FORMATS),
  /** Null where the file could not be read to its end. */
  rows: countSchema.nullable(),
  columns: countSchema.nullable(),
  bytes: countSchema,
  sha256: sha256Schema,
});

export const checkSchema = z.strictObject({
  /** Stable within the contract: `<object>.<column>.<rule>`, with a number where a column has several. */
  id: z.string(),
  rule: z.string(),
  column: z.string().nullable(),
  split: z.string().nullable(),
  description: z.string(),
  /** A count, a share or a shape; never a value of the data that the contract does not declare itself. */
  observed: z.string().nullable(),
  expected: z.string(),
  /** Rows judged. */
  n: countSchema.nullable(),
  /** Rows that break the rule. */
  failing: countSchema.nullable(),
  severity: z.enum(SEVERITIES),
  result: z.enum(RESULTS),
  reason: z.string().nullable(),
  /** The rule's line in the contract. */
  where: placeSchema.nullable(),
  /** First failing rows: file and row number, counted from 1 without the header. */
  rows: z.array(z.strictObject({ file: z.string(), row: countSchema })),
});
export type Check = z.infer<typeof checkSchema>;

export const profileColumnSchema = z.strictObject({
  split: z.string(),
  column: z.string(),
  type: z.string(),
  rows: countSchema,
  nulls: countSchema,
  distinct: countSchema.nullable(),
});

export const dataBodySchema = z.strictObject({
  sources: z.array(sourceSchema),
  contract: z
    .strictObject({
      ...policySchema.shape,
      id: z.string(),
      version: z.string(),
      owner: z.string().nullable(),
    })
    .nullable(),
  checks: z.array(checkSchema),
  profile: z.array(profileColumnSchema),
  dataFingerprint: sha256Schema.nullable(),
});
export type DataBody = z.infer<typeof dataBodySchema>;
