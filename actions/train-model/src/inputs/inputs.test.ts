import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInputs, variableOf } from '../../../../shared/action/inputs.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import { type Inputs, readInputs } from '../inputs.ts';
import { INPUTS, WORKER_INPUTS } from './names.ts';

/** As action.yml has them. */
const DEFAULTS: Readonly<Record<string, string>> = {
  engine: 'local',
  mode: 'follow',
  deterministic: 'false',
  'stop-on': 'nan\ndivergence',
  reuse: 'auto',
  'checkpoint-minutes': '30',
  'queue-minutes': '60',
  'max-attempts': '3',
  'on-superseded': 'stop',
  'worker-workflow': 'trainyard-worker.yml',
  'artifact-limit-mb': '4096',
  'grace-seconds': '4',
  'working-directory': '.',
  'on-inconclusive': 'warn',
};

let workspace: string;
beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ty-inputs-')));
});
afterAll(async () => {
  await rm(workspace, { recursive: true, force: true });
});

function read(given: Readonly<Record<string, string>>): Inputs {
  const environment = Object.fromEntries(
    Object.entries({ ...DEFAULTS, ...given }).map(([name, value]) => [variableOf(name), value]),
  );
  return readInputs(openInputs(INPUTS, environment, workspace));
}

const LOCAL = { model: 'digits', command: 'python train.py' };
const GITHUB = { ...LOCAL, engine: 'github', 'runs-on': '[self-hosted, gpu]' };

const JOB: DispatchedJob = {
  version: 1,
  title: 'Train digits',
  model: 'digits',
  submissionKey: 'a'.repeat(40),
  generation: 2,
  mode: 'detach',
  'runs-on': ['gpu'],
  'timeout-minutes': 60,
  sha: 'b'.repeat(40),
  dispatcher: {
    runId: '42',
    runNumber: 7,
    runAttempt: 1,
    event: 'pull_request',
    ref: 'refs/pull/1/merge',
    headSha: 'c'.repeat(40),
    baseSha: 'd'.repeat(40),
    pullRequest: 1,
    workflow: 'ci',
    workflowPath: 'acme/digits/.github/workflows/ci.yml',
    job: 'train',
    key: 'train',
    actor: 'ada',
  },
  inputs: {
    ...Object.fromEntries(
      Object.entries(DEFAULTS).filter(([name]) => WORKER_INPUTS.some((one) => one === name)),
    ),
    ...LOCAL,
    seed: '7',
  },
  gate: null,
  previous: ['41'],
};

describe('inputs of a dispatch', () => {
  it('reads labels as a YAML list or line by line, and places to fall back to', () => {
    expect(read(GITHUB).dispatch?.runsOn).toEqual(['self-hosted', 'gpu']);
    expect(read({ ...GITHUB, 'runs-on': 'gpu\nlinux' }).dispatch?.runsOn).toEqual(['gpu', 'linux']);
    expect(read({ ...GITHUB, fallback: 'gpu-small, linux\nlocal' }).dispatch?.fallback).toEqual([
      { engine: 'github', runsOn: ['gpu-small', 'linux'] },
      { engine: 'local' },
    ]);
    expect(read(LOCAL).dispatch).toBeUndefined();
  });

  it('hands on what says how to train, and nothing that says where', () => {
    const { dispatch } = read({ ...GITHUB, seed: '7', token: 'ghs_secret', 'worker-inputs': 'size: 2' });
    expect(dispatch?.raw).toMatchObject({ model: 'digits', command: 'python train.py', seed: '7' });
    expect(Object.keys(dispatch?.raw ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(token|runs-on|engine|mode|worker-inputs)$/)]),
    );
    expect(dispatch?.workerInputs).toEqual({ size: '2' });
  });

  const many = Array.from({ length: 25 }, (_, index) => `i${index}: 1`).join('\n');
  it.each([
    [{ 'runs-on': '' }, '"runs-on" is required'],
    [{ 'runs-on': '{a: b}' }, undefined],
    [{ 'runs-on': '[]' }, 'Input "runs-on" is "[]"'],
    [{ 'worker-ref': 'e'.repeat(40) }, `Input "worker-ref" is the commit ${'e'.repeat(40)}`],
    [{ 'worker-workflow': '.github/workflows/x.yml' }, 'Input "worker-workflow" is'],
    [{ 'worker-inputs': many }, 'Input "worker-inputs" has 25 entries'],
    [{ 'worker-inputs': 'job: x' }, 'names "job"'],
    [{ 'worker-inputs': '[1]' }, 'Input "worker-inputs" is no map'],
    [{ fallback: 'gpu,,linux' }, 'Input "fallback": "gpu,,linux"'],
    [{ gate: 'gate.yaml' }, 'Input "gate" is given with "mode: follow"'],
    [{ 'secret-environment': 'HF_TOKEN=x' }, 'secrets do not travel'],
    [{ mode: 'close' }, 'Input "mode" is "close"'],
  ])('refuses %j', (given, message) => {
    if (message === undefined) expect(read({ ...GITHUB, ...given }).dispatch?.runsOn).toEqual(['{a: b}']);
    else expect(() => read({ ...GITHUB, ...given })).toThrow(message);
  });

  it('detaches only what is dispatched', () => {
    expect(() => read({ ...LOCAL, mode: 'detach' })).toThrow('Input "mode" is "detach"');
    expect(read({ ...GITHUB, mode: 'detach', gate: 'gate.yaml' }).dispatch?.gate).toEqual({
      gate: 'gate.yaml',
      registry: '',
    });
  });
});

describe('inputs of a worker', () => {
  it('are those of the dispatching step, read in the same way', () => {
    const inputs = read({ 'dispatched-job': JSON.stringify(JOB), mode: 'follow' });
    expect(inputs).toMatchObject({ subject: 'digits', engine: 'local', seed: 7, closing: false });
    expect(inputs.dispatched?.generation).toBe(2);
    expect(read({ 'dispatched-job': JSON.stringify(JOB), mode: 'close' }).closing).toBe(true);
  });

  it('need no working directory in the closing job, which checks nothing out', () => {
    const job = JSON.stringify({ ...JOB, inputs: { ...JOB.inputs, 'working-directory': 'models/digits' } });
    expect(read({ 'dispatched-job': job, mode: 'close' }).subject).toBe('digits');
    expect(() => read({ 'dispatched-job': job })).toThrow('"models/digits" is no folder');
  });

  it.each([
    ['{', 'is no JSON'],
    ['{}', 'is not valid at'],
    [JSON.stringify({ ...JOB, sha: 'main' }), 'at "sha"'],
    [JSON.stringify({ ...JOB, inputs: { ...JOB.inputs, token: 'x' } }), 'unknown input "token"'],
    [JSON.stringify({ ...JOB, further: 1 }), 'is not valid'],
  ])('refuses the job %s', (job, message) => {
    expect(() => read({ 'dispatched-job': job })).toThrow(message);
  });

  it('takes no second word beside the job', () => {
    expect(() => read({ 'dispatched-job': JSON.stringify(JOB), command: 'rm' })).toThrow(
      'Input "command" is given beside "dispatched-job"',
    );
  });

  it('passes on every input but those that concern the dispatch or one job', () => {
    expect(INPUTS.filter((name) => !WORKER_INPUTS.includes(name))).toMatchInlineSnapshot(`
      [
        "engine",
        "mode",
        "secret-environment",
        "runs-on",
        "worker-workflow",
        "worker-ref",
        "worker-inputs",
        "queue-minutes",
        "fallback",
        "on-superseded",
        "gate",
        "gate-registry",
        "dispatched-job",
        "needs",
        "id",
        "matrix",
        "token",
        "comment",
        "status",
      ]
    `);
  });
});

describe('secrets of the command', () => {
  it('are read line by line, and no error holds a value', () => {
    expect(read({ ...LOCAL, 'secret-environment': 'HF_TOKEN=a=b\nX=' }).secrets).toEqual({
      HF_TOKEN: 'a=b',
      X: '',
    });
    expect(() => read({ ...LOCAL, 'secret-environment': 'A=1\nhunter2' })).toThrow(
      /line 2 is no "NAME=value"/,
    );
    expect(() => read({ ...LOCAL, 'secret-environment': 'GITHUB_TOKEN=hunter2' })).not.toThrow(/hunter2/);
    expect(() => read({ ...LOCAL, 'secret-environment': 'GITHUB_TOKEN=hunter2' })).toThrow('line 1');
  });
});

describe('other inputs', () => {
  it('read "none" as no rule, and refuse the working directory as a folder of checkpoints', () => {
    expect(read({ ...LOCAL, 'stop-on': 'none' }).stopOn).toEqual([]);
    expect(read(LOCAL).stopOn).toEqual(['nan', 'divergence']);
    expect(() => read({ ...LOCAL, checkpoints: '.' })).toThrow('whole working directory');
  });
});
