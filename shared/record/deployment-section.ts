import { z } from 'zod';
import { RESULTS } from '../verdict.ts';
import { countSchema, sha256Schema } from './common.ts';
import { aliasMoveSchema } from './publication-section.ts';

export const deploymentBodySchema = z.strictObject({
  /** `plan` serves the gated model on this machine, smoke-tests it, and changes nothing that lasts. */
  mode: z.enum(['deploy', 'plan']),
  target: z.enum(['local', 'command']),
  endpoint: z.string(),
  url: z.string().nullable(),
  version: z.string().nullable(),
  revision: z.string().nullable(),
  previousRevision: z.string().nullable(),
  strategy: z.enum(['blue-green', 'recreate', 'smoke-serving']),
  steps: z.array(
    z.strictObject({
      name: z.string(),
      result: z.enum(RESULTS),
      durationMs: z.number().min(0),
      detail: z.string().nullable(),
    }),
  ),
  smokeTest: z
    .strictObject({
      result: z.enum(RESULTS),
      /** Golden rows sent, and those whose answer agreed. */
      goldenRows: countSchema,
      agreeing: countSchema,
      requests: countSchema,
      latencyP50Ms: z.number().nullable(),
      latencyP95Ms: z.number().nullable(),
      reason: z.string().nullable(),
    })
    .nullable(),
  rolledBack: z.boolean(),
  alias: aliasMoveSchema.nullable(),
  gateRequired: z.boolean(),
  modelDigest: sha256Schema.nullable(),
});
export type DeploymentBody = z.infer<typeof deploymentBodySchema>;
