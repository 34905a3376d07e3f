import type { SectionOf } from '../../../../shared/record/section.ts';

/**
 * Why a gate that was passed does not count for publishing: its rules were those of the pull request under test, given
 * by `policy-from: head` or in the workflow of that pull request itself. Undefined where they were in force.
 */
export function whyOwnPolicy({ subject, body }: SectionOf<'evaluation'>): string | undefined {
  if (body?.gate?.from !== 'head') return undefined;
  return (
    `The gate judged ${subject} by rules of the pull request under test (${body.gate.path}), which were not in force. ` +
    'Publish from a run of the branch that they are merged to.'
  );
}
