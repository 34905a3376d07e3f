import { z } from 'zod';
import { variableOf } from '../../../shared/action/inputs.ts';
import type { Logger } from '../../../shared/action/logger.ts';
import { messageOf } from '../../../shared/errors.ts';
import { createClient } from '../../../shared/github/client.ts';
import { cancelRun } from '../../../shared/github/run-cancel.ts';

const stateSchema = z.object({ runId: z.string().regex(/^[1-9]\d{0,14}$/) });
/** The runner gives a cancelled job five minutes in all; a request is answered in seconds or not at all. */
const CANCEL_MS = 20_000;

/** Cancels a dispatched run that its step left behind because it was killed. Warns instead of failing. */
export async function endRemote(
  state: string | undefined,
  environment: NodeJS.ProcessEnv,
  logger: Logger,
): Promise<void> {
  if (state === undefined || state === '') return;
  try {
    const { runId } = stateSchema.parse(JSON.parse(state));
    const token = environment[variableOf('token')]?.trim();
    const client = await createClient({ token, environment, logger });
    const cancelled = await cancelRun(
      client,
      environment['GITHUB_REPOSITORY'] ?? '',
      runId,
      AbortSignal.timeout(CANCEL_MS),
    );
    logger.warning(
      cancelled
        ? `Cancelled the dispatched run ${runId}, which nobody followed any more.`
        : `The dispatched run ${runId} had ended already.`,
    );
  } catch (error) {
    logger.warning(`The dispatched run could not be cancelled: ${messageOf(error)}`);
  }
}
