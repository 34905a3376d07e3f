import { getState } from '@actions/core';
import { createRunnerLogger } from '../../../shared/action/runner-logger.ts';
import { runPost } from './post-step.ts';

/** The runner waits for post steps; a server that does not end must not hold the job. */
const LIMIT_MS = 60_000;

await runPost({
  getState,
  environment: process.env,
  logger: createRunnerLogger(),
  signal: AbortSignal.timeout(LIMIT_MS),
});
