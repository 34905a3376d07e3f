import { setTimeout as sleep } from 'node:timers/promises';

/** Time, as a parameter: tests do not wait. */
export interface Clock {
  now(): number;
  /** Resolves early where `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Time that no correction of the machine's date turns back. */
export const STEADY_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};
