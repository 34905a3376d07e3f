import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as Cache from '@actions/cache';
import type { Logger } from '../action/logger.ts';
import { messageOf } from '../errors.ts';
import type { NativeLibrary } from './native.ts';
import { digestOfTree } from './tree.ts';

/** One build of a library, as it is cached. */
export interface Build {
  readonly library: NativeLibrary;
  readonly version: string;
  readonly platform: string;
  /** The digest over all its files that the table in the repository demands. */
  readonly tree: string;
}

/** The folder that a build has on this machine: in the runner's tool cache, or in the user's cache. */
export function cacheFolderOf(build: Build, environment: NodeJS.ProcessEnv): string {
  const root =
    given(environment['RUNNER_TOOL_CACHE']) ??
    given(environment['XDG_CACHE_HOME']) ??
    join(given(environment['HOME']) ?? homedir(), '.cache');
  return join(root, 'trainyard', build.library, build.version, build.platform);
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

/** True where the folder holds exactly the build that the table demands. */
export async function isVerified(folder: string, build: Build, signal: AbortSignal): Promise<boolean> {
  return existsSync(folder) && (await digestOfTree(folder, signal)) === build.tree;
}

/**
 * Puts a build into place. `fill` writes into a new folder beside it, which is verified and then renamed, so that
 * another process sees all of it or nothing; of two that fill at once the first stays.
 */
export async function install(
  folder: string,
  build: Build,
  signal: AbortSignal,
  fill: (target: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const target = await mkdtemp(`${folder}.new-`);
  try {
    await fill(target);
    const found = await digestOfTree(target, signal);
    if (found !== build.tree) {
      throw new Error(`the unpacked files have digest ${found}, the pinned build has ${build.tree}`);
    }
    await moveIntoPlace(target, folder, build, signal);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function moveIntoPlace(
  target: string,
  folder: string,
  build: Build,
  signal: AbortSignal,
): Promise<void> {
  if (await isVerified(folder, build, signal)) return;
  if (existsSync(folder)) {
    // What is there is broken or forged. Away with it in one step, as another process may be doing the same.
    const old = `${target}.old`;
    await rename(folder, old).catch(() => undefined);
    await rm(old, { recursive: true, force: true });
  }
  try {
    await rename(target, folder);
  } catch (error) {
    if (!(await isVerified(folder, build, signal))) throw error;
  }
}

/** GitHub's cache between jobs. It is a convenience: what fails in it is told, and never stops the work. */
export interface SharedCache {
  restore(): Promise<void>;
  save(): Promise<void>;
}

/** GitHub's cache for one build's folder; undefined where no runner offers one. */
export function sharedCacheOf(
  folder: string,
  build: Build,
  { environment, logger }: { readonly environment: NodeJS.ProcessEnv; readonly logger: Logger },
): SharedCache | undefined {
  const offered = given(environment['ACTIONS_CACHE_URL']) ?? given(environment['ACTIONS_RESULTS_URL']);
  if (offered === undefined || given(environment['RUNNER_TOOL_CACHE']) === undefined) return undefined;
  const key = `trainyard-${build.library}-${build.version}-${build.platform}-${build.tree.slice(0, 12)}`;
  const attempt = async (what: string, work: (cache: typeof Cache) => Promise<unknown>) => {
    try {
      await work(await import('@actions/cache'));
    } catch (error) {
      logger.warning(`The cache entry ${key} could not be ${what}: ${messageOf(error)}`);
    }
  };
  return {
    restore: () => attempt('read', (cache) => cache.restoreCache([folder], key)),
    save: () => attempt('written', (cache) => cache.saveCache([folder], key)),
  };
}
