import { rm } from 'node:fs/promises';
import type { Logger } from '../../../shared/action/logger.ts';
import { messageOf } from '../../../shared/errors.ts';
import { connect } from './server/control-client.ts';
import { strippedEnvironment } from './server/environment.ts';
import { revisionFolder } from './server/supervisor.ts';
import { STATE } from './state-keys.ts';
import { CommandTarget } from './targets/command.ts';

export interface PostOptions {
  readonly getState: (name: string) => string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Ends the revision that this step's main part started, and no other. Never fails the job. */
export async function runPost({ getState, environment, logger, signal }: PostOptions): Promise<void> {
  const folder = getState(STATE.folder);
  const revision = getState(STATE.revision);
  if (folder === '' || revision === '') {
    logger.info('Nothing to end: this step started no server.');
    return;
  }
  if (getState(STATE.keepAlive) === 'true') {
    logger.info(`The revision ${revision} stays, as "keep-alive" is true.`);
    return;
  }
  try {
    if (getState(STATE.target) === 'command') {
      const target = new CommandTarget({
        command: { start: [], stop: undefined, readyUrl: '' },
        port: 0,
        folder,
        workingDirectory: folder,
        environment: strippedEnvironment(environment, false),
      });
      await target.remove(revision);
    } else {
      const connection = await connect(folder, signal);
      await connection?.client.stopRevision(revision, signal);
      await rm(revisionFolder(folder, revision), { recursive: true, force: true });
    }
    logger.info(`The revision ${revision} has ended, or had before.`);
  } catch (error) {
    logger.warning(`The revision ${revision} could not be ended: ${messageOf(error)}`);
  }
}
