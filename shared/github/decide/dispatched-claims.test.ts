import { describe, expect, it } from 'vitest';
import type { DispatchedJob } from '../dispatched-job.ts';
import {
  type DispatcherFacts,
  isIndirect,
  queuedBase,
  refuseFalseCommits,
  refuseFalseRun,
} from './dispatched-claims.ts';

const HEAD = 'c'.repeat(40);
const JOB: DispatchedJob = {
  version: 1,
  title: 'Train digits',
  model: 'digits',
  submissionKey: 'a'.repeat(40),
  generation: 1,
  mode: 'follow',
  'runs-on': ['gpu'],
  'timeout-minutes': 60,
  sha: HEAD,
  dispatcher: {
    runId: '42',
    runNumber: 5,
    runAttempt: 1,
    event: 'push',
    ref: null,
    headSha: HEAD,
    baseSha: null,
    pullRequest: null,
    workflow: null,
    workflowPath: null,
    job: null,
    key: 'train',
    actor: null,
  },
  inputs: {},
  gate: null,
  previous: [],
};
const RUN: DispatcherFacts = {
  repository: 'acme/digits',
  headRepository: 'Acme/Digits',
  event: 'push',
  runNumber: 5,
  runAttempt: 1,
  path: '.github/workflows/ci.yml',
  headSha: HEAD,
  headBranch: null,
};
const NOTHING = { baseIsOnBranch: false, headIsOnBranch: false, trainedIsOfHead: false };

describe('the run that a job names', () => {
  it('may leave open what the job does not say, in whatever letters GitHub writes the repository', () => {
    expect(() => refuseFalseRun(JOB, RUN, 'acme/digits')).not.toThrow();
    expect(() => refuseFalseCommits(JOB, RUN, undefined, NOTHING, 'acme/digits')).not.toThrow();
  });

  it.each<[Partial<DispatcherFacts>, string]>([
    [
      { repository: 'acme/other' },
      'The job says that the run 42 is of acme/digits, but GitHub says it is of acme/other.',
    ],
    [
      { headRepository: null },
      'The run 42, which dispatched this one, ran code of a repository that is gone.',
    ],
  ])('is refused with %j', (facts, message) => {
    expect(() => refuseFalseRun(JOB, { ...RUN, ...facts }, 'acme/digits')).toThrow(message);
  });

  it('is refused with a pull request whose repository is gone, or a base or ref that nothing bears out', () => {
    const pull = { number: 7, headSha: HEAD, headRef: 'topic', headRepository: null, baseRef: 'main' };
    expect(() => refuseFalseCommits(JOB, RUN, pull, NOTHING, 'acme/digits')).toThrow(
      'The pull request #7 comes from a repository that is gone.',
    );
    const says = (dispatcher: Partial<DispatchedJob['dispatcher']>) => () =>
      refuseFalseCommits(
        { ...JOB, dispatcher: { ...JOB.dispatcher, ...dispatcher } },
        RUN,
        undefined,
        NOTHING,
        'acme/digits',
      );
    expect(says({ baseSha: 'd'.repeat(40) })).toThrow(/that is not on the branch of its run/);
    expect(says({ ref: 'refs/heads/main' })).toThrow(/its ref is "refs\/heads\/main"/);
  });
});

describe('what events are about', () => {
  it.each([
    ['workflow_run', true],
    ['push', false],
  ])('%s is of another commit than its run: %s', (event, indirect) => {
    expect(isIndirect(event)).toBe(indirect);
  });

  it.each([
    [`gh-readonly-queue/main/pr-7-${HEAD}`, HEAD],
    ['main', undefined],
    [null, undefined],
  ])('a branch %s names the queued base %s', (ref, base) => {
    expect(queuedBase(ref)).toBe(base);
  });
});
