import type { SectionOf } from './section.ts';

/**
 * Why a gate that was passed does not count for publishing and deploying: its rules were those of the pull request under test, given
 * by `policy-from: head` or in the workflow of that pull request itself. Undefined where they were in force.
 */
export function whyOwnPolicy({ subject, body }: SectionOf<'evaluation'>): string | undefined {
  if (body?.gate?.from !== 'head') return undefined;
  return (
    `The gate judged ${subject} by rules of the pull request under test (${body.gate.path}), which were not in force. ` +
    'Publish and deploy from a run of the branch that they are merged to.'
  );
}
