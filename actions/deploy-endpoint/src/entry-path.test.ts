import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryPath } from './entry-path.ts';

let folder: string;
const touch = async (path: string): Promise<string> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), '');
  return join(folder, path);
};
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-entry-')));
  await touch('dist/deploy-endpoint/supervisor.js');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('entryPath', () => {
  it.each(['dist/deploy-endpoint/index.js', 'dist/cli/index.js'])('of %s is built', async (script) => {
    expect(entryPath('supervisor', await touch(script))).toBe(
      join(folder, 'dist/deploy-endpoint/supervisor.js'),
    );
  });

  it('of a link in node_modules/.bin is that of its target', async () => {
    const script = await touch('dist/cli/index.js');
    await mkdir(join(folder, 'bin'));
    await symlink(script, join(folder, 'bin', 'trainyard'));
    expect(entryPath('supervisor', join(folder, 'bin', 'trainyard'))).toBe(
      join(folder, 'dist/deploy-endpoint/supervisor.js'),
    );
  });

  it('of source is source', () => {
    const here = fileURLToPath(new URL('.', import.meta.url));
    expect(entryPath('worker', join(here, 'index.ts'))).toBe(join(here, 'entries', 'worker.ts'));
  });

  it('is missed where the build is not whole', async () => {
    const script = await touch('dist/cli/index.js');
    expect(() => entryPath('worker', script)).toThrow(/The program "worker" .* is not beside/);
  });
});
