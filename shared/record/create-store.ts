import { join } from 'node:path';
import type { Logger } from '../action/logger.ts';
import type { CodeHost, Origin } from '../github/code-host.ts';
import { createArtifactStore } from './artifact-store.ts';
import { createArtifacts } from './artifacts.ts';
import type { Commit, Run } from './common.ts';
import { createDiskStore } from './disk-store.ts';
import { openOtherRun } from './other-run.ts';
import type { RecordStore } from './store.ts';
import { runnerTemp } from '../runner-temp.ts';

export interface RecordStoreOptions {
  readonly host: CodeHost;
  readonly origin: Origin;
  readonly commit: Commit;
  readonly run: Run;
  readonly environment: NodeJS.ProcessEnv;
  readonly workspace: string;
  readonly workingDirectory: string;
  readonly temporaryDirectory: string;
  readonly logger: Logger;
  readonly token: string | undefined;
}

/** Where the steps of one job keep what they share. Never in the workspace: what lies there is not ours. */
export const SHARED_FOLDER = 'trainyard';

/** The record of this run: artifacts and RUNNER_TEMP on a runner, `.trainyard` in a terminal. */
export function createRecordStore(options: RecordStoreOptions): RecordStore {
  const { host, origin, commit, run, environment, logger, workingDirectory, temporaryDirectory } = options;
  const common = {
    repository: commit.repository,
    treeHash: commit.treeHash,
    runId: run.id,
    attempt: run.attempt,
    key: run.key,
    workingDirectory,
    logger,
    environment,
  };
  if (host.kind === 'terminal') return createDiskStore(common);

  const withoutArtifacts = reasonWithoutArtifacts(host, environment);
  return createArtifactStore({
    ...common,
    artifacts: withoutArtifacts === undefined ? createArtifacts() : undefined,
    withoutArtifacts: withoutArtifacts ?? '',
    serverUrl: origin.serverUrl,
    workerRunId: origin.worker?.runId,
    hasToken: options.token !== undefined && options.token !== '',
    sharedDirectory: join(runnerTemp(environment) ?? temporaryDirectory, SHARED_FOLDER),
    temporaryDirectory,
    openRun: (runId, signal) =>
      openOtherRun(
        runId,
        {
          repository: commit.repository,
          token: options.token,
          async lookUp(id) {
            const { createClient } = await import('../github/client.ts');
            const { runFacts } = await import('../github/run-facts.ts');
            const client = await createClient({ token: options.token, environment, logger });
            return await runFacts(client, commit.repository ?? '', id, signal);
          },
        },
        signal,
      ),
  });
}

function reasonWithoutArtifacts(host: CodeHost, environment: NodeJS.ProcessEnv): string | undefined {
  const missing = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'].find((name) => !environment[name]);
  if (missing !== undefined) return `this runner gives no ${missing}`;
  return host.hasArtifacts ? undefined : 'the artifact client refuses GitHub Enterprise Server';
}
