import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { arch, cpus, release, totalmem, type } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { hashFile } from '../../../shared/record/digest.ts';
import type { TrainingBody } from '../../../shared/record/training-section.ts';

/** Programs that tell their version on `--version`, by their usual names. */
const INTERPRETER = /^(python|pypy|node|Rscript|R|julia|ruby|java|deno|bun)[\d.]*(\.exe)?$/;
/** A driver that hangs must not hold the training up. */
const PROBE_TIMEOUT_MS = 10_000;

/** Files by which package managers pin what is installed. */
const LOCK_FILES = [
  'requirements.txt',
  'uv.lock',
  'poetry.lock',
  'pdm.lock',
  'Pipfile.lock',
  'pylock.toml',
  'pixi.lock',
  'conda-lock.yml',
  'environment.yml',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'renv.lock',
  'Manifest.toml',
  'Cargo.lock',
  'go.sum',
];
const REQUIREMENTS = /^requirements[A-Za-z0-9._-]*\.(txt|lock)$/;

type Environment = TrainingBody['environment'];
type Hardware = TrainingBody['hardware'];

async function probe(
  command: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
  directory?: string,
): Promise<string | undefined> {
  const [program, ...words] = command;
  try {
    const { stdout, stderr } = await promisify(execFile)(program, words, {
      env: environment,
      timeout: PROBE_TIMEOUT_MS,
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    return `${stdout}\n${stderr}`.trim();
  } catch {
    return undefined;
  }
}

/** What the training runs in: system, interpreter, pinned packages, the runner's image. */
export async function describeEnvironment(
  command: readonly [string, ...string[]],
  directory: string,
  childEnvironment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Environment> {
  const [program] = command;
  const name = basename(program);
  const told = INTERPRETER.test(name)
    ? await probe([program, '--version'], childEnvironment, directory)
    : undefined;
  const version = told === undefined ? undefined : /\d+\.\d+[^\s,;"')]*/.exec(told)?.[0];
  const { ImageOS: imageOs, ImageVersion: imageVersion } = childEnvironment;
  return {
    os: `${type()} ${release()} ${arch()}`,
    interpreter: version === undefined ? null : { name, version },
    lockFiles: await findLockFiles(directory, signal),
    image: imageOs === undefined ? null : `${imageOs}${imageVersion === undefined ? '' : ` ${imageVersion}`}`,
    packages: [],
    variables: {},
  };
}

async function findLockFiles(directory: string, signal: AbortSignal): Promise<Environment['lockFiles']> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && (LOCK_FILES.includes(entry.name) || REQUIREMENTS.test(entry.name)))
    .map((entry) => entry.name)
    .sort();
  return await Promise.all(
    names.map(async (path) => ({ path, sha256: (await hashFile(join(directory, path), signal)).sha256 })),
  );
}

/** What the training runs on. */
export async function describeHardware(
  childEnvironment: NodeJS.ProcessEnv,
  runner: string | null,
): Promise<Hardware> {
  const told = await probe(
    ['nvidia-smi', '--query-gpu=name,memory.total', '--format=csv,noheader,nounits'],
    childEnvironment,
  );
  const processors = cpus();
  return {
    cpus: processors.length,
    cpuModel: processors[0]?.model.trim() ?? null,
    memoryBytes: totalmem(),
    gpus: parseGpus(told ?? ''),
    runner,
  };
}

/** Reads lines of `name, MiB`; a value may be `[N/A]` or `[Not Supported]`. */
export function parseGpus(text: string): Hardware['gpus'] {
  return text.split('\n').flatMap((line) => {
    const [, name, memory] = /^(.+?),\s*([^,]*)$/.exec(line.trim()) ?? [];
    if (name === undefined || memory === undefined) return [];
    const memoryMiB = /^\d+(\.\d+)?$/.test(memory) ? Number(memory) : null;
    return [{ name, memoryMiB, uuid: null, driver: null, capability: null, mig: false }];
  });
}
