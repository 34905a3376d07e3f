import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { progressName } from '../../../actions/train-model/src/dispatch/progress.ts';
import { checkpointName } from '../../../actions/train-model/src/checkpoints/checkpoint-name.ts';
import { INPUTS, OUTPUTS, readInputs, type Inputs } from '../../../actions/train-model/src/inputs.ts';
import { closeWorker } from '../../../actions/train-model/src/worker/close.ts';
import { endUnopened } from '../../../actions/train-model/src/worker/end-unopened.ts';
import { outcomeOfDuplicate } from '../../../actions/train-model/src/worker/find-duplicate.ts';
import type { Action } from '../../../shared/action/action.ts';
import { runAction } from '../../../shared/action/run-action.ts';
import { type DispatchedJob, dispatchedJobSchema } from '../../../shared/github/dispatched-job.ts';
import { parseSection, type SectionOf } from '../../../shared/record/section.ts';
import type { FailureClass } from '../../../shared/record/training-section.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { setJob } from '../../github/runs.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { trainingSection } from '../../record/sections.ts';
import { attemptOf, trainingBodyOf } from '../../record/training-body.ts';
import { KEY, openYard, WORKER_FILE, workerEnvironment, type Yard } from './yard.ts';

/** The action as far as the closing job uses it. */
const CLOSING: Action<'training', Inputs> = {
  name: 'train-model',
  kind: 'training',
  inputs: INPUTS,
  outputs: OUTPUTS,
  readInputs,
  run: (inputs, context) => closeWorker({ inputs, context }),
  unopened: endUnopened,
};

/** What `close` needs of its job's token, and no more: as train-worker.yml grants it. */
const GRANTED = { actions: 'write', contents: 'read', 'pull-requests': 'write', statuses: 'write' } as const;

const DEFAULTS: Readonly<Record<string, string>> = {
  deterministic: 'false',
  'stop-on': 'nan',
  reuse: 'auto',
  'checkpoint-minutes': '30',
  'max-attempts': '3',
  'artifact-limit-mb': '4096',
  'grace-seconds': '4',
  'on-inconclusive': 'warn',
};

let directory: string;
let fake: FakeGitHub;
let yard: Yard;
let workerId = 80_000;

// One fake for the file: the artifact client takes GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-close-')));
  fake = await startFakeGitHub();
});
beforeEach(() => {
  workerId += 10;
  yard = openYard(fake);
  fake.world.statuses.length = 0;
  fake.world.dispatches.length = 0;
});
afterEach(() => {
  fake.faults.clear();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

interface Closed {
  readonly said: string[];
  readonly exitCode: unknown;
  /** Contexts to states, the newest of each. */
  readonly statuses: Record<string, string>;
  readonly descriptions: Record<string, string | null>;
  readonly dispatched: DispatchedJob[];
  readonly comments: string[];
}

function jobOf(overrides: Parameters<Yard['jobOf']>[0] = {}): DispatchedJob {
  return yard.jobOf({
    ...overrides,
    inputs: { ...DEFAULTS, model: 'digits', command: 'python train.py', ...overrides.inputs },
  });
}

interface CloseOptions {
  readonly train?: string;
  readonly gate?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly needs?: string;
  readonly attempt?: string;
  /** Of the worker's own run. */
  readonly runAttempt?: string;
  readonly without?: readonly string[];
}

async function close(
  job: DispatchedJob,
  options: CloseOptions = {},
  action: Action<'training', Inputs> = CLOSING,
): Promise<Closed> {
  const folder = join(directory, `${workerId}-${options.attempt ?? ''}${Math.random()}`);
  const environment = await workerEnvironment(fake, folder, job, {
    runId: workerId,
    job: 'close',
    inputs: { size: 2, nothing: null },
  });
  const given = {
    mode: 'close',
    'dispatched-job': JSON.stringify(job),
    needs:
      options.needs ??
      JSON.stringify({
        train: { result: options.train ?? 'failure', outputs: {} },
        gate: { result: options.gate ?? 'skipped' },
      }),
    token: fake.token({ permissions: GRANTED }),
    comment: 'true',
    status: 'true',
    ...options.inputs,
  };
  for (const [name, value] of Object.entries(given)) environment[`INPUT_${name.toUpperCase()}`] = value;
  for (const name of options.without ?? []) environment[name] = '';
  for (const [name, value] of Object.entries(environment)) {
    if (/^(ACTIONS_|GITHUB_)/.test(name)) vi.stubEnv(name, value);
  }
  if (options.runAttempt !== undefined) environment['GITHUB_RUN_ATTEMPT'] = options.runAttempt;
  const said: string[] = [];
  await runAction(action, { environment, logger: quietLogger(said) });
  const comments = fake.commentsOf(job.dispatcher.pullRequest ?? 0);
  return {
    said,
    exitCode: process.exitCode,
    statuses: Object.fromEntries(fake.world.statuses.map(({ context, state }) => [context, state])),
    descriptions: Object.fromEntries(
      fake.world.statuses.map(({ context, description }) => [context, description]),
    ),
    dispatched: fake.world.dispatches.map(({ inputs }) =>
      dispatchedJobSchema.parse(JSON.parse(inputs['job'] ?? '')),
    ),
    comments,
  };
}

/** The section of a worker that ended, in the worker's run or another one. */
function record(
  failureClass: FailureClass | null,
  { verdict, runId = workerId }: { verdict?: 'skipped' | 'pending'; runId?: number } = {},
): void {
  const known = verdict ?? (failureClass === null ? 'pass' : 'error');
  const body = trainingBodyOf({ attempts: [attemptOf({ failureClass, durationMs: 60_000 })] });
  const section: SectionOf<'training'> = {
    ...trainingSection({
      run: { id: String(yard.runId), number: 5, key: 'model' },
      commit: {
        treeHash: fake.world.git.treeOf(yard.merge) ?? '',
        event: 'pull_request',
        headSha: yard.head,
        baseSha: yard.base,
      },
      body: known === 'skipped' ? null : body,
    }),
    verdict: known,
    passed: known === 'pass',
    summary: failureClass === null ? 'Trained in 60.0 s.' : `It ended by ${failureClass}.`,
  };
  ensureRun(runId);
  fake.addArtifact(runId, 'trainyard.digits.training.model.1', { 'section.json': JSON.stringify(section) });
}

function pendingStatus(context: string): void {
  fake.world.statuses.push({
    id: fake.world.statuses.length + 1,
    sha: yard.head,
    state: 'pending',
    context,
    description: null,
    targetUrl: null,
    login: 'github-actions[bot]',
    created: new Date(),
  });
}

function evaluated(verdict: 'pass' | 'fail'): void {
  const section: SectionOf<'evaluation'> = {
    ...trainingSection({
      run: { id: String(yard.runId), number: 5, key: 'model' },
      commit: {
        treeHash: fake.world.git.treeOf(yard.merge) ?? '',
        event: 'pull_request',
        headSha: yard.head,
      },
    }),
    kind: 'evaluation',
    verdict,
    passed: verdict === 'pass',
    summary: '1 of 2 rules is broken.',
    body: null,
  };
  fake.addArtifact(workerId, 'trainyard.digits.evaluation.model.1', {
    'section.json': JSON.stringify(section),
  });
}

function ensureRun(runId: number): void {
  if (runId === workerId)
    fake.world.run({
      id: runId,
      event: 'workflow_dispatch',
      path: `.github/workflows/${WORKER_FILE}`,
      headBranch: 'main',
      displayTitle: jobOf().title,
    });
}

const progress = (sequence: number, generation = 1, runId = workerId): void => {
  ensureRun(runId);
  fake.addArtifact(runId, progressName(KEY, generation, sequence), { 'progress.json': '{}' });
};
const sections = (runId: number): string[] =>
  fake.world.artifacts
    .filter((artifact) => artifact.runId === runId && artifact.name.startsWith('trainyard.'))
    .map(({ name }) => name);

describe('the closing job of a worker goes on', () => {
  it('in another run after the loss of its runner, with what the workflow was given besides', async () => {
    progress(1);
    const closed = await close(jobOf());
    expect(closed.dispatched).toEqual([
      {
        ...jobOf(),
        title: jobOf().title.replace(`${KEY}.1`, `${KEY}.2`),
        generation: 2,
        previous: [String(workerId)],
      },
    ]);
    expect(fake.world.dispatches[0]).toMatchObject({
      workflow: WORKER_FILE,
      ref: 'main',
      inputs: { size: '2' },
    });
    expect(closed.statuses).toEqual({ 'trainyard/digits': 'pending' });
    expect(closed.descriptions['trainyard/digits']).toBe('Goes on in another run (2). The runner was lost.');
    expect(closed.exitCode).toBe(0);
    expect(sections(workerId)).toEqual([]);
    // A closing job that is run again finds the run that it has dispatched.
    expect((await close(jobOf(), { attempt: '2' })).dispatched).toHaveLength(1);
  });

  it('at the limit of the job where a checkpoint was saved, and ends there without one', async () => {
    record('time-limit');
    const without = await close(jobOf());
    expect(without.dispatched).toEqual([]);
    expect(without.statuses).toEqual({ 'trainyard/digits': 'error', 'trainyard/digits/training': 'error' });
    const name = checkpointName({ submissionKey: KEY, generation: 1, attempt: 1, sequence: 1 });
    fake.addArtifact(workerId, name, { 'x.bin': '1' });
    expect((await close(jobOf(), { attempt: '2' })).dispatched).toHaveLength(1);
  });

  it('though the answer to its dispatch was lost, and no second time', async () => {
    progress(1);
    fake.fail({ kind: 'reset-after-success', on: 'POST .*/dispatches', times: 1 });
    const closed = await close(jobOf());
    expect(closed.dispatched).toHaveLength(1);
    expect(closed.statuses).toEqual({ 'trainyard/digits': 'pending' });
  });

  it('not where it may not dispatch, and says so', async () => {
    progress(1);
    fake.fail({ kind: 'forbidden', on: 'POST .*/dispatches' });
    const closed = await close(jobOf());
    expect(closed.statuses).toMatchObject({ 'trainyard/digits': 'error' });
    expect(closed.said.join('\n')).toContain('The runner was lost. It could not be gone on with:');
    expect(closed.exitCode).toBe(1);
  });
});

describe('the closing job of a worker ends', () => {
  it('a training that succeeded: status, comment, and progress that nobody needs any more', async () => {
    const previous = workerId + 1;
    fake.world.run({ id: previous, event: 'workflow_dispatch' });
    record(null);
    progress(1, 2);
    progress(2, 2);
    progress(1, 1, previous);
    fake.addArtifact(workerId, 'mine', { 'x.txt': '1' });
    const job = jobOf({ generation: 2, previous: [String(previous)] });
    const closed = await close(job, { train: 'success' });
    expect(closed.statuses).toEqual({
      'trainyard/digits': 'success',
      'trainyard/digits/training': 'success',
    });
    expect(closed.descriptions['trainyard/digits']).toBe('Trained in 60.0 s. No gate judged it.');
    expect(closed.comments).toHaveLength(1);
    expect(closed.comments[0]).toContain('Trained in 60.0 s.');
    expect(closed.comments[0]).toContain(
      createHash('sha256')
        .update('trainyard:acme/digits/.github/workflows/ci.yml')
        .digest('hex')
        .slice(0, 24),
    );
    const left = fake.world.artifacts.filter(({ runId }) => runId === workerId || runId === previous);
    expect(left.map(({ name }) => name).sort()).toEqual(['mine', 'trainyard.digits.training.model.1']);
    expect(closed.exitCode).toBe(0);
    expect(closed.said.join('\n')).toContain('Deleted 3 progress artifacts.');
  });

  it('leaves the status to the gate where that has judged', async () => {
    record(null);
    fake.addArtifact(workerId, 'trainyard.digits.evaluation.model.1', { 'section.json': '{}' });
    const gate = { gate: 'gate.yaml', registry: '' };
    const closed = await close(jobOf({ gate }), { train: 'success', gate: 'success' });
    expect(closed.statuses).toEqual({ 'trainyard/digits/training': 'success' });
    expect(closed.comments).toEqual([]);
  });

  it('the status that a gate left pending which was stopped after it had judged', async () => {
    record(null);
    pendingStatus('trainyard/digits');
    evaluated('fail');
    const gate = { gate: 'gate.yaml', registry: '' };
    const closed = await close(jobOf({ gate }), { train: 'success', gate: 'cancelled' });
    expect(closed.statuses['trainyard/digits']).toBe('failure');
    expect(closed.descriptions['trainyard/digits']).toBe('fail: 1 of 2 rules is broken.');
    expect(closed.comments).toHaveLength(1);
  });

  it('a training whose paths lie beside its working directory, as it has no checkout', async () => {
    progress(1);
    const inputs = {
      'working-directory': 'ml',
      'data-paths': '../data/train.csv',
      paths: '../library',
      checkpoints: '../checkpoints',
      metrics: '../metrics.json',
    };
    const closed = await close(jobOf({ inputs }));
    expect(closed.dispatched).toMatchObject([{ generation: 2, inputs }]);
    expect(closed.statuses).toEqual({ 'trainyard/digits': 'pending' });
  });

  it('what is pending where its origin is no longer there, and nothing that has ended', async () => {
    const gone = jobOf({ dispatcher: { runId: '999999' } });
    expect((await close(gone)).statuses).toEqual({});
    pendingStatus('trainyard/digits');
    pendingStatus('trainyard/digits/training');
    const closed = await close(gone);
    expect(closed.statuses).toEqual({ 'trainyard/digits': 'error', 'trainyard/digits/training': 'error' });
    expect(closed.descriptions['trainyard/digits']).toContain('The worker could not be closed: The job says');
    expect(closed.dispatched).toEqual([]);
    pendingStatus('trainyard/digits');
    expect((await close(gone, { inputs: { status: 'false' } })).statuses['trainyard/digits']).toBe('pending');
    const refused = await close(gone, {
      inputs: { token: fake.token({ permissions: { contents: 'read' } }) },
    });
    expect(refused.statuses['trainyard/digits']).toBe('pending');
    expect(refused.said.join('\n')).toContain('A pending commit status may be left');
  });

  it('a training whose gate came to no verdict with an error', async () => {
    record(null);
    const gate = { gate: 'gate.yaml', registry: '' };
    const closed = await close(jobOf({ gate }), { train: 'success', gate: 'failure' });
    expect(closed.statuses['trainyard/digits']).toBe('error');
    expect(closed.descriptions['trainyard/digits']).toBe('The gate ended as failure, without a verdict.');
  });

  it('a training that failed by itself, with the words of its section, and keeps its progress', async () => {
    record('user-code');
    progress(1);
    const closed = await close(jobOf());
    expect(closed.statuses['trainyard/digits']).toBe('error');
    expect(closed.descriptions['trainyard/digits']).toBe('error: It ended by user-code.');
    expect(fake.world.artifacts.filter(({ runId }) => runId === workerId)).toHaveLength(2);
  });

  it('a training that recorded nothing with a section of its own, once', async () => {
    const pending = yard.runId;
    record(null, { verdict: 'pending', runId: pending });
    setJobs('worker / train', 'Set up');
    const closed = await close(jobOf());
    const message = 'The step "Set up" of the worker failed before the training began.';
    expect(closed.statuses).toEqual({ 'trainyard/digits': 'error', 'trainyard/digits/training': 'error' });
    expect(closed.comments.join('\n')).toContain('Set up');
    expect(closed.exitCode).toBe(1);
    expect(sections(workerId)).toEqual(['trainyard.digits.training.model.1']);
    const again = await close(jobOf(), { attempt: '2' });
    expect(again.statuses['trainyard/digits']).toBe('error');
    expect(again.descriptions['trainyard/digits']).toContain(message);
    expect(sections(workerId)).toHaveLength(1);
    expect(parseSection(await textOf('trainyard.digits.training.model.1'), 'x')).toMatchObject({
      verdict: 'error',
      summary: message,
      run: { id: String(yard.runId), key: 'model' },
    });
  });

  it('goes on where the runner was lost before the training began, as no step failed', async () => {
    setJobs('worker / train', null);
    expect((await close(jobOf())).dispatched).toHaveLength(1);
  });

  it('gives up where nobody can say why the job failed', async () => {
    fake.fail({ kind: 'forbidden', on: '/jobs' });
    const closed = await close(jobOf());
    expect(closed.descriptions['trainyard/digits']).toBe(
      'The job that trains failed before the training began.',
    );
  });

  it('a followed training without a word of its own, as the follower tells it', async () => {
    record('out-of-memory');
    const closed = await close(jobOf({ mode: 'follow' }));
    expect(closed.statuses).toEqual({});
    expect(closed.comments).toEqual([]);
    workerId += 1;
    const lost = await close(jobOf({ mode: 'follow', inputs: { 'max-attempts': '1' } }), {
      train: 'cancelled',
    });
    expect(lost.statuses).toEqual({});
    expect(sections(workerId)).toEqual([]);
    expect(lost.exitCode).toBe(1);
  });

  it('nothing where another run does the same', async () => {
    record(null, { verdict: 'skipped' });
    const closed = await close(jobOf(), { train: 'success' });
    expect(closed.statuses).toEqual({});
    expect(closed.exitCode).toBe(0);
  });

  it('says nothing where it is told so', async () => {
    record(null);
    const closed = await close(jobOf(), { train: 'success', inputs: { comment: 'false', status: 'false' } });
    expect(closed.statuses).toEqual({});
    expect(closed.comments).toEqual([]);
  });
});

describe('a worker that was dispatched twice', () => {
  const duplicates: (string | undefined)[] = [];
  const GUARD: Action<'training', Inputs> = {
    ...CLOSING,
    async run({ dispatched }, context) {
      const outcome = dispatched === undefined ? undefined : await outcomeOfDuplicate(dispatched, context);
      duplicates.push(outcome?.summary);
      return (
        outcome ??
        (await closeWorker({ inputs: { dispatched, maxAttempts: 1, limitMs: undefined }, context }))
      );
    },
  };

  it('is skipped with the address of the run that trains, and recorded so that its closing job knows', async () => {
    const job = jobOf({ title: `Train twice ${workerId}` });
    fake.world.run({
      id: workerId - 5,
      event: 'workflow_dispatch',
      path: `.github/workflows/${WORKER_FILE}`,
      displayTitle: job.title,
    });
    const closed = await close(job, { inputs: { comment: 'false', status: 'false' } }, GUARD);
    const url = `https://github.com/acme/digits/actions/runs/${workerId - 5}`;
    expect(duplicates.pop()).toBe(
      `The run ${workerId - 5}, which was dispatched earlier, trains the same: ${url}`,
    );
    expect(closed.exitCode).toBe(0);
    expect(sections(workerId)).toEqual(['trainyard.digits.training.model.1']);
    const after = await close(job, { train: 'success', attempt: '2' });
    expect(after.statuses).toEqual({});
    expect(after.dispatched).toEqual([]);
  });

  it('is refused before it trains where its run is run again, as that has recorded its end', async () => {
    record('user-code');
    const options = { inputs: { comment: 'false', status: 'false' } };
    const again = await close(jobOf(), { ...options, runAttempt: '2' }, GUARD);
    expect(again.said.join('\n')).toContain('This run has recorded the end of its training already');
    expect(again.exitCode).toBe(1);
    workerId += 1;
    const other = jobOf({ title: `Train anew ${workerId}` });
    const unrecorded = await close(other, { ...options, runAttempt: '2', train: 'cancelled' }, GUARD);
    expect(unrecorded.said.join('\n')).not.toContain('already');
    expect(duplicates.splice(0)).toEqual([undefined]);
  });

  it('goes on where it is the first', async () => {
    await close(jobOf({ title: `Train once ${workerId}` }), { train: 'cancelled' }, GUARD);
    expect(duplicates).toEqual([undefined]);
  });
});

describe('a closing job that cannot work', () => {
  it('ends the status all the same, and says why', async () => {
    fake.fail({ kind: 'forbidden', on: 'ListArtifacts' });
    const closed = await close(jobOf());
    expect(closed.statuses['trainyard/digits']).toBe('error');
    expect(closed.descriptions['trainyard/digits']).toContain('The worker could not be closed:');
    expect(closed.exitCode).toBe(1);
  });

  it.each(['', '{}', '{"train":{"result":"maybe"}}'])('tells that "needs" is %s', async (needs) => {
    const closed = await close(jobOf(), { needs });
    expect(closed.said.join('\n')).toContain('Input "needs" does not tell how the job "train" ended.');
  });

  it('tells that no run has dispatched it', async () => {
    const job = jobOf();
    const folder = join(directory, 'stray');
    const environment = await workerEnvironment(fake, folder, 'nightly', { runId: workerId });
    await writeFile(join(folder, 'event.json'), '{}');
    Object.assign(environment, {
      GITHUB_SHA: yard.merge,
      INPUT_MODE: 'close',
      'INPUT_DISPATCHED-JOB': JSON.stringify(job),
      INPUT_COMMENT: 'true',
      INPUT_STATUS: 'true',
    });
    const said: string[] = [];
    await runAction(CLOSING, { environment, logger: quietLogger(said) });
    expect(said.join('\n')).toContain('no dispatch of that job started this run');
  });

  it.each(['GITHUB_WORKFLOW_REF', 'GITHUB_REF'])('tells that %s is missing', async (name) => {
    const closed = await close(jobOf(), { without: [name] });
    expect(closed.said.join('\n')).toContain(`The variable ${name} does not tell`);
  });

  it('warns where it may not write, and ends', async () => {
    record('user-code');
    fake.fail({ kind: 'forbidden', on: '/statuses/' });
    fake.fail({ kind: 'forbidden', on: '/comments' });
    const closed = await close(jobOf());
    expect(closed.said.join('\n')).toContain('warning: No commit status:');
  });
});

function setJobs(name: string, failed: string | null): void {
  ensureRun(workerId);
  const steps = [
    { name: 'Set up job', number: 1, status: 'completed' as const, conclusion: 'success' },
    ...(failed === null
      ? []
      : [{ name: failed, number: 2, status: 'completed' as const, conclusion: 'failure' }]),
  ];
  setJob(fake.world, workerId, name, { conclusion: 'failure', steps });
}

async function textOf(name: string): Promise<string> {
  const { createArtifacts } = await import('../../../shared/record/artifacts.ts');
  const { readFile } = await import('node:fs/promises');
  const signal = AbortSignal.timeout(30_000);
  const artifacts = createArtifacts();
  const found = (await artifacts.list(undefined, signal)).find((one) => one.name === name);
  const folder = await mkdtemp(join(directory, 'read-'));
  if (found !== undefined) await artifacts.download(found, folder, undefined, signal);
  return await readFile(join(folder, 'section.json'), 'utf8');
}
