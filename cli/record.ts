import { realpath } from 'node:fs/promises';
import { containedPath } from '../shared/action/contained-path.ts';
import { createTerminalLogger } from '../shared/action/terminal-logger.ts';
import type { Logger } from '../shared/action/logger.ts';
import { readCheckout } from '../shared/github/git.ts';
import { createTerminalHost } from '../shared/github/terminal-host.ts';
import { createDiskStore } from '../shared/record/disk-store.ts';
import { sectionKey } from '../shared/record/key.ts';
import type { RecordStore } from '../shared/record/store.ts';

export interface OpenRecord {
  readonly store: RecordStore;
  readonly workspace: string;
  readonly workingDirectory: string;
  readonly logger: Logger;
}

/** The logger of the commands that are no actions: warnings and errors go to standard error. */
export function commandLogger(): Logger {
  return createTerminalLogger({
    stream: process.stderr,
    verbose: process.env['TRAINYARD_DEBUG'] === '1',
    loadBar: async () => (await import('cli-progress')).SingleBar,
  });
}

/** Opens the record that actions left below the working directory of a terminal. */
export async function openRecord(directory: string | undefined, signal: AbortSignal): Promise<OpenRecord> {
  const workspace = await realpath(process.cwd());
  const workingDirectory = containedPath(workspace, workspace, directory ?? '.', 'Flag --working-directory');
  const logger = commandLogger();
  const host = createTerminalHost({ workspace, environment: process.env });
  const origin = await host.origin(signal);
  const { treeHash } = await readCheckout(workingDirectory, signal);
  const store = createDiskStore({
    workingDirectory,
    repository: origin.repository,
    treeHash,
    runId: origin.runId,
    attempt: origin.runAttempt,
    key: sectionKey({ id: undefined, job: origin.job, matrix: undefined }),
    logger,
  });
  return { store, workspace, workingDirectory, logger };
}
