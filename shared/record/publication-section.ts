import { z } from 'zod';
import { countSchema, sha256Schema } from './common.ts';

export const aliasMoveSchema = z.strictObject({
  name: z.string(),
  from: z.string().nullable(),
  to: z.string(),
});

export const publicationBodySchema = z.strictObject({
  /** `plan` says what it would do and changes nothing. */
  mode: z.enum(['publish', 'plan']),
  targets: z.array(
    z.strictObject({
      registry: z.string(),
      /** Null in plan mode where the version is allocated only when it is published. */
      version: z.string().nullable(),
      manifestDigest: z.string().nullable(),
      url: z.string().nullable(),
      state: z.enum(['published', 'already-published', 'planned']),
      files: countSchema,
      bytes: countSchema,
    }),
  ),
  card: z.strictObject({ path: z.string(), sha256: sha256Schema }).nullable(),
  alias: aliasMoveSchema.nullable(),
  /** False where `require-gate: false` let a model through that no gate has passed. */
  gateRequired: z.boolean(),
  modelDigest: sha256Schema.nullable(),
});
export type PublicationBody = z.infer<typeof publicationBodySchema>;
