import { createRunnerLogger } from '../../../shared/action/runner-logger.ts';
import { endLeftovers } from './end-leftovers.ts';
import { GROUP_STATE } from './post-state.ts';

await endLeftovers(process.env[`STATE_${GROUP_STATE}`], createRunnerLogger());
