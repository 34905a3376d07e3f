import type { Logger } from '../action/logger.ts';
import { loadNative } from '../native/load.ts';
import type { ScoringEngine } from './engine.ts';

export interface EngineOptions {
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** DuckDB's native file that the user named, instead of a download. */
  readonly path?: string | undefined;
}

/** Where shared/native/duckdb-bindings looks for the binding: @duckdb/node-api imports that package when it is loaded. */
const BINDING = Symbol.for('trainyard.duckdb-binding');

/** The embedded engine, DuckDB; its native part is loaded first. */
export async function createDataEngine(options: EngineOptions): Promise<ScoringEngine> {
  if (!Reflect.has(globalThis, BINDING)) {
    Reflect.set(globalThis, BINDING, await loadNative('duckdb', options));
  }
  const { DuckDbEngine } = await import('./duckdb.ts');
  return new DuckDbEngine();
}
