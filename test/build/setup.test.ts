import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/action-file.ts';

const MADE_FROM = {
  node_modules: ['package.json', 'package-lock.json', '.npmrc'],
  '.venv': ['examples/digits/requirements.txt'],
};
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'setup-'));
  for (const path of ['scripts/setup.mjs', ...Object.values(MADE_FROM).flat()]) {
    await cp(join(ROOT, path), join(folder, path));
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** Marks a folder as made from what lies in the repository. */
async function stamp(made: keyof typeof MADE_FROM): Promise<void> {
  const hash = createHash('sha256');
  for (const path of MADE_FROM[made]) hash.update(await readFile(join(folder, path)));
  await mkdir(join(folder, made));
  await writeFile(join(folder, made, '.trainyard-setup'), hash.digest('hex'));
}

async function setUp(environment: Record<string, string>): Promise<{ code: number; stderr: string }> {
  try {
    const { stderr } = await promisify(execFile)(process.execPath, [join(folder, 'scripts/setup.mjs')], {
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    });
    return { code: 0, stderr };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, stderr };
  }
}

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, 'bin', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

describe('setup', () => {
  it('does nothing where all is made from what the repository says', async () => {
    await stamp('node_modules');
    await stamp('.venv');
    expect(await setUp({ PATH: '/nonexistent' })).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['is missing', undefined],
    ['is too old', 'echo 3.9'],
    ['has no venv', 'exit 1'],
    ['is another program', 'echo hello'],
  ])('says what to install where Python %s', async (_, text) => {
    await stamp('node_modules');
    const python = text === undefined ? '/nonexistent/python' : await program('old-python', text);
    const { code, stderr } = await setUp({ PYTHON: python });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `No Python from 3.10 on with the modules venv and ensurepip was found. Looked for: ${python}.\n` +
        'Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or set PYTHON to its path.\n',
    );
  });

  it('installs exactly what the lock file says, in a clean environment, once it differs from what is there', async () => {
    await stamp('.venv');
    await program('npm', 'echo "$@" > called; env > environment; exit 7');
    const { code, stderr } = await setUp({
      PATH: [join(folder, 'bin'), join(folder, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(
        delimiter,
      ),
      NODE_ENV: 'production',
      npm_lifecycle_event: 'test',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('failed: exit code 7.');
    expect(await readFile(join(folder, 'called'), 'utf8')).toMatch(/^ci --ignore-scripts /);
    const environment = await readFile(join(folder, 'environment'), 'utf8');
    expect(environment).not.toMatch(/NODE_ENV|npm_lifecycle|node_modules\/\.bin/);
  });
});
