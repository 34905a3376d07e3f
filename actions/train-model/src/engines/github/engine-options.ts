import type { Logger } from '../../../../../shared/action/logger.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import type { Origin } from '../../../../../shared/github/code-host.ts';
import type { DispatchedJob } from '../../../../../shared/github/dispatched-job.ts';
import type { Clock } from '../../clock.ts';
import type { DispatchInputs } from '../../inputs/dispatch-inputs.ts';
import type { Expected } from './worker-record.ts';

/** What the engine `github` dispatches, and with what it follows it. */
export interface GitHubEngineOptions {
  /** Used by nobody else: its answers are counted. */
  readonly client: GitHubClient;
  /** `owner/name`. */
  readonly repository: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** From 0 to 1, as Math.random. */
  readonly random: () => number;
  readonly dispatch: Pick<DispatchInputs, 'mode' | 'runsOn' | 'workflow' | 'workerInputs' | 'queueMs'>;
  /** The branch or tag to dispatch on (`workerRef`). */
  readonly ref: string;
  /** What is dispatched as a generation, after the runs of earlier ones (`buildJob`). */
  readonly job: (generation: number, previous: readonly string[]) => DispatchedJob;
  readonly origin: Pick<Origin, 'runAttempt' | 'fork'>;
  /** What the worker's record must say of itself. */
  readonly expected: Expected;
  readonly maxAttempts: number;
}
