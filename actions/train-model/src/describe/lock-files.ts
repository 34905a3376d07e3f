import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../../../../shared/record/digest.ts';
import type { TrainingBody } from '../../../../shared/record/training-section.ts';

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

/** The lock files of a folder with their digests, sorted by name. */
export async function findLockFiles(
  directory: string,
  signal: AbortSignal,
): Promise<TrainingBody['environment']['lockFiles']> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && (LOCK_FILES.includes(entry.name) || REQUIREMENTS.test(entry.name)))
    .map((entry) => entry.name)
    .sort();
  return await Promise.all(
    names.map(async (path) => ({ path, sha256: (await hashFile(join(directory, path), signal)).sha256 })),
  );
}
