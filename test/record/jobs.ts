import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { CodeHost, Origin } from '../../shared/github/code-host.ts';
import { createRecordStore } from '../../shared/record/create-store.ts';
import type { RecordStore } from '../../shared/record/store.ts';
import type { FakeGitHub } from '../github/fake-github.ts';
import { keepLogs } from './logs.ts';
import { commitOf, runOf } from './sections.ts';

export interface JobOptions {
  readonly key?: string;
  readonly runId?: number;
  readonly attempt?: number;
  /** A worker's own run, where its artifacts go; `runId` and `attempt` are its dispatcher's then. */
  readonly workerRunId?: number;
  /** Steps of one job share RUNNER_TEMP; another name is another machine. */
  readonly machine?: string;
  readonly hasArtifacts?: boolean;
  readonly runtimeToken?: boolean;
  readonly token?: string;
  readonly workspace?: string;
}

export interface Job {
  readonly store: RecordStore;
  readonly lines: string[];
  readonly workspace: string;
}

const unused = (): never => {
  throw new Error('the record asks the host for nothing');
};

/** A step of a job on a machine of its own, with the environment that the runner would give. */
export async function openJob(fake: FakeGitHub, directory: string, options: JobOptions = {}): Promise<Job> {
  const { key = 'train', runId = 42, attempt = 1, machine = randomUUID(), hasArtifacts = true } = options;
  const workspace = options.workspace ?? join(directory, machine, 'workspace');
  await mkdir(workspace, { recursive: true });
  const environment = await fake.environment({
    directory: join(directory, machine),
    workspace,
    runId: options.workerRunId ?? runId,
    runAttempt: options.workerRunId === undefined ? attempt : 1,
  });
  if (options.runtimeToken === false) delete environment['ACTIONS_RUNTIME_TOKEN'];
  for (const name of [
    'ACTIONS_RESULTS_URL',
    'ACTIONS_RUNTIME_TOKEN',
    'GITHUB_SERVER_URL',
    'GITHUB_API_URL',
  ]) {
    vi.stubEnv(name, environment[name]);
  }
  const host: CodeHost = {
    kind: 'github',
    hasArtifacts,
    origin: unused,
    fileAt: unused,
    treeOf: unused,
    setStatus: unused,
    comment: unused,
  };
  const worker = options.workerRunId === undefined ? null : { runId: String(options.workerRunId) };
  const origin = { serverUrl: 'https://github.com', worker } as Origin;
  const { logger, lines } = keepLogs();
  const temporaryDirectory = await mkdtemp(join(environment['RUNNER_TEMP'] ?? directory, 'step-'));
  const store = createRecordStore({
    host,
    origin,
    commit: commitOf(),
    run: runOf({ id: String(runId), attempt, key }),
    environment,
    workspace,
    workingDirectory: workspace,
    temporaryDirectory,
    logger,
    token: options.token,
  });
  return { store, lines, workspace };
}
