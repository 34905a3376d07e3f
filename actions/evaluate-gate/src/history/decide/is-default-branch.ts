import type { Origin } from '../../../../../shared/github/code-host.ts';

const EVENTS = ['push', 'schedule', 'workflow_dispatch'];

/**
 * True where a run is about what lies on the default branch of its own repository: not a pull request, a merge queue or a
 * fork. A schedule always runs there, and its event need not name the branch (docs: "Events that trigger workflows").
 */
export function isDefaultBranch(
  { event, ref, fork, pullRequest }: Pick<Origin, 'event' | 'ref' | 'fork' | 'pullRequest'>,
  defaultBranch: string | undefined,
): boolean {
  if (fork || pullRequest !== null || !EVENTS.includes(event)) return false;
  if (defaultBranch === undefined) return event === 'schedule';
  return ref === `refs/heads/${defaultBranch}`;
}
