import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../shared/action/logger.ts';
import { createDataEngine } from '../../shared/data/create-engine.ts';
import type { DataEngine, Limits } from '../../shared/data/engine.ts';

/** A logger that keeps its lines; a test asks for them where they matter. */
export function keepingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string): void => void lines.push(message);
  return {
    lines,
    info: keep,
    debug: keep,
    warning: keep,
    annotate: ({ message }) => keep(message),
    group: (_, phase) => phase(),
    progress: () => ({ update: () => undefined, end: () => undefined }),
    mask: () => undefined,
    untrusted: (phase) => phase(keep),
  };
}

export const LIMITS: Omit<Limits, 'temporaryDirectory'> = {
  memoryMiB: 512,
  threads: 2,
  queryTimeoutMs: 60_000,
};

/** The real engine, DuckDB. */
export async function openEngine(): Promise<DataEngine & AsyncDisposable> {
  const signal = new AbortController().signal;
  const engine = await createDataEngine({ logger: keepingLogger(), environment: process.env, signal });
  return {
    open: (...parameters) => engine.open(...parameters),
    run: (...parameters) => engine.run(...parameters),
    derive: (...parameters) => engine.derive(...parameters),
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'trainyard-evaluation-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
