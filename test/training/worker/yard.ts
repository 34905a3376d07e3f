import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DispatchedJob, Dispatcher } from '../../../shared/github/dispatched-job.ts';
import type { FakeGitHub } from '../../github/fake-github.ts';

export const KEY = 'a'.repeat(40);
export const WORKER_FILE = 'trainyard-worker.yml';

/** A repository with a pull request whose run has dispatched a training. */
export interface Yard {
  readonly base: string;
  readonly head: string;
  readonly merge: string;
  readonly runId: number;
  jobOf(overrides?: JobOverrides): DispatchedJob;
}

export interface JobOverrides extends Partial<Omit<DispatchedJob, 'dispatcher'>> {
  readonly dispatcher?: Partial<Dispatcher>;
}

let lastRun = 40_000;

const WORKER_WORKFLOW = `\
name: trainyard worker
run-name: \${{ fromJSON(inputs.job).title }}
on:
  workflow_dispatch:
    inputs:
      job: { required: true }
      size: { required: false }
jobs:
  worker:
    uses: trainyard/trainyard/.github/workflows/train-worker.yml@v1
`;

export function openYard(fake: FakeGitHub): Yard {
  const files = { 'train.py': 'print(1)', [`.github/workflows/${WORKER_FILE}`]: WORKER_WORKFLOW };
  const base = fake.commit(files, { ref: 'refs/heads/main' }).sha;
  lastRun += 100;
  const runId = lastRun;
  const topic = `topic-${runId}`;
  const changed = { ...files, 'train.py': `print(${runId})` };
  const head = fake.commit(changed, { ref: `refs/heads/${topic}`, parents: [base] }).sha;
  const merge = fake.commit({ ...changed, merged: '' }, { parents: [base, head] }).sha;
  const pull = fake.pullRequests.add({ head: { sha: head, ref: topic }, base: { sha: base, ref: 'main' } });
  fake.world.run({
    id: runId,
    number: 5,
    event: 'pull_request',
    headSha: head,
    headBranch: topic,
    path: '.github/workflows/ci.yml',
    workflow: 'ci',
    actor: 'octocat',
  });
  return {
    base,
    head,
    merge,
    runId,
    jobOf: ({ dispatcher, ...overrides } = {}) => ({
      version: 1,
      title: `Train digits ${KEY}.1 #${pull.number}`,
      model: 'digits',
      submissionKey: KEY,
      generation: 1,
      mode: 'detach',
      'runs-on': ['gpu'],
      'timeout-minutes': 60,
      sha: merge,
      inputs: { model: 'digits', command: 'python train.py', 'max-attempts': '3' },
      gate: null,
      previous: [],
      ...overrides,
      dispatcher: {
        runId: String(runId),
        runNumber: 5,
        runAttempt: 1,
        event: 'pull_request',
        ref: `refs/pull/${pull.number}/merge`,
        headSha: head,
        baseSha: base,
        pullRequest: pull.number,
        workflow: 'ci',
        workflowPath: 'acme/digits/.github/workflows/ci.yml',
        job: 'model',
        key: 'model',
        actor: 'octocat',
        ...dispatcher,
      },
    }),
  };
}

export interface WorkerOptions {
  readonly runId: number;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly event?: string;
  readonly job?: string;
}

/** The environment of a step in a worker's run, as GitHub's runner gives it. */
export async function workerEnvironment(
  fake: FakeGitHub,
  directory: string,
  job: unknown,
  { runId, inputs, token, event = 'workflow_dispatch', job: name = 'train' }: WorkerOptions,
): Promise<Record<string, string>> {
  const workspace = join(directory, 'workspace');
  await mkdir(workspace, { recursive: true });
  fake.world.run({
    id: runId,
    event,
    headSha: fake.world.refs.get('refs/heads/main') ?? '',
    headBranch: 'main',
    path: `.github/workflows/${WORKER_FILE}`,
    displayTitle: titleOf(job),
  });
  const environment = await fake.environment({
    directory,
    workspace,
    event,
    payload: { inputs: { job: typeof job === 'string' ? job : JSON.stringify(job), ...inputs } },
    runId,
    job: name,
    runnerEnvironment: 'self-hosted',
    ...(token === undefined ? {} : { token }),
  });
  return {
    ...environment,
    GITHUB_WORKFLOW_REF: `acme/digits/.github/workflows/${WORKER_FILE}@refs/heads/main`,
  };
}

function titleOf(job: unknown): string {
  return typeof job === 'object' && job !== null && 'title' in job ? String(job.title) : 'worker';
}
