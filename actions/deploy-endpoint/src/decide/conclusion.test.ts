import { describe, expect, it } from 'vitest';
import { conclude, type Failure, type RolloutFacts } from './conclusion.ts';
import type { StepDone } from './rollout.ts';

const failure = (overrides: Partial<Failure> = {}): Failure => ({
  step: 'smoke-test-dark',
  owner: 'model',
  message: 'It answers otherwise.',
  remedy: null,
  cancelled: false,
  ...overrides,
});

const facts = (overrides: Partial<RolloutFacts> = {}): RolloutFacts => ({
  rollout: { mode: 'deploy', dark: true, replaces: true },
  done: [],
  failure: undefined,
  endpoint: 'digits',
  version: 'v4',
  previousVersion: 'v2',
  ...overrides,
});

const BACK: StepDone[] = [
  { step: 'restore', result: 'ok' },
  { step: 'verify-restore', result: 'ok' },
  { step: 'remove', result: 'ok' },
];
const REMOVED: StepDone[] = [{ step: 'remove', result: 'ok' }];
const FIRST = { mode: 'deploy', dark: true, replaces: false } as const;
const PLAN = { mode: 'plan', dark: true, replaces: false } as const;

describe('conclude', () => {
  it.each<[string, Partial<RolloutFacts>, string, boolean, string]>([
    ['success', {}, 'pass', false, '"digits" serves v4, after v2.'],
    ['a first success', { rollout: FIRST, previousVersion: undefined }, 'pass', false, '"digits" serves v4.'],
    [
      'a plan',
      { rollout: PLAN, version: 'candidate' },
      'pass',
      false,
      'candidate was served on this machine and passed the smoke test (smoke serving: nothing was deployed).',
    ],
    [
      'an old one that lingers',
      { failure: failure({ step: 'confirm', owner: 'infrastructure' }) },
      'pass',
      false,
      '"digits" serves v4, after v2.',
    ],
    [
      'a rollback',
      { failure: failure(), done: BACK },
      'fail',
      true,
      'It answers otherwise. Rolled back: "digits" serves v2.',
    ],
    [
      'a rollback for want of an answer',
      { failure: failure({ owner: 'infrastructure' }), done: BACK },
      'fail',
      true,
      'It answers otherwise. Rolled back: "digits" serves v2.',
    ],
    [
      'a cancelled one',
      { failure: failure({ cancelled: true }), done: BACK },
      'error',
      true,
      'Cancelled before it ended. Rolled back: "digits" serves v2.',
    ],
    [
      'a probe that fails',
      { failure: failure({ step: 'probe' }), done: [{ step: 'probe', result: 'failed' }] },
      'error',
      false,
      'It answers otherwise. Nothing was touched.',
    ],
    [
      'a first one that is bad',
      { rollout: FIRST, previousVersion: undefined, failure: failure(), done: REMOVED },
      'fail',
      false,
      'It answers otherwise. There is no version to return to; v4 was removed.',
    ],
    [
      'a first one that could not start',
      { rollout: FIRST, failure: failure({ owner: 'infrastructure' }), done: REMOVED },
      'error',
      false,
      'It answers otherwise. There is no version to return to; v4 was removed.',
    ],
    [
      'a plan that is bad',
      { rollout: PLAN, failure: failure(), done: REMOVED },
      'fail',
      false,
      'It answers otherwise. Nothing was deployed.',
    ],
    [
      'a plan that does not end',
      {
        rollout: PLAN,
        failure: failure({ step: 'remove', owner: 'infrastructure' }),
        done: [{ step: 'remove', result: 'failed' }],
      },
      'error',
      false,
      'It answers otherwise. v4 could not be removed.',
    ],
    [
      'a rollback that fails',
      {
        failure: failure(),
        done: [
          { step: 'restore', result: 'failed' },
          { step: 'verify-restore', result: 'failed' },
          ...REMOVED,
        ],
      },
      'error',
      false,
      'It answers otherwise. The rollback to v2 failed as well.',
    ],
    [
      'a rollback that is not seen to work',
      {
        previousVersion: undefined,
        failure: failure(),
        done: [{ step: 'verify-restore', result: 'failed' }],
      },
      'error',
      false,
      'It answers otherwise. The rollback to the version before failed as well.',
    ],
  ])('%s', (_what, overrides, verdict, rolledBack, summary) => {
    expect(conclude(facts(overrides))).toEqual({ verdict, rolledBack, summary });
  });
});
