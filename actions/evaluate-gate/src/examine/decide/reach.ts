import type { Run } from '../../../../../shared/record/common.ts';

export interface Reach {
  readonly labelsInReach: boolean;
  /** Why, as one sentence. */
  readonly reach: string;
}

/**
 * Whether the training could have read the labels: where they lie in the workspace, which every job checks out, or where
 * it ran on the machine that they were fetched to. A job's steps share one machine; legs of a matrix do not, but they
 * are one job by name, and what is not certain counts as in reach.
 */
export function reachOf(
  inWorkspace: boolean,
  gate: Pick<Run, 'id' | 'job'>,
  training: (Pick<Run, 'id' | 'job'> & { readonly here: boolean }) | undefined,
  byCommand: boolean,
): Reach {
  if (inWorkspace) {
    return {
      labelsInReach: true,
      reach: 'The labels lie in the workspace, where the training could read them.',
    };
  }
  if (training === undefined) {
    return {
      labelsInReach: true,
      reach: 'No training section says in which job the training ran, so that it may have read the labels.',
    };
  }
  if (training.here && training.id === gate.id && (training.job === null || training.job === gate.job)) {
    return {
      labelsInReach: true,
      reach: 'The training ran in this very job, on the machine that holds the labels.',
    };
  }
  const apart = 'The labels lie outside the workspace, and the training ran in another job.';
  // It is not told where they lie, and is no other user: whoever audits has to know what it might have done.
  const command = ' The scoring command was not given them, and ran on the machine that holds them.';
  return { labelsInReach: false, reach: byCommand ? apart + command : apart };
}
