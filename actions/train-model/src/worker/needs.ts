import { z } from 'zod';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { JOB_RESULTS } from '../decide/next-generation.ts';

const resultSchema = z.object({ result: z.enum(JOB_RESULTS) });
const needsSchema = z.object({ train: resultSchema, gate: resultSchema.optional() });
export type Needs = z.infer<typeof needsSchema>;

/** How the worker's other jobs ended, from the input `needs`. */
export function readNeeds({ environment }: ActionContext): Needs {
  let document: unknown;
  try {
    document = JSON.parse(environment[variableOf('needs')] ?? '');
  } catch {
    document = undefined;
  }
  const read = needsSchema.safeParse(document);
  if (read.success) return read.data;
  throw new UsageError('Input "needs" does not tell how the job "train" ended.', {
    remedy: 'The worker workflow gives it as "needs: ${{ toJSON(needs) }}", in a job that needs "train".',
  });
}
