import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { InfrastructureError, messageOf } from '../errors.ts';
import { isInside } from '../action/contained-path.ts';
import { temporaryRoot } from '../runner-temp.ts';

const run = promisify(execFile);

/** The largest tarball has 114 MB: ten minutes are enough at 200 kB a second. */
const PACK_TIMEOUT_MS = 600_000;

/**
 * npm would wait for minutes where there is no network. The least wait is given too: npm's own, ten seconds, is more
 * than this most, and npm then ends with an error before it asks anything that its cache does not hold.
 */
const FEW_RETRIES = [
  ...['--fetch-retries', '1'],
  ...['--fetch-retry-mintimeout', '1000', '--fetch-retry-maxtimeout', '5000'],
];

/**
 * What npm is given. An npm_config_* variable or a token of the step must not reach it; the machine's own registry,
 * mirror and certificates come from the user's and the global npmrc.
 */
const PASSED_VARIABLES = [
  ...['PATH', 'HOME', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  // A proxy that opens TLS is trusted by these; they add an authority, and what arrives is verified all the same.
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  // Without these no program starts, and no user's configuration is found, on Windows.
  ...['Path', 'SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP'],
];

/** npm's program, beside node or on PATH; never one that the workspace holds. */
export function findNpm(environment: NodeJS.ProcessEnv, execPath: string): string | undefined {
  const beside = dirname(realpathSync(execPath));
  const cli = join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const workspace = environment['GITHUB_WORKSPACE'];
  const trusted = (folder: string): boolean =>
    isAbsolute(folder) && (workspace === undefined || workspace === '' || !isInside(workspace, folder));
  const folders = (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter).filter(trusted);
  return [
    join(beside, cli),
    join(beside, '..', 'lib', cli),
    ...folders.flatMap((folder) => [resolved(join(folder, 'npm')), join(folder, cli)]),
  ].find((path) => basename(path) === 'npm-cli.js' && existsSync(path));
}

function resolved(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** A packed tarball in a folder of its own; disposing removes the folder. */
export interface Packed extends AsyncDisposable {
  readonly tarball: string;
}

/**
 * Downloads one package as `npm pack` would, in an empty folder, so that no .npmrc of the workspace configures it.
 * Nothing of the package is run. What arrives is not verified here.
 */
export async function packPackage(
  specifier: string,
  options: {
    readonly environment: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly execPath?: string;
  },
): Promise<Packed> {
  const { environment, signal, execPath = process.execPath } = options;
  const npm = findNpm(environment, execPath);
  if (npm === undefined) throw new InfrastructureError('npm was found neither beside node nor on PATH.');
  const folder = await mkdtemp(join(temporaryRoot(environment), 'trainyard-npm-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const passed = PASSED_VARIABLES.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  try {
    // --prefix: npm takes this folder for the project, and looks for no other above it.
    const words = ['pack', specifier, '--ignore-scripts', '--prefix', folder, '--pack-destination', folder];
    words.push(...FEW_RETRIES);
    await run(execPath, [npm, ...words, '--loglevel', 'error', '--no-update-notifier'], {
      cwd: folder,
      env: Object.fromEntries(passed),
      signal,
      timeout: PACK_TIMEOUT_MS,
      windowsHide: true,
    });
    const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    if (name === undefined) throw new Error('npm pack wrote no tarball');
    return { tarball: join(folder, name), [Symbol.asyncDispose]: dispose };
  } catch (cause) {
    await dispose();
    signal.throwIfAborted();
    throw new InfrastructureError(`npm pack ${specifier} failed: ${lastWords(cause)}`, { cause });
  }
}

function lastWords(error: unknown): string {
  const stderr =
    error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  return stderr.trim() === '' ? messageOf(error).split('\n', 1).join('') : stderr.trim().slice(-500);
}
