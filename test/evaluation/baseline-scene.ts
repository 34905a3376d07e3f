import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import {
  type BaselineOptions,
  type CollectedBaseline,
  collectBaseline,
} from '../../actions/evaluate-gate/src/baseline.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { pushPayload } from '../github/payloads.ts';
import { quietLogger } from '../github/quiet-logger.ts';
import { openJob } from '../record/jobs.ts';
import { commitOf, runOf, trainingSection } from '../record/sections.ts';
import { trainingBodyOf } from '../record/training-body.ts';
import { localFile, trainingSection as publishedTraining } from '../registries/sections.ts';

const { signal } = new AbortController();

type RunFacts = Parameters<FakeGitHub['world']['run']>[0];

interface Place {
  readonly fake: FakeGitHub;
  readonly directory: string;
}

interface Asked {
  /** As the gate file has it; undefined where it names none. */
  readonly from?: string | undefined;
  readonly token?: string;
  /** Whether the input names the registry of the scene. */
  readonly registry?: boolean;
  readonly event?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly origin?: Partial<BaselineOptions['context']['origin']>;
}

/** Runs of a repository and a registry, from which baselines are collected. */
export interface BaselineScene extends AsyncDisposable {
  readonly fake: FakeGitHub;
  readonly registryFolder: string;
  /** Forgets every run, and empties the registry. */
  clear(): Promise<void>;
  /** A run that has trained and judged a model, with its files as artifacts. */
  gated(runId: number, accuracy: number, facts?: RunFacts): Promise<void>;
  /** A version in the registry, under these aliases. */
  publish(accuracy: number, aliases: readonly string[]): Promise<void>;
  /** What a step of a run on GitHub collects. */
  baseline(asked: Asked): Promise<CollectedBaseline>;
}

/** One for each test file: the artifact client takes GITHUB_API_URL once, when it is loaded. */
export async function openBaselines(): Promise<BaselineScene> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-baseline-')));
  const fake = await startFakeGitHub();
  const place = { fake, directory };
  const registryFolder = join(directory, 'registry');
  return {
    fake,
    registryFolder,
    async clear() {
      fake.world.runs.splice(0);
      fake.world.artifacts.splice(0);
      await rm(registryFolder, { recursive: true, force: true });
    },
    gated: (runId, accuracy, facts = {}) => gated(place, runId, accuracy, facts),
    publish: (accuracy, aliases) => publish(registryFolder, accuracy, aliases),
    baseline: (asked) => baselineOf(place, registryFolder, asked),
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await fake[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function gated(
  { fake, directory }: Place,
  runId: number,
  accuracy: number,
  facts: RunFacts,
): Promise<void> {
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

async function publish(folder: string, accuracy: number, aliases: readonly string[]): Promise<void> {
  const registry = new DirectoryRegistry({ root: folder, name: `directory:${folder}` });
  const model = await localFile(`${folder}-files`, 'out/model.onnx', `published ${accuracy}`);
  const digest = modelDigest([model.reference]) ?? '';
  const section = publishedTraining([model.reference], digest);
  const body = section.body === null ? null : { ...section.body, metrics: { accuracy } };
  const staged = await registry.stage('digits', digest, [model], signal);
  const record = { sections: [{ ...section, body }], card: '# digits', files: [] };
  const { version } = await registry.commit(staged, record, signal);
  for (const alias of aliases) {
    const before = await registry.resolve('digits', alias, signal);
    await registry.alias('digits', alias, version.version, before?.version ?? null, signal);
  }
}

async function baselineOf(
  { fake, directory }: Place,
  registryFolder: string,
  { from, token = fake.defaultToken, registry = false, event = 'push', payload, origin }: Asked,
): Promise<CollectedBaseline> {
  fake.world.run({ id: 99, headRepository: 'acme/digits' });
  const job = await openJob(fake, directory, { runId: 99, key: 'gate', token });
  const baseline = from === undefined ? '' : `baseline: {from: '${from}'}\n`;
  const gate = parseGateFile(
    `version: 1\nevaluation: {id: id, label: y, prediction: p}\n${baseline}rules: [{metric: accuracy, max-regression: 0}]`,
    'gate.yml',
  );
  const temporaryDirectory = await mkdtemp(join(directory, 'temp-'));
  const environment = await fake.environment({
    directory: temporaryDirectory,
    workspace: directory,
    runId: 99,
    payload: payload ?? pushPayload('1'.repeat(40)),
  });
  const context = {
    store: job.store,
    signal,
    temporaryDirectory,
    workspace: job.workspace,
    workingDirectory: job.workspace,
    host: { kind: 'github' },
    origin: { event, ref: 'refs/heads/main', pullRequest: null, ...origin },
    commit: commitOf(),
    run: runOf({ id: '99' }),
    environment,
    logger: quietLogger([]),
  } as unknown as BaselineOptions['context'];
  return await collectBaseline({
    inputs: {
      registry: registry ? `directory:${registryFolder}` : undefined,
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
