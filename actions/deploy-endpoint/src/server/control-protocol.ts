import { z } from 'zod';
import { sha256Schema } from '../../../../shared/record/common.ts';
import { SUBJECT_PATTERN } from '../../../../shared/names.ts';

/** An id that this action makes itself; it becomes the name of a folder. */
export const REVISION_PATTERN = /^[a-z0-9][a-z0-9.-]{0,79}$/;
export const revisionIdSchema = z.string().regex(REVISION_PATTERN);

export const newRevisionSchema = z.strictObject({
  id: revisionIdSchema,
  model: z.string().regex(SUBJECT_PATTERN),
  version: z.string().min(1),
  modelDigest: sha256Schema,
  /** Absolute path of the .onnx file. */
  path: z.string(),
  /** How the user knows that file. */
  label: z.string(),
});
export type NewRevision = z.infer<typeof newRevisionSchema>;

export const REVISION_STATES = ['starting', 'serving', 'failed'] as const;

export const revisionStatusSchema = z.strictObject({
  id: revisionIdSchema,
  version: z.string(),
  modelDigest: sha256Schema,
  /** `serving` means that its worker listens, not that it gets traffic. */
  state: z.enum(REVISION_STATES),
  url: z.string().nullable(),
  /** How often its worker had to be started again. */
  restarts: z.int().min(0),
  failure: z.strictObject({ owner: z.enum(['model', 'infrastructure']), message: z.string() }).nullable(),
});
export type RevisionStatus = z.infer<typeof revisionStatusSchema>;

export const endpointStatusSchema = z.strictObject({
  endpoint: z.string(),
  url: z.string(),
  /** Gets all traffic. */
  active: revisionIdSchema.nullable(),
  /** Had it before, and is kept until the active one is confirmed. */
  previous: revisionIdSchema.nullable(),
  revisions: z.array(revisionStatusSchema),
});
export type EndpointStatus = z.infer<typeof endpointStatusSchema>;

export const shiftSchema = z.strictObject({ to: revisionIdSchema, expected: revisionIdSchema.nullable() });
export const restoreSchema = z.strictObject({ to: revisionIdSchema });
export const confirmSchema = z.strictObject({ revision: revisionIdSchema });
export const controlErrorSchema = z.strictObject({ error: z.string() });
