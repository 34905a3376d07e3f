import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import {
  fingerprintOf,
  type FingerprintParts,
} from '../../../actions/train-model/src/fingerprint/fingerprint.ts';
import { type Inputs, INPUTS, readInputs } from '../../../actions/train-model/src/inputs.ts';
import { type Found, findEqual } from '../../../actions/train-model/src/reuse/find-equal.ts';
import { rememberTraining } from '../../../actions/train-model/src/reuse/remember.ts';
import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { openInputs, variableOf } from '../../../shared/action/inputs.ts';
import type { CodeHost } from '../../../shared/github/code-host.ts';
import type { Commit, FileRole } from '../../../shared/record/common.ts';
import { hashFile, modelDigest } from '../../../shared/record/digest.ts';
import { createRecordStore } from '../../../shared/record/create-store.ts';
import type { Fingerprint, TrainingBody } from '../../../shared/record/training-section.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { readActionFile } from '../../harness/action-file.ts';
import { keepLogs } from '../../record/logs.ts';
import { commitOf, runOf } from '../../record/sections.ts';
import { attemptOf, trainingBodyOf } from '../../record/training-body.ts';
import { terminalOrigin } from '../../terminal-origin.ts';

export interface PlaceOptions {
  /** Without it a terminal. */
  readonly fake?: FakeGitHub;
  readonly runId?: number;
  /** `owner/name` of the run's code. */
  readonly headRepository?: string;
  readonly token?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly commit?: Partial<Commit>;
  /** RUNNER_TEMP: machines of one kind call it the same. */
  readonly temporary?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly workspace?: string;
}

/** A step of train-model in a workspace of its own. */
export interface Place {
  readonly context: ActionContext;
  readonly inputs: Inputs;
  readonly lines: string[];
  readonly workspace: string;
  write(path: string, text: string): Promise<void>;
  find(fingerprint?: Fingerprint): Promise<Found>;
  /** Records a training that wrote these files, and leaves it to later ones. */
  trained(
    files: Readonly<Record<string, readonly [FileRole, string]>>,
    overrides?: Partial<TrainingBody>,
    fingerprint?: Fingerprint,
  ): Promise<Outcome<'training'>>;
}

const folders: string[] = [];

export async function newFolder(name: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `ty-reuse-${name}-`)));
  folders.push(folder);
  return folder;
}

let port = 0;

/** A fake of the same address in all tests of this process: the artifact client reads the API's address only once. */
export async function startFake(): Promise<FakeGitHub> {
  const fake = await startFakeGitHub({ port });
  port = Number(new URL(fake.url).port);
  return fake;
}

/** After each test: nothing of it stays. */
export async function cleanUp(): Promise<void> {
  vi.unstubAllEnvs();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

export function fingerprintWith(overrides: Partial<FingerprintParts> = {}): Fingerprint {
  return fingerprintOf({
    command: ['python', 'train.py'],
    code: 'c'.repeat(64),
    data: 'd'.repeat(64),
    parameters: {},
    seed: 7,
    environment: { lockFiles: [], interpreter: null, image: null, variables: {} },
    gpus: [],
    outputs: [{ role: 'model', glob: 'out/model.onnx' }],
    metricsSources: [],
    ...overrides,
  });
}

const INPUTS_OF_STEP = {
  model: 'digits',
  command: 'python train.py',
  outputs: 'model=out/model.onnx\npredictions=out/predictions.parquet',
  metrics: 'out/metrics.json',
};

const unused = (): never => {
  throw new Error('a search asks the host for nothing');
};

export async function openPlace(options: PlaceOptions = {}): Promise<Place> {
  const { fake, runId = 42, token } = options;
  const workspace = options.workspace ?? (await newFolder('workspace'));
  const temporary = options.temporary ?? (await newFolder('temp'));
  let environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'] };
  if (fake !== undefined) {
    fake.world.run({ id: runId, headRepository: options.headRepository ?? fake.repository });
    environment = {
      ...environment,
      ...(await fake.environment({ directory: await newFolder('runner'), workspace, runId, token })),
      RUNNER_TEMP: temporary,
      ...options.environment,
    };
    for (const [name, value] of Object.entries(environment)) {
      if (/^(ACTIONS|GITHUB|RUNNER)_/.test(name)) vi.stubEnv(name, value);
    }
  }
  const defaults = Object.entries(readActionFile('train-model').inputs).flatMap(
    ([name, { default: value = '' }]) => (value.includes('${{') ? [] : [[name, value] as const]),
  );
  const given = { ...Object.fromEntries(defaults), ...INPUTS_OF_STEP, ...options.inputs };
  const reader = openInputs(
    INPUTS,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
    workspace,
  );
  const { logger, lines } = keepLogs();
  const repository = fake?.repository ?? null;
  const commit = commitOf({ repository, ...options.commit });
  const run = runOf({ id: fake === undefined ? 'terminal' : String(runId) });
  const origin = terminalOrigin({ repository, serverUrl: fake === undefined ? null : 'https://github.com' });
  const host: CodeHost = {
    kind: fake === undefined ? 'terminal' : 'github',
    hasArtifacts: fake !== undefined,
    origin: unused,
    fileAt: unused,
    treeOf: unused,
    setStatus: unused,
    comment: unused,
  };
  const temporaryDirectory = join(temporary, randomUUID());
  await mkdir(temporaryDirectory, { recursive: true });
  const signal = new AbortController().signal;
  const store = createRecordStore({
    host,
    origin,
    commit,
    run,
    environment,
    workspace,
    workingDirectory: workspace,
    temporaryDirectory,
    logger,
    token,
  });
  const context: ActionContext = {
    action: 'train-model',
    logger,
    host,
    origin,
    commit,
    run,
    store,
    workspace,
    workingDirectory: workspace,
    temporaryDirectory,
    environment,
    signal,
    saveState: () => undefined,
    showProgress: () => Promise.resolve(),
  };
  const inputs = readInputs(reader);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), text);
  };
  return {
    context,
    inputs,
    lines,
    workspace,
    write,
    find: (fingerprint = fingerprintWith()) => findEqual({ inputs, context, fingerprint }),
    async trained(files, overrides = {}, fingerprint = fingerprintWith()) {
      const references = [];
      for (const [path, [role, text]] of Object.entries(files)) {
        await write(path, text);
        references.push({ path, role, ...(await hashFile(join(workspace, path), signal)), locations: [] });
      }
      const saved = await store.saveFiles('digits', workspace, references, signal);
      const body = trainingBodyOf({
        fingerprint,
        attempts: [attemptOf()],
        metrics: { accuracy: 0.97 },
        files: saved,
        modelDigest: modelDigest(saved),
        ...overrides,
      });
      const outcome: Outcome<'training'> = {
        subject: 'digits',
        dataset: null,
        verdict: 'pass',
        summary: 'Trained.',
        blame: null,
        notices: [],
        body,
        outputs: {},
        annotations: [],
      };
      await rememberTraining({ inputs, context, fingerprint, outcome });
      return outcome;
    },
  };
}
