import { z } from 'zod';

// Only what decides is read, and read strictly; webhooks carry a hundred further keys.
const shaSchema = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'a commit SHA');
const repositorySchema = z.object({ full_name: z.string() });

/** A pull request, alike in webhooks and in answers of the API. */
export const pullRequestSchema = z.object({
  number: z.int().positive(),
  head: z.object({
    sha: shaSchema,
    // Null where the fork was deleted.
    repo: repositorySchema.nullish(),
  }),
  base: z.object({ sha: shaSchema, ref: z.string(), repo: repositorySchema.nullish() }),
});
export type PullRequestPayload = z.infer<typeof pullRequestSchema>;

/** The parts of an event's payload that say which commit and pull request it is about. */
export const payloadSchema = z.object({
  pull_request: pullRequestSchema.optional(),
  merge_group: z
    .object({ head_sha: shaSchema, head_ref: z.string(), base_sha: shaSchema, base_ref: z.string() })
    .optional(),
  workflow_run: z.object({ head_sha: shaSchema, head_repository: repositorySchema.nullish() }).optional(),
  repository: z.object({ default_branch: z.string().optional() }).nullish(),
  // `workflow_dispatch`: what was given to it, in the user's own names.
  inputs: z.record(z.string(), z.unknown()).nullish(),
  issue: z.object({ number: z.int().positive(), pull_request: z.unknown().optional() }).optional(),
});
export type Payload = z.infer<typeof payloadSchema>;
