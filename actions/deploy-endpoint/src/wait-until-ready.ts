import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureError, SubjectError } from '../../../shared/errors.ts';
import type { EndpointTarget } from './targets/target.ts';

/** A server that crashes in a loop answers a probe now and then; in a row it does not. */
const CONSECUTIVE_SUCCESSES = 3;
const INTERVAL_MS = 100;

export interface WaitOptions {
  readonly target: Pick<EndpointTarget, 'observe'>;
  readonly revision: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Waits until a revision has answered several probes in a row; returns where it answers. */
export async function waitUntilReady({ target, revision, timeoutMs, signal }: WaitOptions): Promise<string> {
  const deadline = Date.now() + timeoutMs;
  let successes = 0;
  let reason = 'It does not answer.';
  while (Date.now() < deadline) {
    const observation = await target.observe(revision, signal);
    if (observation.state === 'failed') {
      const { owner } = observation;
      if (owner === 'model' || owner === 'code') throw new SubjectError(owner, observation.reason);
      throw new InfrastructureError(observation.reason);
    }
    if (observation.state === 'ready') {
      successes++;
      if (successes === CONSECUTIVE_SUCCESSES) return observation.url;
    } else {
      successes = 0;
      ({ reason } = observation);
    }
    await sleep(INTERVAL_MS, undefined, { signal });
  }
  throw new InfrastructureError(`The server was not ready within ${timeoutMs / 1000} s: ${reason}`, {
    remedy: 'Give it more time with "ready-timeout-seconds", or look into its log.',
  });
}
