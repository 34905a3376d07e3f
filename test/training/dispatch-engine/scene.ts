import { createClient } from '../../../shared/github/client.ts';
import type { Origin } from '../../../shared/github/code-host.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { Attempt, TrainingBody } from '../../../shared/record/training-section.ts';
import { progressName } from '../../../actions/train-model/src/dispatch/progress.ts';
import type { Point, TrainingJob } from '../../../actions/train-model/src/engines/engine.ts';
import { createGitHubEngine, type GitHubEngine } from '../../../actions/train-model/src/engines/github.ts';
import { buildJob } from '../../../actions/train-model/src/engines/github/dispatched-job.ts';
import type { GitHubEngineOptions } from '../../../actions/train-model/src/engines/github/engine-options.ts';
import type { Clock } from '../../../actions/train-model/src/clock.ts';
import { type Followed, followTraining } from '../../../actions/train-model/src/follower.ts';
import type { FakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { trainingSection, TREE } from '../../record/sections.ts';
import { attemptOf, trainingBodyOf } from '../../record/training-body.ts';

export const REPOSITORY = 'acme/digits';
export const KEY = 'a1'.repeat(20);
const START = Date.parse('2026-11-22T00:00:00Z');

export const WORKER_FILE = `
name: trainyard-worker
run-name: \${{ fromJSON(inputs.job).title }}
on:
  workflow_dispatch:
    inputs:
      job:
        required: true
        type: string
jobs:
  train:
    uses: ./.github/workflows/train-worker.yml
    with:
      job: \${{ inputs.job }}
`;

/** Time that passes only while somebody sleeps; what is planned happens on the way. */
export class FakeClock implements Clock {
  #now = 0;
  #planned: { readonly at: number; readonly act: () => unknown }[] = [];

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(START + this.#now);
  }

  at(ms: number, act: () => unknown): void {
    this.#planned.push({ at: ms, act });
    this.#planned.sort((a, b) => a.at - b.at);
  }

  sleep(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#planned;
      if (next === undefined || next.at > until) break;
      this.#planned.shift();
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = until;
    return Promise.resolve();
  }
}

export const JOB: TrainingJob = {
  command: ['python', 'train.py'],
  directory: '/nowhere',
  environment: {},
  outputs: [],
  seriesFiles: [],
};

const ORIGIN: Origin & { readonly headSha: string } = {
  repository: REPOSITORY,
  serverUrl: 'https://github.com',
  event: 'push',
  ref: 'refs/heads/main',
  headSha: 'c'.repeat(40),
  baseSha: null,
  pullRequest: null,
  fork: false,
  runId: '42',
  runNumber: 7,
  runAttempt: 1,
  runUrl: null,
  workflow: 'ci',
  job: 'train',
  actor: 'ada',
  runnerEnvironment: 'github-hosted',
  worker: null,
};

export interface SceneOptions extends Partial<Omit<GitHubEngineOptions, 'dispatch'>> {
  readonly dispatch?: Partial<GitHubEngineOptions['dispatch']>;
  readonly raw?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly pullRequest?: number;
  readonly token?: string;
  readonly timeoutMs?: number;
  readonly said?: string[];
}

/** Puts the worker workflow on the default branch, and gives the fake the clock. */
export function prepareWorld(fake: FakeGitHub, clock: FakeClock, file = WORKER_FILE): string {
  fake.world.now = () => clock.date();
  return fake.commit({ '.github/workflows/trainyard-worker.yml': file }, { ref: 'refs/heads/main' }).sha;
}

export async function openEngine(
  fake: FakeGitHub,
  clock: Clock,
  options: SceneOptions = {},
): Promise<GitHubEngine> {
  const {
    dispatch,
    raw = { model: 'digits' },
    key = KEY,
    pullRequest,
    token,
    timeoutMs,
    said,
    ...rest
  } = options;
  const logger = quietLogger(said);
  const pull =
    pullRequest === undefined
      ? null
      : {
          number: pullRequest,
          headSha: ORIGIN.headSha,
          baseSha: 'd'.repeat(40),
          baseRef: 'main',
          fork: false,
        };
  const full = {
    mode: 'follow' as const,
    runsOn: ['self-hosted', 'gpu'],
    workflow: 'trainyard-worker.yml',
    workerInputs: {},
    queueMs: 3_600_000,
    ...dispatch,
  };
  const client =
    options.client ??
    (await createClient({
      token: token ?? fake.defaultToken,
      environment: { GITHUB_API_URL: fake.url },
      logger,
      secondMs: 2,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }));
  return createGitHubEngine({
    repository: REPOSITORY,
    logger,
    clock,
    random: () => 0.5,
    ref: 'main',
    job: (generation, previous) =>
      buildJob(
        {
          model: 'digits',
          submissionKey: key,
          dispatch: { ...full, raw, gate: null },
          limitMs: undefined,
          origin: { ...ORIGIN, pullRequest: pull },
          key: 'train',
          sha: 'c'.repeat(40),
          workflowRef: `${REPOSITORY}/.github/workflows/ci.yml@refs/heads/main`,
        },
        generation,
        previous,
      ),
    origin: { runAttempt: 1, fork: false },
    expected: {
      repository: REPOSITORY,
      model: 'digits',
      key: 'train',
      runId: '42',
      runAttempt: 1,
      treeHash: TREE,
    },
    maxAttempts: 3,
    ...rest,
    client,
    dispatch: full,
  });
}

export interface Told {
  readonly followed: Followed;
  readonly lines: string[];
  readonly points: Point[];
  readonly waits: string[];
}

/** Follows a submission as train-model does. */
export async function follow(
  engine: GitHubEngine,
  submission: Awaited<ReturnType<GitHubEngine['submit']>>,
  clock: Clock,
  options: { readonly signal?: AbortSignal; readonly onStatus?: (points: number) => void } = {},
): Promise<Told> {
  const told = { lines: [] as string[], points: [] as Point[], waits: [] as string[] };
  const followed = await followTraining({
    engine,
    submission,
    clock,
    endsEarly: () => undefined,
    graceMs: 4_000,
    signal: options.signal ?? new AbortController().signal,
    onLine: (line) => void told.lines.push(line),
    onPoint: (point) => void told.points.push(point),
    onStatus: ({ waiting }) => {
      if (waiting !== null && told.waits.at(-1) !== waiting) told.waits.push(waiting);
      options.onStatus?.(told.points.length);
    },
  });
  return { followed, ...told };
}

/** A worker's progress artifact, with one more step than the one before. */
export function publish(
  fake: FakeGitHub,
  runId: number,
  sequence: number,
  of: {
    readonly key?: string;
    readonly generation?: number;
    readonly steps?: readonly number[];
    readonly lines?: readonly string[];
    readonly lineCount?: number;
  } = {},
): void {
  const { key = KEY, generation = 1, lines = [`line ${sequence}`] } = of;
  const steps = of.steps ?? Array.from({ length: sequence }, (_, index) => index + 1);
  const at = fake.world.now().toISOString();
  fake.addArtifact(runId, progressName(key, generation, sequence), {
    'progress.json': JSON.stringify({
      version: 1,
      submissionKey: key,
      generation,
      sequence,
      at,
      startedAt: at,
      runner: 'gpu-1',
      points: steps.map((step, index) => ({
        row: index + 1,
        step,
        values: { loss: 1 / (step + 1) },
        total: 100,
      })),
      lines,
      lineCount: of.lineCount ?? sequence,
      gpus: null,
      costUsd: null,
      checkpoint: null,
    }),
  });
}

export const ATTEMPT: Attempt = attemptOf({
  startedAt: '2026-11-22T00:00:00.000Z',
  durationMs: 1_000,
  runner: 'gpu-1',
});

/** The body of a dispatched training that ended well, but for the overrides. */
export function bodyOf(overrides: Partial<TrainingBody> = {}): TrainingBody {
  return trainingBodyOf({
    engine: 'github',
    hardware: { cpus: 1, cpuModel: null, memoryBytes: 1, gpus: [], runner: null },
    attempts: [ATTEMPT],
    metrics: { accuracy: 0.9 },
    ...overrides,
  });
}

/** A model in an artifact of the worker's run, with a path that is good on the worker only. */
export function modelFile(runId: number): FileReference {
  return {
    path: 'model.onnx',
    role: 'model',
    bytes: 3,
    sha256: 'b'.repeat(64),
    locations: [
      { kind: 'file', path: '/home/worker/model.onnx' },
      { kind: 'artifact', artifact: 'trainyard.digits.files.train.1', runId: String(runId) },
      { kind: 'artifact', artifact: 'trainyard.digits.files.train.1', runId: '999999' },
      { kind: 'store', store: 's3://bucket/models' },
    ],
  };
}

/** The training section of a worker, in an artifact of its run. */
export function record(
  fake: FakeGitHub,
  runId: number,
  options: Parameters<typeof trainingSection>[0] = {},
): SectionOf<'training'> {
  const section = trainingSection({ body: bodyOf({ files: [modelFile(runId)] }), ...options });
  fake.addArtifact(runId, `trainyard.digits.training.train.${section.run.attempt}`, {
    'section.json': JSON.stringify(section),
  });
  return section;
}

/** The only run that was dispatched so far, or the one of a place in the order. */
export function dispatched(fake: FakeGitHub, index = 0): number {
  const found = fake.world.dispatches[index];
  if (found === undefined) throw new Error(`Nothing was dispatched at ${index}`);
  return found.runId;
}
