import type { Logger } from '../../../../../shared/action/logger.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import { GitHubError } from '../../../../../shared/github/permission.ts';
import { cancelRun, forceCancelRun } from '../../../../../shared/github/run-cancel.ts';
import type { Clock } from '../../clock.ts';
import type { RunWatch } from './run-watch.ts';

const STOP_POLL_MS = 2_000;
/** Beyond the grace: until GitHub has told the runner, and the runner GitHub. */
const STOP_MARGIN_MS = 30_000;
const FORCED_MS = 60_000;

interface Stopping {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Stopped {
  readonly runId: string;
  readonly url: string;
  readonly watch: RunWatch;
}

/** Cancels a run, waits until its training has ended, and ends it by force where it does not respond. */
export async function stopRun(options: Stopping, run: Stopped, graceMs: number): Promise<void> {
  const { client, repository, logger } = options;
  const { runId, url } = run;
  const { signal } = new AbortController();
  if (!(await cancelRun(client, repository, runId, signal))) return;
  if (await endsWithin(options, run, graceMs + STOP_MARGIN_MS, signal)) return;
  logger.warning(`The run does not respond to being cancelled, and is ended by force: ${url}`);
  await forceCancelRun(client, repository, runId, signal);
  await endsWithin(options, run, FORCED_MS, signal);
}

async function endsWithin(
  { clock }: Stopping,
  { watch }: Stopped,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = clock.now() + ms;
  for (;;) {
    try {
      const { completed, train } = await watch.look(clock.now(), signal);
      if (completed || train?.status === 'completed') return true;
    } catch (error) {
      // GitHub stumbling is no sign of how the run does.
      if (!(error instanceof GitHubError)) throw error;
    }
    if (clock.now() >= until) return false;
    await clock.sleep(STOP_POLL_MS, signal);
  }
}
