import { join } from 'node:path';
import type * as Cache from '@actions/cache';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { messageOf } from '../../../../shared/errors.ts';
import { untilAborted } from '../../../../shared/record/artifacts.ts';

/** The section's entry begins with it; what follows is the model's name and the fingerprint. */
const SECTION_PREFIX = 'trainyard-training-1';
const FILES_PREFIX = 'trainyard-files-1';
/** A repository's cache has room for some such entries (10 GB); larger files travel as artifacts or in a store. */
export const MAX_CACHED_BYTES = 200 * 1024 * 1024;
/** An entry's version is made of its paths: the folder has the same name in every job. */
const FOLDER = 'trainyard-reuse';

type Context = Pick<ActionContext, 'environment' | 'logger' | 'signal'>;

export interface CacheEntry {
  readonly key: string;
  /** Keys that begin so are near enough to explain a miss. */
  readonly nearby: string;
  /** Where the entry's files lie before it is saved and after it is restored. */
  readonly folder: string;
}

/** The entry of the section, and apart from it that of its files: a miss is explained without them. */
export function cacheEntries(
  subject: string,
  sha256: string,
  temporary: string,
): { section: CacheEntry; files: CacheEntry } {
  const entry = (prefix: string, folder: string): CacheEntry => ({
    key: `${prefix}-${subject}-${sha256}`,
    nearby: `${prefix}-${subject}-`,
    folder: join(temporary, FOLDER, subject, folder),
  });
  return { section: entry(SECTION_PREFIX, 'section'), files: entry(FILES_PREFIX, 'files') };
}

/** RUNNER_TEMP where this runner offers a cache; undefined elsewhere. */
export function cacheRoot({ environment }: Context): string | undefined {
  const offered = environment['ACTIONS_CACHE_URL'] ?? environment['ACTIONS_RESULTS_URL'] ?? '';
  const temporary = environment['RUNNER_TEMP'] ?? '';
  return offered === '' || temporary === '' ? undefined : temporary;
}

/** Does something with GitHub's cache client. The cache is a convenience: what fails in it is told, and no failure. */
export async function withCache<T>(
  what: string,
  { logger, signal }: Context,
  work: (cache: typeof Cache) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await untilAborted(async () => await work(await import('@actions/cache')), signal);
  } catch (error) {
    signal.throwIfAborted();
    logger.warning(`${what}: ${messageOf(error)}`);
    return undefined;
  }
}
