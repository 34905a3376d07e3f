import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import type { Logger } from '../action/logger.ts';
import { InfrastructureError, isExpected, messageOf, UsageError } from '../errors.ts';
import { cacheFolderOf, install, isVerified, sharedCacheOf } from './cache.ts';
import { placeOf } from './decide/layout.ts';
import { extractTarball } from './extract.ts';
import type { NativeLibrary } from './native.ts';
import { packPackage } from './npm-pack.ts';
import { findOwnModule } from './own-modules.ts';
import { buildFor, PINS, type PinnedBuild, type Pins } from './pins.ts';
import { currentRuntime, platformOf } from './platform.ts';
import { digestOf } from './tree.ts';

export interface LoadOptions {
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** A file or folder that the user named, instead of a download. */
  readonly path?: string | undefined;
  /** Default: the runtime of this process. */
  readonly platform?: string;
  /** Default: the table in the repository. */
  readonly pins?: Pins;
  /** The program whose neighbours are trusted; default: the running one. */
  readonly program?: string | undefined;
}

/** How each library is found and entered. */
const LIBRARIES: Readonly<
  Record<
    NativeLibrary,
    {
      variable: string;
      input: string;
      module: (platform: string) => string;
      entry: (folder: string) => string;
    }
  >
> = {
  duckdb: {
    variable: 'DUCKDB_NODE_PATH',
    input: 'duckdb-path',
    module: (platform) => `@duckdb/node-bindings-${platform}`,
    entry: (folder) => join(folder, 'duckdb.node'),
  },
  onnxruntime: {
    variable: 'ONNXRUNTIME_NODE_PATH',
    input: 'onnxruntime-path',
    module: () => 'onnxruntime-node',
    entry: (folder) => folder,
  },
};

/**
 * Loads a native library: from the path that the user named, from beside our own program, or from a cache that is
 * filled by `npm pack` at need. What was downloaded or cached is verified against the table in the repository, and a
 * file that is not pinned there is never loaded.
 */
export async function loadNative(library: NativeLibrary, options: LoadOptions): Promise<unknown> {
  const path = await locateNative(library, options);
  options.logger.debug(`${library}: ${path}`);
  try {
    return createRequire(join(path, 'package.json'))(path) as unknown;
  } catch (cause) {
    throw new InfrastructureError(`${library} could not be loaded from ${path}: ${messageOf(cause)}`, {
      remedy: `Name another build by ${settingOf(library)}.`,
      cause,
    });
  }
}

/** The path to require a native library from; downloads it where it is nowhere yet. */
export async function locateNative(library: NativeLibrary, options: LoadOptions): Promise<string> {
  const { environment, pins = PINS, program = process.argv[1] } = options;
  const { variable, module, entry } = LIBRARIES[library];
  const named = options.path ?? environment[variable];
  if (named !== undefined && named !== '') return namedPath(named, variable, entry);

  const platform = options.platform ?? platformOf(currentRuntime());
  const build = buildFor(library, platform, pins);
  const own = findOwnModule(program, module(platform), build.version);
  if (own !== undefined) return entry(own);

  const folder = await cached(build, options);
  return entry(library === 'duckdb' ? folder : join(folder, 'node_modules', module(platform)));
}

function namedPath(named: string, variable: string, entry: (folder: string) => string): string {
  const path = isAbsolute(named) ? named : resolve(named);
  const found = existsSync(path) && statSync(path).isDirectory() ? entry(path) : path;
  if (existsSync(found)) return found;
  throw new UsageError(`${variable} (or the input that stands for it) is "${named}", which does not exist.`, {
    remedy: 'Name the native file, or the folder of the package that holds it.',
  });
}

/** How a user names a build of their own. */
function settingOf(library: NativeLibrary): string {
  const { variable, input } = LIBRARIES[library];
  return `the input "${input}" or the environment variable ${variable}`;
}

/** What the file system answers where the cache cannot be written; no registry helps against these. */
const UNWRITABLE = new Set(['EACCES', 'EDQUOT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS']);

function isUnwritable(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && UNWRITABLE.has(error.code)
  );
}

async function cached(build: PinnedBuild, options: LoadOptions): Promise<string> {
  const { environment, logger, signal } = options;
  const folder = cacheFolderOf(build, environment);
  if (await isVerified(folder, build, signal)) return folder;
  const shared = sharedCacheOf(folder, build, options);
  if (shared !== undefined) {
    await shared.restore();
    if (await isVerified(folder, build, signal)) return folder;
  }
  logger.info(`Fetching ${build.library} ${build.version} for ${build.platform}`);
  try {
    await install(folder, build, signal, async (target) => {
      for (const pinned of build.packages) await unpack(build, pinned, target, options);
    });
  } catch (error) {
    signal.throwIfAborted();
    const first = isUnwritable(error)
      ? 'Let this user write there (RUNNER_TOOL_CACHE or XDG_CACHE_HOME names another cache)'
      : 'Allow this machine to reach an npm registry';
    const remedy = `${first}, or name a build by ${settingOf(build.library)}.`;
    throw new InfrastructureError(
      `${build.library} ${build.version} could not be fetched: ${isExpected(error) ? error.message : messageOf(error)}`,
      { remedy, cause: error },
    );
  }
  await shared?.save();
  return folder;
}

async function unpack(
  build: PinnedBuild,
  pinned: PinnedBuild['packages'][number],
  target: string,
  { environment, signal }: LoadOptions,
): Promise<void> {
  await using packed = await packPackage(`${pinned.name}@${build.version}`, { environment, signal });
  const found = `sha512-${await digestOf(packed.tarball, 'sha512', 'base64', signal)}`;
  if (found !== pinned.integrity) {
    throw new Error(`${pinned.name}@${build.version} is ${found}, pinned is ${pinned.integrity}`);
  }
  const place = (entry: string): string | undefined =>
    placeOf(build.library, pinned.name, build.platform, entry);
  await extractTarball(packed.tarball, target, place, signal);
}
