import type { EarlyEnd } from '../follower.ts';
import type { Stop } from './stop-rules.ts';

/** What may end a training before it ends by itself, and where it stands. */
export interface Limits {
  /** From the input `max-minutes`, less what earlier attempts took; undefined: no limit. */
  readonly totalMs: number | undefined;
  /** When the job itself would end it, for a worker; undefined: unknown. */
  readonly jobMs: number | undefined;
  readonly maxCostUsd: number | undefined;
}

export interface Standing {
  readonly elapsedMs: number;
  readonly costUsd: number | undefined;
  readonly stop: Stop | undefined;
}

const minutes = (ms: number): string => String(Number((ms / 60_000).toPrecision(3)));

/** The first reason to end now: a rule on the metrics, the cost, the time; undefined where there is none. */
export function earlyEnd(limits: Limits, { elapsedMs, costUsd, stop }: Standing): EarlyEnd | undefined {
  if (stop !== undefined) return { failureClass: stop.failureClass, why: stop.reason.replace(/\.$/, '') };
  const { totalMs, jobMs, maxCostUsd } = limits;
  if (maxCostUsd !== undefined && costUsd !== undefined && costUsd >= maxCostUsd) {
    return {
      failureClass: 'cost-limit',
      why: `It has cost $${costUsd.toFixed(2)} of the $${maxCostUsd} that "max-cost-usd" allows`,
    };
  }
  if (totalMs !== undefined && elapsedMs >= totalMs) {
    return {
      failureClass: 'time-limit',
      why: `It ran for longer than "max-minutes" allows (${minutes(totalMs)})`,
    };
  }
  if (jobMs !== undefined && elapsedMs >= jobMs) {
    return {
      failureClass: 'time-limit',
      why: `The limit of its job is near (after ${minutes(jobMs)} minutes)`,
    };
  }
  return undefined;
}
