import { UsageError } from '../../errors.ts';
import { type DispatchedJob, dispatchedJobSchema, JOB_INPUT } from '../dispatched-job.ts';
import type { Payload } from './payload.ts';

/** What no workflow of the user's own has by chance: an input of this name is only ours with both of them. */
const SIGNS = ['submissionKey', 'dispatcher'] as const;

/**
 * The job that a `workflow_dispatch` hands to a worker. Undefined where the event is of the user's own making, also
 * where that has an input of the same name.
 */
export function dispatchedJobOf(event: string, { inputs }: Payload): DispatchedJob | undefined {
  const text = inputs?.[JOB_INPUT];
  if (event !== 'workflow_dispatch' || typeof text !== 'string') return undefined;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  if (!SIGNS.every((name) => Object.hasOwn(document, name))) return undefined;
  const read = dispatchedJobSchema.safeParse(document);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'its top' : `"${issue.path.join('.')}"`;
  throw new UsageError(
    `The input "${JOB_INPUT}" of this run is no job of a worker: ${place}: ${issue?.message ?? 'is wrong'}.`,
    {
      remedy:
        'The step that dispatches writes it: let train-model dispatch, and use the same version of Trainyard in the worker workflow.',
    },
  );
}
