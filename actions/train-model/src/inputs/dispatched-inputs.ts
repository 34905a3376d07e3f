import { type InputReader, openInputs, variableOf } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { type DispatchedJob, dispatchedJobSchema } from '../../../../shared/github/dispatched-job.ts';
import { BESIDE_DISPATCHED_JOB, INPUTS, WORKER_INPUTS } from './names.ts';

const REMEDY =
  'It is written by the step that dispatches and handed on by the worker workflow: use the worker workflow as the guide has it, of the same version as the dispatching step.';

/** The job of a worker; undefined in a step of the user's own. */
export function readDispatchedJob(reader: InputReader): DispatchedJob | undefined {
  const text = reader.text('dispatched-job');
  if (text === undefined) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new UsageError('Input "dispatched-job" is no JSON.', { remedy: REMEDY, cause });
  }
  const parsed = dispatchedJobSchema.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`;
    throw new UsageError(`Input "dispatched-job" is not valid${place}.`, { remedy: REMEDY });
  }
  const stranger = Object.keys(parsed.data.inputs).find((name) => !WORKER_INPUTS.some((one) => one === name));
  if (stranger !== undefined) {
    throw new UsageError(`Input "dispatched-job" holds the unknown input "${stranger}".`, { remedy: REMEDY });
  }
  return parsed.data;
}

/**
 * What stands for files of the checkout. The closing job has none: its working directory is the workspace, and a path
 * beside the working directory would lead out of it.
 */
const OF_CHECKOUT: readonly string[] = [
  'working-directory',
  'paths',
  'data-paths',
  'metrics',
  'metrics-series',
  'metrics-sources',
  'checkpoints',
  'outputs',
];

/** The inputs of the dispatching step, read on the worker as they were written there. */
export function openDispatchedInputs(
  outer: InputReader,
  { inputs }: DispatchedJob,
  { closing }: { readonly closing: boolean },
): InputReader {
  const extra = INPUTS.find(
    (name) => WORKER_INPUTS.includes(name) && !BESIDE_DISPATCHED_JOB.includes(name) && isGiven(outer, name),
  );
  if (extra !== undefined) {
    throw new UsageError(`Input "${extra}" is given beside "dispatched-job", which holds it.`, {
      remedy: 'Give it to the step that dispatches.',
    });
  }
  const environment = Object.fromEntries(
    Object.entries(inputs)
      .filter(([name]) => !closing || !OF_CHECKOUT.includes(name))
      .map(([name, value]) => [variableOf(name), value]),
  );
  return openInputs(INPUTS, environment, outer.workspace);
}

/** Inputs with a default are always given by the runner: only those without one can be told apart. */
function isGiven(reader: InputReader, name: string): boolean {
  return ['model', 'command', 'outputs', 'metrics'].includes(name) && reader.text(name) !== undefined;
}
