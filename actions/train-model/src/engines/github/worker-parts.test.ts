import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Feed } from './feed.ts';
import { freshLines } from './fresh-lines.ts';
import { buildJob, type JobFacts } from './dispatched-job.ts';
import { findingsOfWorkerFile, WORKER_PERMISSIONS } from './worker-file.ts';
import { workerRef } from './worker-ref.ts';
import { dispatchedJobSchema } from '../../../../../shared/github/dispatched-job.ts';

describe('the branch or tag to dispatch on', () => {
  const facts = { given: undefined, event: 'push', ref: 'refs/heads/main', headRef: undefined };
  it.each([
    [{}, 'main'],
    [{ ref: 'refs/tags/v1' }, 'v1'],
    [{ ref: 'refs/pull/3/merge', headRef: 'topic/x' }, 'topic/x'],
    [{ given: 'refs/heads/gpu' }, 'gpu'],
    [{ given: 'gpu', headRef: 'topic' }, 'gpu'],
    [
      { event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-1-abc' },
      'gh-readonly-queue/main/pr-1-abc',
    ],
  ])('%j is %s', (given, ref) => {
    expect(workerRef({ ...facts, ...given })).toBe(ref);
  });

  it.each([['refs/pull/3/merge'], [null]])('is none for %s', (ref) => {
    expect(() => workerRef({ ...facts, event: 'x', ref, headRef: '' })).toThrow(
      'The event "x" is on no branch or tag',
    );
  });
});

describe('the permissions that a worker file grants', () => {
  const FULL = 'actions: write, contents: read, pull-requests: write, statuses: write';
  const USES = 'uses: trainyard/trainyard/.github/workflows/train-worker.yml@v1';
  const check = (top: string, jobs: string): string[] =>
    findingsOfWorkerFile({
      where: 'w.yml',
      text: `run-name: \${{ fromJSON(inputs.job).title }}\non: {workflow_dispatch: {inputs: {job: }}}\n${top}\njobs: {${jobs}}`,
      given: [],
    }).map(({ message, remedy }) => `${message} ${remedy}`);

  it.each([
    ['permissions: {}', `worker: { ${USES}, permissions: { ${FULL} } }`],
    [`permissions: { ${FULL.replace('contents: read', 'contents: write')} }`, `worker: { ${USES} }`],
    ['permissions: write-all', `worker: { ${USES} }`],
    // The settings of the repository decide.
    ['', `worker: { ${USES} }`],
    // A workflow of the user's own asks for what it needs.
    ['permissions: {}', 'worker: { uses: ./.github/workflows/own.yml }'],
    ['permissions: {}', 'worker: { uses: 3, permissions: [x] }'],
  ])('are enough: %s, %s', (top, jobs) => {
    expect(check(top, jobs)).toEqual([]);
  });

  it.each([
    ['permissions: {}', `worker: { ${USES} }`, FULL],
    ['permissions: read-all', `worker: { ${USES} }`, 'actions: write, pull-requests: write, statuses: write'],
    [
      'permissions: write-all',
      `worker: { ${USES}, permissions: { ${FULL.replace('statuses: write', 'statuses: read')} } }`,
      'statuses: write',
    ],
  ])('are too little: %s, %s', (top, jobs, lacking) => {
    expect(check(top, jobs)).toEqual([
      `w.yml grants the job "worker" too little, so that GitHub would not start it: ${lacking} is missing. Give that job: permissions: { ${FULL} }`,
    ]);
  });

  it('are those that the jobs of train-worker.yml ask for together', async () => {
    const path = new URL('../../../../../.github/workflows/train-worker.yml', import.meta.url);
    const schema = z.object({
      jobs: z.record(z.string(), z.object({ permissions: z.record(z.string(), z.enum(['read', 'write'])) })),
    });
    const { jobs } = schema.parse(parse(await readFile(path, 'utf8')));
    const asked = Object.values(jobs).flatMap(({ permissions }) => Object.entries(permissions));
    // A later entry wins: what may be written may be read.
    const together = Object.fromEntries(asked.toSorted(([, a], [, b]) => a.localeCompare(b)));
    expect(together).toEqual(WORKER_PERMISSIONS);
  });
});

describe('a worker file', () => {
  const RUN_NAME = 'run-name: ${{ fromJSON(inputs.job).title }}\n';
  const check = (text: string, given: string[] = []): string[] =>
    findingsOfWorkerFile({ where: 'w.yml on "main"', text, given }).map(
      ({ message, remedy }) => `${message} ${remedy}`,
    );

  it('that can be dispatched has no findings', () => {
    expect(check(`${RUN_NAME}on: {workflow_dispatch: {inputs: {job: {required: true}}}}`)).toEqual([]);
    const more = `${RUN_NAME}on:\n  push:\n  workflow_dispatch:\n    inputs: {job: , size: {required: true}, kind: {required: true, default: a}}`;
    expect(check(more, ['size'])).toEqual([]);
  });

  it.each([
    ['on: [', [], 'is no valid workflow'],
    ['[1]', [], 'is no valid workflow'],
    ['&a [*a]', [], 'is no valid workflow'],
    [`${RUN_NAME}on: push`, [], 'has no "on: workflow_dispatch"'],
    [`${RUN_NAME}on: [push]`, [], 'has no "on: workflow_dispatch"'],
    [`${RUN_NAME}on: {push: }`, [], 'has no "on: workflow_dispatch"'],
    [`${RUN_NAME}on: workflow_dispatch`, [], 'does not declare the input "job"'],
    [`${RUN_NAME}on: [workflow_dispatch]`, [], 'does not declare the input "job"'],
    [`${RUN_NAME}on: {workflow_dispatch: }`, [], 'does not declare the input "job"'],
    [
      `${RUN_NAME}on: {workflow_dispatch: {inputs: {job: }}}`,
      ['x', 'y'],
      'names "x", "y", which w.yml on "main" does not declare. It declares no input of its own.',
    ],
    [`${RUN_NAME}on: {workflow_dispatch: {inputs: {job: , size: }}}`, ['x'], 'It declares: size.'],
    [
      `${RUN_NAME}on: {workflow_dispatch: {inputs: {job: , size: {required: true}}}}`,
      [],
      'requires the input "size"',
    ],
    ['on: {workflow_dispatch: {inputs: {job: }}}', [], 'lacks the run-name'],
    ['run-name: Train\non: {workflow_dispatch: {inputs: {job: }}}', [], 'lacks the run-name'],
  ])('%j with %j', (text, given, message) => {
    expect(check(text, given)).toEqual([expect.stringContaining(message)]);
  });
});

describe('lines that were not shown yet', () => {
  it.each([
    [0, ['a', 'b'], 2, ['a', 'b']],
    [2, ['b', 'c'], 3, ['c']],
    [3, ['b', 'c'], 3, []],
    [0, [], 0, []],
    [1, ['y'], 5, ['… 3 lines are not shown here; the whole log is at U', 'y']],
    // A log that tells fewer lines than it shows.
    [0, ['a', 'b'], 1, ['a', 'b']],
  ])('after %i of %j, %i in all', (seen, lines, lineCount, fresh) => {
    expect(freshLines(seen, { lines, lineCount }, 'U')).toEqual(fresh);
  });
});

describe('a feed', () => {
  it('gives what comes until it is closed', async () => {
    const feed = new Feed<number>();
    feed.push([1]);
    const { signal } = new AbortController();
    const taken: number[] = [];
    const reading = (async () => {
      for await (const item of feed.read(signal)) taken.push(item);
    })();
    await new Promise((resolve) => setImmediate(resolve));
    feed.push([2, 3]);
    feed.close();
    await reading;
    expect(taken).toEqual([1, 2, 3]);
  });

  it('ends where the reader goes', async () => {
    const feed = new Feed<number>();
    const stop = new AbortController();
    const reading = feed.read(stop.signal).next();
    stop.abort();
    expect((await reading).done).toBe(true);
  });
});

describe('the job of a worker', () => {
  const facts: JobFacts = {
    model: 'digits',
    submissionKey: 'a'.repeat(40),
    dispatch: { mode: 'detach', runsOn: ['gpu'], raw: { model: 'digits' }, gate: null },
    limitMs: undefined,
    origin: {
      repository: 'acme/digits',
      serverUrl: null,
      event: 'pull_request',
      ref: 'refs/pull/3/merge',
      headSha: 'c'.repeat(40),
      baseSha: 'd'.repeat(40),
      pullRequest: {
        number: 3,
        headSha: 'c'.repeat(40),
        baseSha: 'd'.repeat(40),
        baseRef: 'main',
        fork: false,
      },
      fork: false,
      runId: '42',
      runNumber: 7,
      runAttempt: 2,
      runUrl: null,
      workflow: 'ci',
      job: 'train',
      actor: 'ada',
      runnerEnvironment: null,
      worker: null,
    },
    key: 'train',
    sha: 'e'.repeat(40),
    workflowRef: 'acme/digits/.github/workflows/ci.yml@refs/pull/3/merge',
  };

  it('is what a worker reads', () => {
    const job = buildJob(facts, 2, ['41']);
    expect(dispatchedJobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      title: `Train digits ${'a'.repeat(40)}.2 #3`,
      dispatcher: { workflowPath: 'acme/digits/.github/workflows/ci.yml', pullRequest: 3 },
      previous: ['41'],
    });
    expect(buildJob({ ...facts, workflowRef: undefined }, 1, []).dispatcher.workflowPath).toBeNull();
  });

  it.each([
    [['gpu'], {}, undefined, 7_200],
    [['gpu'], { checkpoints: 'ckpt' }, undefined, 1_440],
    [['ubuntu-24.04'], {}, undefined, 360],
    [['gpu'], {}, 90_000, 32],
    [['ubuntu-latest'], {}, 36_000_000, 360],
  ])('on %j with %j and a limit of %s ms lasts %i minutes at most', (runsOn, raw, limitMs, minutes) => {
    const job = buildJob({ ...facts, limitMs, dispatch: { ...facts.dispatch, runsOn, raw } }, 1, []);
    expect(job['timeout-minutes']).toBe(minutes);
  });
});
