import { describe, expect, it } from 'vitest';
import { canRestore, forwardSteps, nextStep, type Rollout, type Step, type StepDone } from './rollout.ts';

/** Plays a rollout in which the steps named fail, and returns what was done. */
function play(rollout: Rollout, failing: readonly Step[], broken: readonly Step[] = []): string[] {
  const done: StepDone[] = [];
  for (let step = nextStep(rollout, done); step !== undefined; step = nextStep(rollout, done)) {
    done.push({ step, result: failing.includes(step) ? 'failed' : broken.includes(step) ? 'broken' : 'ok' });
    if (done.length > 20) throw new Error('The rollout does not end.');
  }
  return done.map(({ step }) => step);
}

const FIRST: Rollout = { mode: 'deploy', dark: true, replaces: false };
const SECOND: Rollout = { ...FIRST, replaces: true };
const COMMAND: Rollout = { ...SECOND, dark: false };
const PLAN: Rollout = { mode: 'plan', dark: true, replaces: false };

describe('nextStep', () => {
  it('goes forward', () => {
    const forward = ['apply', 'ready', 'smoke-test-dark', 'shift', 'smoke-test', 'alias', 'confirm'];
    expect(play(FIRST, [])).toEqual(forward);
    expect(play(SECOND, [])).toEqual(['probe', ...forward]);
    expect(play(COMMAND, [])).toEqual(['probe', 'apply', 'ready', 'shift', 'smoke-test', 'alias', 'confirm']);
    expect(play(PLAN, [])).toEqual(['apply', 'ready', 'smoke-test', 'remove']);
  });

  it.each(['apply', 'ready', 'smoke-test-dark', 'shift', 'smoke-test', 'alias'] as const)(
    'after a failed %s goes back to what served before',
    (failed) => {
      const back = ['restore', 'verify-restore', 'remove'];
      const steps = play(SECOND, [failed]);
      expect(steps.slice(steps.indexOf(failed) + 1)).toEqual(back);
      // A first one has nothing to go back to.
      const first = play(FIRST, [failed]);
      expect(first.slice(first.indexOf(failed) + 1)).toEqual(['remove']);
    },
  );

  it('touches nothing where what serves cannot be reached', () => {
    expect(play(SECOND, ['probe'])).toEqual(['probe']);
  });

  it('does not go back to what was broken before', () => {
    expect(play(SECOND, ['smoke-test-dark'], ['probe'])).toEqual([
      'probe',
      'apply',
      'ready',
      'smoke-test-dark',
      'remove',
    ]);
  });

  it('keeps a new revision whose predecessor lingers', () => {
    expect(play(SECOND, ['confirm']).at(-1)).toBe('confirm');
  });

  it('removes the new one even where the way back fails', () => {
    const failing = ['shift', 'restore', 'verify-restore'] as const;
    expect(play(SECOND, failing).slice(-3)).toEqual(['restore', 'verify-restore', 'remove']);
    expect(play(SECOND, [...failing, 'remove']).slice(-1)).toEqual(['remove']);
  });

  it('ends a plan whatever fails', () => {
    expect(play(PLAN, ['ready'])).toEqual(['apply', 'ready', 'remove']);
    expect(play(PLAN, ['remove'])).toEqual(['apply', 'ready', 'smoke-test', 'remove']);
  });
});

describe('canRestore', () => {
  it('is so for a deployment that replaces something that answered', () => {
    expect(canRestore(SECOND, [{ step: 'probe', result: 'ok' }])).toBe(true);
    expect(canRestore(SECOND, [{ step: 'probe', result: 'broken' }])).toBe(false);
    expect(canRestore(FIRST, [])).toBe(false);
    expect(canRestore({ ...PLAN, replaces: true }, [])).toBe(false);
    expect(forwardSteps(PLAN)).not.toContain('alias');
  });
});
