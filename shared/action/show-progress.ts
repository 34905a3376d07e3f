import type { Kind } from '../names.ts';
import type { ActionContext, Outcome } from './action.ts';
import { completeSection } from './complete.ts';
import { showProvisional } from './report-run.ts';

/** Shows an outcome in the comment that is not the action's last word. */
export async function showProgress<K extends Kind>(
  kind: Kind,
  outcome: Outcome<K>,
  context: ActionContext,
  startedAt: number,
): Promise<void> {
  const section = await completeSection({ kind }, outcome, context, {
    startedAt,
    now: Date.now(),
  });
  await showProvisional(section, context);
}
