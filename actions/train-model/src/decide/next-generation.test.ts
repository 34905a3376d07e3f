import { describe, expect, it } from 'vitest';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import type { FailureClass } from '../../../../shared/record/training-section.ts';
import { afterWorker, type WorkerEnd, type WorkerSection } from './next-generation.ts';

const KEY = 'a'.repeat(40);
const JOB: DispatchedJob = {
  version: 1,
  title: `Train digits ${KEY}.1 #7`,
  model: 'digits',
  submissionKey: KEY,
  generation: 1,
  mode: 'detach',
  'runs-on': ['gpu'],
  'timeout-minutes': 360,
  sha: 'b'.repeat(40),
  dispatcher: {
    runId: '42',
    runNumber: 5,
    runAttempt: 1,
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    headSha: 'c'.repeat(40),
    baseSha: 'd'.repeat(40),
    pullRequest: 7,
    workflow: 'ci',
    workflowPath: 'acme/digits/.github/workflows/ci.yml',
    job: 'train',
    key: 'train',
    actor: 'octocat',
  },
  inputs: {},
  gate: null,
  previous: [],
};

function sectionOf(failureClass: FailureClass | null, overrides: Partial<WorkerSection> = {}): WorkerSection {
  const verdict = failureClass === null ? 'pass' : 'error';
  return { verdict, summary: 'It ended.', failureClass, trainedMs: 60_000, ...overrides };
}

function endOf(overrides: Partial<WorkerEnd>): WorkerEnd {
  return {
    job: JOB,
    runId: '99',
    maxAttempts: 3,
    limitMs: undefined,
    train: 'failure',
    section: undefined,
    checkpoint: false,
    began: true,
    failedStep: null,
    ...overrides,
  };
}

const job = (previous: readonly string[]): DispatchedJob => ({
  ...JOB,
  generation: previous.length + 1,
  previous: [...previous],
});

describe('after a worker', () => {
  it('whose runner was lost, the next generation goes on', () => {
    expect(afterWorker(endOf({}))).toEqual({
      kind: 'continue',
      reason: 'The runner was lost.',
      job: { ...JOB, title: `Train digits ${KEY}.2 #7`, generation: 2, previous: ['99'] },
    });
  });

  it.each<[string, Partial<WorkerEnd>]>([
    ['before the training began, with no step that failed', { began: false }],
    [
      'by its section, at the limit of the job with a checkpoint',
      { section: sectionOf('time-limit'), checkpoint: true },
    ],
    ['by its section, through the infrastructure', { section: sectionOf('infrastructure') }],
    ['by its section, lost', { section: sectionOf('lost') }],
    ['for the second time', { job: job(['97']) }],
    [
      'before the limit of the user is used up',
      { section: sectionOf('time-limit', { trainedMs: 60_000 }), checkpoint: true, limitMs: 120_000 },
    ],
  ])('that ended %s, it goes on', (_what, end) => {
    expect(afterWorker(endOf(end)).kind).toBe('continue');
  });

  it.each<[string, Partial<WorkerEnd>]>([
    ['passed', { train: 'success', section: sectionOf(null) }],
    ['reached the limit without a checkpoint', { section: sectionOf('time-limit') }],
    [
      'used up the limit of the user',
      { section: sectionOf('time-limit', { trainedMs: 120_000 }), checkpoint: true, limitMs: 120_000 },
    ],
    ['was out of attempts', { section: sectionOf('infrastructure'), job: job(['97', '98']) }],
    ['was cancelled', { train: 'cancelled', section: sectionOf('infrastructure') }],
    ...(
      ['user-code', 'not-a-number', 'diverged', 'missing-outputs', 'out-of-memory', 'disk-full'] as const
    ).map((failureClass): [string, Partial<WorkerEnd>] => [
      `failed by ${failureClass}`,
      { section: sectionOf(failureClass), checkpoint: true },
    ]),
    ...(['cost-limit', 'cancelled', 'superseded'] as const).map(
      (failureClass): [string, Partial<WorkerEnd>] => [
        `ended by ${failureClass}`,
        { section: sectionOf(failureClass), checkpoint: true },
      ],
    ),
  ])('that %s, it stays at what it recorded', (_what, end) => {
    const full = endOf(end);
    expect(afterWorker(full)).toEqual({ kind: 'ended', section: full.section });
  });

  it.each<[Partial<WorkerEnd>, FailureClass, string]>([
    [
      { train: 'cancelled' },
      'cancelled',
      'The worker was cancelled, or reached the limit of its job, before it could record anything.',
    ],
    [{ train: 'skipped' }, 'infrastructure', 'The job that trains was skipped.'],
    [{ train: 'success' }, 'infrastructure', 'The job that trains left no section of the record.'],
    [
      { began: false, failedStep: 'Set up' },
      'infrastructure',
      'The step "Set up" of the worker failed before the training began.',
    ],
    [
      { began: false, failedStep: undefined },
      'infrastructure',
      'The job that trains failed before the training began.',
    ],
    [
      { job: job(['97', '98']) },
      'lost',
      'The runner was lost before the training had ended. It was begun 3 times, as "max-attempts" allows.',
    ],
    [
      { maxAttempts: 1 },
      'lost',
      'The runner was lost before the training had ended. It was begun once, as "max-attempts" allows.',
    ],
    [
      { job: { ...JOB, generation: 100 } },
      'lost',
      'The runner was lost before the training had ended. It was begun once, as "max-attempts" allows.',
    ],
  ])('without a section (%j), that is %s', (end, failureClass, message) => {
    expect(afterWorker(endOf(end))).toEqual({ kind: 'unrecorded', failureClass, message });
  });

  it('that found another one at the same, nothing is left to do', () => {
    const section = sectionOf(null, { verdict: 'skipped' });
    expect(afterWorker(endOf({ train: 'success', section }))).toEqual({ kind: 'duplicate' });
  });
});
