import { z } from 'zod';
import type { Logger } from '../../../shared/action/logger.ts';
import { endGroup } from '../../../shared/process/end-group.ts';
import { membersOf } from '../../../shared/process/processes.ts';

const groupSchema = z.object({
  pid: z.int().positive().nullable(),
  started: z.string().nullable(),
  mark: z.string().min(1),
});

/** Ends what a step left behind that was itself killed. Warns instead of failing, and always says what it did. */
export async function endLeftovers(state: string | undefined, logger: Logger): Promise<void> {
  if (state === undefined || state === '') {
    logger.info('No training was started: nothing to clean up.');
    return;
  }
  try {
    const saved = groupSchema.parse(JSON.parse(state));
    // No process has the pid 0: without a pid only the mark tells.
    const group = { ...saved, pid: saved.pid ?? 0 };
    const members = await membersOf(group, { watched: false });
    if (members.length === 0) {
      logger.info('The training has left no process behind.');
      return;
    }
    await endGroup(group, 0, { watched: false });
    logger.warning(`Ended ${members.length} processes that the training had left behind.`);
  } catch (error) {
    logger.warning(`What the training left behind could not be looked for: ${String(error)}`);
  }
}
