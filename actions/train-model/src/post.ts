import { createRunnerLogger } from '../../../shared/action/runner-logger.ts';
import { endLeftovers } from './end-leftovers.ts';
import { endRemote } from './end-remote.ts';
import { GROUP_STATE, REMOTE_STATE } from './post-state.ts';

const logger = createRunnerLogger();
await endRemote(process.env[`STATE_${REMOTE_STATE}`], process.env, logger);
await endLeftovers(process.env[`STATE_${GROUP_STATE}`], logger);
