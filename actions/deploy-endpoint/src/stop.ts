import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../shared/action/logger.ts';
import { messageOf, UsageError } from '../../../shared/errors.ts';
import { SUBJECT_PATTERN } from '../../../shared/names.ts';
import { endpointsRoot } from './endpoint-folder.ts';
import { connect } from './server/control-client.ts';
import { strippedEnvironment } from './server/environment.ts';
import { endProcess } from './server/process-identity.ts';
import { readState, removeState } from './server/state-file.ts';
import { commandStatePath } from './targets/command.ts';
import { stopRecorded } from './targets/command-process.ts';
import { readCommandState } from './targets/command-state.ts';

export interface StopOptions {
  /** Undefined: all endpoints of this workspace. */
  readonly endpoint?: string | undefined;
  /** The folder that the command runs in. */
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A supervisor that no longer answers has so long to end. */
const GRACE_MS = 5_000;

/** Ends endpoints that were left serving: `trainyard stop`. Returns the names of those that were ended. */
export async function stopEndpoint(options: StopOptions): Promise<string[]> {
  const { endpoint, environment, workspace, logger } = options;
  if (endpoint !== undefined && !SUBJECT_PATTERN.test(endpoint)) {
    throw new UsageError(`Input "endpoint" is "${endpoint}".`, {
      remedy: 'Accepted: up to 63 lower-case letters, digits and hyphens, not a hyphen first.',
    });
  }
  const root = endpointsRoot({ runner: environment['GITHUB_ACTIONS'] === 'true', workspace, environment });
  const names = await readdir(root).catch(() => []);
  const ended: string[] = [];
  for (const name of names.filter((candidate) => endpoint === undefined || candidate === endpoint).sort()) {
    if (await stopFolder(join(root, name), options)) ended.push(name);
  }
  if (ended.length === 0) {
    logger.info(
      endpoint === undefined ? 'No endpoint is serving.' : `The endpoint "${endpoint}" is not serving.`,
    );
  }
  for (const name of ended) logger.info(`The endpoint "${name}" has ended.`);
  return ended;
}

async function stopFolder(folder: string, options: StopOptions): Promise<boolean> {
  const bySupervisor = await stopSupervisor(folder, options);
  const byCommand = await stopCommand(folder, options);
  if (bySupervisor || byCommand) await rm(join(folder, 'revisions'), { recursive: true, force: true });
  return bySupervisor || byCommand;
}

/** Asks the supervisor in a folder to end. One that does not answer is ended if it is still the same process. */
export async function stopSupervisor(
  folder: string,
  { logger, signal }: Pick<StopOptions, 'logger' | 'signal'>,
): Promise<boolean> {
  const state = await readState(folder);
  if (state === undefined) return false;
  try {
    const connection = await connect(folder, signal);
    if (connection === undefined) return false;
    await connection.client.stop(signal);
  } catch (error) {
    logger.warning(messageOf(error));
    await endProcess({ pid: state.pid, startTime: state.startTime, group: true }, GRACE_MS);
    await removeState(folder);
  }
  return true;
}

async function stopCommand(folder: string, { environment }: StopOptions): Promise<boolean> {
  const { current } = await readCommandState(commandStatePath(folder));
  if (current === null) return false;
  const options = { folder, environment: strippedEnvironment(environment, true) };
  await stopRecorded(current, commandStatePath(folder), options);
  await rm(commandStatePath(folder), { force: true });
  return true;
}
