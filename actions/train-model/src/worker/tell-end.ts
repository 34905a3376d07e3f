import type { ActionContext } from '../../../../shared/action/action.ts';
import { statusContextOf, stepResultOf } from '../../../../shared/action/decide/step-result.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import { messageOf } from '../../../../shared/errors.ts';
import type { StatusState } from '../../../../shared/github/code-host.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import type { WorkerSection } from '../decide/next-generation.ts';
import type { OwnRun } from './worker-run.ts';

interface Telling {
  readonly context: ActionContext;
  readonly job: DispatchedJob;
  readonly own: OwnRun;
}

export function stateOf({ verdict }: Pick<WorkerSection, 'verdict'>): StatusState {
  return stepResultOf(verdict, { onInconclusive: 'warn', usage: false }).statusState;
}

export function wordsOf({ verdict, summary }: Pick<WorkerSection, 'verdict' | 'summary'>): string {
  return verdict === 'pass' ? summary : `${verdict}: ${summary}`;
}

/**
 * Sets the status of the model, or that of its training. Both are pending since a detached dispatch; a follower has
 * none to end.
 */
export async function setStatus(
  state: StatusState,
  words: string,
  { context, job, own }: Telling,
  kind?: 'training',
): Promise<void> {
  const { host, origin, logger, signal, environment } = context;
  if (job.mode !== 'detach' || origin.headSha === null || environment[variableOf('status')] === 'false')
    return;
  const outcome = await host.setStatus(
    {
      sha: origin.headSha,
      state,
      context: statusContextOf(kind ?? 'evaluation', job.model),
      description: words,
      targetUrl: own.worker.runUrl,
    },
    signal,
  );
  if (!outcome.done) logger.warning(`No commit status: ${outcome.reason}`);
}

/** Writes the comment of a detached training from what the record holds now. Never throws. */
export async function writeComment({ context, job, own }: Telling): Promise<void> {
  if (job.mode !== 'detach' || context.environment[variableOf('comment')] === 'false') return;
  try {
    const { writeComment: write } = await import('../../../../shared/action/report-run.ts');
    await write(context, own.worker.runUrl);
  } catch (error) {
    context.signal.throwIfAborted();
    context.logger.warning(`The comment could not be written: ${messageOf(error)}`);
  }
}
