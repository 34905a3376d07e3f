import { describe, expect, it } from 'vitest';
import {
  endWithoutRecord,
  type JobFacts,
  jobStarted,
  livePhase,
  phaseOfFailure,
  trainJobOf,
} from './run-phase.ts';

function job(overrides: Partial<JobFacts> = {}): JobFacts {
  return {
    name: 'worker / train',
    status: 'in_progress',
    conclusion: null,
    startedAtMs: 0,
    completedAtMs: null,
    runner: 'gpu-1',
    steps: [],
    ...overrides,
  };
}
const step = (name: string, status: string, conclusion: string | null) => ({ name, status, conclusion });

describe('the job that trains', () => {
  it.each([
    [['close', 'train'], 'train'],
    [['a / close', 'a / train', 'a / gate'], 'a / train'],
    [['close', 'x / gate', 'my job'], 'my job'],
    [['close'], undefined],
    [[], undefined],
  ])('of %j is %s', (names, found) => {
    expect(trainJobOf(names.map((name) => ({ name })))?.name).toBe(found);
  });

  it('has started once a runner has it', () => {
    expect(
      ['queued', 'waiting', 'pending', 'requested'].map((status) => jobStarted({ status })),
    ).not.toContain(true);
    expect(jobStarted({ status: 'in_progress' })).toBe(true);
    expect(jobStarted(undefined)).toBe(false);
  });
});

describe('the phase of a run that goes on', () => {
  it.each<[string | null, JobFacts | undefined, string, boolean]>([
    ['queued', undefined, 'queued', false],
    ['waiting', undefined, 'queued', false],
    ['pending', undefined, 'queued', false],
    ['requested', undefined, 'queued', false],
    ['in_progress', undefined, 'queued', false],
    ['in_progress', job({ status: 'queued' }), 'queued', false],
    ['in_progress', job(), 'running', false],
    ['in_progress', job({ status: 'completed', conclusion: 'success' }), 'stopping', false],
    ['dreaming', job(), 'running', true],
    [null, undefined, 'queued', true],
  ])('%s with %j is %s', (status, train, phase, unknown) => {
    expect(livePhase({ status, conclusion: null }, train)).toEqual({ phase, unknown });
  });
});

describe('an end that left no record', () => {
  const ended = (conclusion: string, overrides: Partial<JobFacts> = {}): JobFacts =>
    job({ status: 'completed', conclusion, completedAtMs: 60_000, ...overrides });
  it.each<[string, JobFacts | undefined, string, string]>([
    ['startup_failure', undefined, 'infrastructure', 'could not start the worker workflow'],
    ['stale', undefined, 'lost', 'stale'],
    ['action_required', undefined, 'infrastructure', 'approval'],
    ['cancelled', undefined, 'cancelled', 'before it trained'],
    ['cancelled', ended('skipped'), 'cancelled', 'before it trained'],
    ['failure', undefined, 'infrastructure', 'ended as failure and trained nothing'],
    ['failure', ended('timed_out'), 'time-limit', 'limit of 10 minutes'],
    ['cancelled', ended('cancelled', { completedAtMs: 590_000 }), 'time-limit', 'limit of 10 minutes'],
    ['cancelled', ended('cancelled'), 'cancelled', 'The run was cancelled.'],
    [
      'cancelled',
      ended('cancelled', { startedAtMs: null, completedAtMs: null }),
      'cancelled',
      'was cancelled',
    ],
    [
      'failure',
      ended('failure', { steps: [step('Train', 'in_progress', null)] }),
      'lost',
      'runner "gpu-1" during the step "Train"',
    ],
    [
      'failure',
      ended('failure', { runner: null, steps: [step('Train', 'completed', null)] }),
      'lost',
      'lost the runner during',
    ],
    [
      'failure',
      ended('failure', { runner: '', steps: [step('Train', 'queued', null)] }),
      'lost',
      'lost the runner during',
    ],
    [
      'failure',
      ended('failure', { steps: [step('Check out', 'completed', 'failure')] }),
      'infrastructure',
      'step "Check out"',
    ],
    [
      'success',
      ended('success', { steps: [step('Train', 'completed', 'success')] }),
      'lost',
      'left no record',
    ],
    ['failure', ended('failure'), 'infrastructure', 'No runner could begin the job (failure)'],
  ])('%s %j is %s', (conclusion, train, failureClass, reason) => {
    const end = endWithoutRecord({ status: 'completed', conclusion }, train, 10);
    expect(end.failureClass).toBe(failureClass);
    expect(end.reason).toContain(reason);
  });

  it('says so also where GitHub does not tell how it ended', () => {
    expect(endWithoutRecord({ status: 'completed', conclusion: null }, undefined, 10).reason).toContain(
      'unknown',
    );
    const train = job({ status: 'completed', startedAtMs: null });
    expect(endWithoutRecord({ status: 'completed', conclusion: null }, train, 10).reason).toContain(
      '(unknown)',
    );
  });
});

describe('the phase of a failure', () => {
  it.each([
    ['cancelled', 'cancelled'],
    ['superseded', 'cancelled'],
    ['lost', 'lost'],
    ['user-code', 'failed'],
  ] as const)('%s shows as %s', (failureClass, phase) => {
    expect(phaseOfFailure(failureClass)).toBe(phase);
  });
});
