// Brings what `npm run demo` and `npm test` need into a bare clone. Runs on any Node from 20 on and needs no package.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const REQUIREMENTS = 'examples/digits/requirements.txt';
/** Written last into a folder that is complete, with the digest of what it was made from. */
const STAMP = '.trainyard-setup';
const OLDEST_PYTHON = 10;
/** The newest minor version of Python 3 that the requirements were tried with; a newer one is only taken for want of it. */
const NEWEST_TRIED_PYTHON = 13;
const WINDOWS = process.platform === 'win32';

/** An error whose message is all that a user needs to see. */
export class SetupError extends Error {}

const digestOf = (...paths) => {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
};

const isMadeFrom = (folder, digest) => {
  const stamp = join(ROOT, folder, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
};

/** What the caller's package manager or shell left in the environment must not change what is installed. */
export function cleanEnvironment(environment) {
  const dropped =
    /^(npm_(lifecycle|package|command|execpath|node_execpath|config_(local_)?prefix)|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|PYTHON(PATH|HOME)$|PIP_(TARGET|PREFIX|USER|REQUIRE_VIRTUALENV)$|VIRTUAL_ENV$)/;
  const kept = Object.entries(environment).filter(([name]) => !dropped.test(name));
  const path = (environment.PATH ?? '')
    .split(delimiter)
    // `npm ci` deletes this folder, with the Node that it would otherwise run on.
    .filter((entry) => !entry.endsWith(`node_modules${sep}.bin`));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

function run(command, args, remedy) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: cleanEnvironment(process.env),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: WINDOWS,
  });
  if (result.status === 0) return;
  const tail = `${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd().split('\n').slice(-40).join('\n');
  const why = result.error?.message ?? `exit code ${result.status ?? result.signal}`;
  throw new SetupError(`${tail}\n\n"${[command, ...args].join(' ')}" failed: ${why}.\n${remedy}`);
}

function timed(what, work) {
  process.stderr.write(`set-up: ${what} …\n`);
  const start = Date.now();
  work();
  process.stderr.write(`set-up: … done in ${((Date.now() - start) / 1000).toFixed(0)} s\n`);
}

/** The minor version of a Python 3 that can make virtual environments; undefined for any other program. */
function pythonVersion(command) {
  const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';
  const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8', shell: WINDOWS });
  const minor = status === 0 ? /^3\.(\d+)\s*$/.exec(stdout)?.[1] : undefined;
  return minor === undefined ? undefined : Number(minor);
}

function findPython() {
  const asked = process.env.PYTHON;
  const numbered = [];
  for (let minor = NEWEST_TRIED_PYTHON; minor >= OLDEST_PYTHON; minor -= 1) numbered.push(`python3.${minor}`);
  const names = asked ? [asked] : ['python3', ...numbered, 'python'];
  const found = names
    .map((name) => ({ name, minor: pythonVersion(name) }))
    .filter(({ minor }) => minor !== undefined && minor >= OLDEST_PYTHON);
  const best = found.find(({ minor }) => minor <= NEWEST_TRIED_PYTHON) ?? found[0];
  if (best !== undefined) return best;
  throw new SetupError(
    `No Python from 3.${OLDEST_PYTHON} on with the modules venv and ensurepip was found. Looked for: ${names.join(', ')}.\n` +
      'Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or set PYTHON to its path.',
  );
}

function installPackages() {
  const digest = digestOf('package.json', 'package-lock.json', '.npmrc');
  if (isMadeFrom('node_modules', digest)) return;
  timed('installing the packages of package-lock.json (npm ci)', () => {
    run(
      'npm',
      ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
      'Is the npm registry reachable? The full log is in the folder that npm names above.',
    );
  });
  writeFileSync(join(ROOT, 'node_modules', STAMP), digest);
}

function installPython() {
  const digest = digestOf(REQUIREMENTS);
  if (isMadeFrom('.venv', digest)) return;
  const { name, minor } = findPython();
  timed(`making .venv with Python 3.${minor} and ${REQUIREMENTS}`, () => {
    // A folder without the right stamp is half made or of other requirements.
    rmSync(join(ROOT, '.venv'), { recursive: true, force: true });
    run(name, ['-m', 'venv', '.venv'], 'Is the module venv complete?');
    run(
      join(ROOT, '.venv', WINDOWS ? 'Scripts' : 'bin', 'python'),
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-compile',
        '--require-hashes',
        '--only-binary=:all:',
        '-r',
        REQUIREMENTS,
      ],
      'Is the Python package index reachable, and has it wheels for this platform?',
    );
  });
  writeFileSync(join(ROOT, '.venv', STAMP), digest);
}

/** Makes node_modules and .venv where they are missing or made from something else. Does nothing otherwise. */
export function setUp() {
  installPackages();
  installPython();
}

/** The Node that everything runs on: the version that GitHub's runner uses, whatever the machine's own is. */
export function findNode() {
  const installed = join(ROOT, 'node_modules', '.bin', WINDOWS ? 'node.cmd' : 'node');
  if (existsSync(installed)) return installed;
  if (process.versions.node.startsWith('24.')) return process.execPath;
  throw new SetupError(
    `There is no package with Node 24 for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}.\n` +
      'Install Node 24 and run the command again with it.',
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
