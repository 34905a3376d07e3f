import { z } from 'zod';

const sentence = z
  .string()
  .trim()
  .min(1, 'has no description')
  .regex(/[.!?]$/, 'has a description that is no full sentence');

/** An action.yml as this project writes them: only what the runner reads, and a full sentence for everything. */
export const actionFileSchema = z.strictObject({
  name: z.string().min(1),
  description: sentence,
  author: z.string().optional(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }).optional(),
  inputs: z.record(
    z.string(),
    z.strictObject({
      description: sentence,
      required: z.boolean().optional(),
      default: z.string('must be text in quotes').optional(),
    }),
  ),
  outputs: z.record(z.string(), z.strictObject({ description: sentence })),
  runs: z.strictObject({
    using: z.literal('node24'),
    main: z.string(),
    post: z.string().optional(),
    'post-if': z.string().optional(),
  }),
});
export type ActionFile = z.infer<typeof actionFileSchema>;
