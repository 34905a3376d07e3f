import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BaselineOptions, collectBaseline } from '../../actions/evaluate-gate/src/baseline.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { quietLogger } from '../github/quiet-logger.ts';
import { openJob } from '../record/jobs.ts';
import { commitOf, runOf, trainingSection } from '../record/sections.ts';
import { trainingBodyOf } from '../record/training-body.ts';
import { localFile } from '../registries/sections.ts';

const signal = new AbortController().signal;
let fake: FakeGitHub;
let directory: string;

// One fake for the file: the artifact client takes GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-baseline-')));
  fake = await startFakeGitHub();
});
beforeEach(() => {
  fake.world.runs.splice(0);
  fake.world.artifacts.splice(0);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A run that has trained and judged a model, with its files as artifacts. */
async function gated(runId: number, accuracy: number, facts: Parameters<FakeGitHub['world']['run']>[0] = {}) {
  fake.world.run({
    id: runId,
    headRepository: 'acme/digits',
    headBranch: 'main',
    status: 'completed',
    conclusion: 'success',
    ...facts,
  });
  const job = await openJob(fake, directory, { runId, token: fake.defaultToken });
  const model = await localFile(job.workspace, 'out/model.onnx', `weights ${runId}`);
  const rows = await localFile(job.workspace, 'out/predictions.csv', 'id,y,p\n1,a,a\n', 'predictions');
  const references = [model.reference, rows.reference];
  const files = await job.store.saveFiles('digits', job.workspace, references, signal);
  const run = { id: String(runId) };
  const body = trainingBodyOf({ files, metrics: { accuracy }, modelDigest: modelDigest(files) });
  await job.store.save(trainingSection({ run, body }), signal);
  const section = trainingSection({ run });
  await job.store.save(
    {
      ...section,
      kind: 'evaluation',
      body: {
        candidate: { what: 'digits', from: 'run', version: null, modelDigest: modelDigest(files) },
        baseline: null,
        firstRun: true,
        gate: null,
        rules: [],
        metrics: [{ name: 'accuracy', value: accuracy, baseline: null, n: 1 }],
        confusion: null,
        predictionsBy: 'training',
        modelDigest: modelDigest(files),
        evaluationSetDigest: 'e'.repeat(64),
        predictionsDigest: null,
      },
    },
    signal,
  );
}

async function baselineFrom(from: string, token = fake.defaultToken) {
  fake.world.run({ id: 99, headRepository: 'acme/digits' });
  const job = await openJob(fake, directory, {
    runId: 99,
    key: 'gate',
    token,
  });
  const gate = parseGateFile(
    `version: 1\nevaluation: {id: id, label: y, prediction: p}\nbaseline: {from: '${from}'}\nrules: [{metric: accuracy, max-regression: 0}]`,
    'gate.yml',
  );
  const temporaryDirectory = await mkdtemp(join(directory, 'temp-'));
  const context = {
    store: job.store,
    signal,
    temporaryDirectory,
    host: { kind: 'github' },
    commit: commitOf(),
    run: runOf({ id: '99' }),
    environment: await fake.environment({ directory: temporaryDirectory, workspace: directory, runId: 99 }),
    logger: quietLogger([]),
  } as unknown as BaselineOptions['context'];
  return await collectBaseline({
    inputs: {
      registry: undefined,
      token,
      policyFrom: 'base',
      baselineMetrics: undefined,
      baselinePredictions: undefined,
    },
    source: gate.baseline.from,
    evaluation: gate.evaluation,
    model: 'digits',
    gate: { file: 'gate.yml', line: 3 },
    context,
  });
}

describe('another run as baseline', () => {
  it('brings its metrics, predictions and model', async () => {
    await gated(41, 0.9);
    const found = await baselineFrom('run:41');
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found).toMatchObject({ what: 'run:41 (run 41)', version: null });
    expect(found.reported.get('accuracy')).toBe(0.9);
    expect(found.predictions).toMatchObject({ format: 'csv', label: 'out/predictions.csv of run 41' });
    const files = (await found.model?.()) ?? [];
    expect(files.map(({ reference }) => reference.path)).toEqual(['out/model.onnx']);
  });

  it('is the newest that succeeded on a branch and gated the model', async () => {
    await gated(41, 0.9);
    await gated(42, 0.8);
    await gated(43, 0.7, { headBranch: 'topic' });
    await gated(44, 0.6, { conclusion: 'failure' });
    await gated(45, 0.5, { headRepository: 'stranger/digits' });
    fake.world.run({
      id: 46,
      headBranch: 'main',
      status: 'completed',
      conclusion: 'success',
      headRepository: 'acme/digits',
    });
    const found = await baselineFrom('branch:main');
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found.what).toBe('branch main (run 42)');
    expect(found.reported.get('accuracy')).toBe(0.8);
  });

  it('that is not there is no baseline, and says what to do', async () => {
    expect(await baselineFrom('branch:main')).toMatchObject({
      kind: 'unavailable',
      blame: { message: 'No run of the branch "main" whose artifacts are still there has gated digits.' },
    });
    fake.world.run({ id: 47, headRepository: 'acme/digits' });
    await expect(baselineFrom('run:47')).rejects.toThrow('Run 47, the baseline, has no record of digits.');
    await expect(baselineFrom('branch:main', '')).rejects.toThrow(/needs the runs of a repository|token/);
  });
});
