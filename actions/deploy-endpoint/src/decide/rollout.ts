/** The steps of a rollout. Up to `confirm` they go forward; the others leave a defined state behind. */
export const STEPS = [
  'probe',
  'apply',
  'ready',
  'smoke-test-dark',
  'shift',
  'smoke-test',
  'alias',
  'confirm',
  'restore',
  'verify-restore',
  'remove',
] as const;
export type Step = (typeof STEPS)[number];

/** What decides which steps there are; known before anything is touched. */
export interface Rollout {
  readonly mode: 'deploy' | 'plan';
  /** The target can try a revision while another serves. */
  readonly dark: boolean;
  /** Something serves already. */
  readonly replaces: boolean;
}

export interface StepDone {
  readonly step: Step;
  /** `broken` is a probe's: what serves is known not to answer, so there is nothing to return to. */
  readonly result: 'ok' | 'failed' | 'broken';
}

/** The steps of a rollout in which nothing fails. */
export function forwardSteps({ mode, dark, replaces }: Rollout): Step[] {
  if (mode === 'plan') return ['apply', 'ready', 'smoke-test', 'remove'];
  return [
    ...(replaces ? (['probe'] as const) : []),
    'apply',
    'ready',
    ...(dark ? (['smoke-test-dark'] as const) : []),
    'shift',
    'smoke-test',
    'alias',
    'confirm',
  ];
}

/** There is a recorded revision that answered before anything was touched. */
export function canRestore(rollout: Rollout, done: readonly StepDone[]): boolean {
  return rollout.mode === 'deploy' && rollout.replaces && !done.some(({ result }) => result === 'broken');
}

/** What follows the first failure: back to the recorded revision where there is one; the new one never stays. */
function stepsAfterFailure(rollout: Rollout, done: readonly StepDone[], failed: Step): Step[] {
  // Nothing was touched before `apply`; after `confirm` the new revision serves, and only the old one lingers.
  if (failed === 'probe' || failed === 'confirm' || failed === 'remove') return [];
  return canRestore(rollout, done) ? ['restore', 'verify-restore', 'remove'] : ['remove'];
}

/** The step that follows what was done; undefined at the end. */
export function nextStep(rollout: Rollout, done: readonly StepDone[]): Step | undefined {
  const firstFailure = done.findIndex(({ result }) => result === 'failed');
  const failed = done[firstFailure];
  if (failed === undefined) return forwardSteps(rollout)[done.length];
  return stepsAfterFailure(rollout, done, failed.step)[done.length - firstFailure - 1];
}
