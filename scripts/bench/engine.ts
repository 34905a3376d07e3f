import { createDataEngine } from '../../shared/data/create-engine.ts';
import type { Limits, ScoringEngine } from '../../shared/data/engine.ts';

export const SIGNAL = new AbortController().signal;

/** As the action's `max-memory-mb`; the peak of the process is higher, as not all that the engine takes counts. */
export const MEMORY_MIB = 1024;
const QUERY_TIMEOUT_MS = 600_000;

export function limitsOf(temporaryDirectory: string): Limits {
  return { memoryMiB: MEMORY_MIB, threads: 2, temporaryDirectory, queryTimeoutMs: QUERY_TIMEOUT_MS };
}

const quiet = (): void => undefined;

/** The real engine, without a word. */
export function quietEngine(): Promise<ScoringEngine> {
  const logger = {
    info: quiet,
    debug: quiet,
    warning: quiet,
    annotate: quiet,
    group: <T>(_: string, phase: () => Promise<T>): Promise<T> => phase(),
    progress: () => ({ update: quiet, end: quiet }),
    mask: quiet,
    untrusted: <T>(phase: (line: (text: string) => void) => Promise<T>): Promise<T> => phase(quiet),
  };
  return createDataEngine({ logger, environment: process.env, signal: SIGNAL });
}
