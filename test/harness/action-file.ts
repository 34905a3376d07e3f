import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ActionName } from '../../shared/names.ts';

/** The checkout that holds this test. */
export const ROOT = resolve(import.meta.dirname, '../..');

const actionFileSchema = z.object({
  name: z.string(),
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.object({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string(), z.object({ description: z.string() })),
  runs: z.object({
    using: z.string(),
    main: z.string(),
    post: z.string().optional(),
    'post-if': z.string().optional(),
  }),
});
export type ActionFile = z.infer<typeof actionFileSchema>;

/** Reads an action's action.yml, as the runner does. */
export function readActionFile(action: ActionName): ActionFile {
  return actionFileSchema.parse(parse(readFileSync(join(ROOT, 'actions', action, 'action.yml'), 'utf8')));
}
