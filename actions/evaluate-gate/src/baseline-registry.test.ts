import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaselineOptions } from './baseline.ts';
import { registryInReach } from './baseline-registry.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'ty-reach-')));
  await mkdir(join(folder, 'workspace', 'own'), { recursive: true });
  await mkdir(join(folder, 'outside'));
  await symlink(join(folder, 'outside'), join(folder, 'workspace', 'link'));
  await symlink(join(folder, 'not', 'yet'), join(folder, 'workspace', 'dangling'));
  await symlink(join(folder, 'workspace', 'own'), join(folder, 'back'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function reached(registry: string | undefined, event = 'pull_request', host = 'github'): boolean {
  const workspace = join(folder, 'workspace');
  const context = { origin: { event }, host: { kind: host }, workspace, workingDirectory: workspace };
  return registryInReach({ inputs: { registry }, context } as unknown as BaselineOptions);
}

describe('a registry within reach of the change under test', () => {
  it.each([
    ['a folder of its workspace', () => 'directory:own'],
    ['the same by its whole path', () => `directory: ${join(folder, 'workspace', 'own')} `],
    ['a link of its workspace that leads out of it', () => `directory:${join(folder, 'workspace', 'link')}`],
    ['a link that leads nowhere yet', () => `directory:${join(folder, 'workspace', 'dangling')}`],
    ['a link from outside into it', () => `directory:${join(folder, 'back')}`],
  ])('is %s', (_what, registry) => {
    expect(reached(registry())).toBe(true);
    expect(reached(registry(), 'push')).toBe(false);
    expect(reached(registry(), 'pull_request', 'terminal')).toBe(false);
  });

  it('is no folder outside of it, and none that another machine keeps', () => {
    expect(reached(`directory:${join(folder, 'outside')}`)).toBe(false);
    expect(reached('github-release')).toBe(false);
    expect(reached(undefined)).toBe(false);
  });
});
