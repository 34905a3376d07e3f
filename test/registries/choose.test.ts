import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Origin } from '../../shared/github/code-host.ts';
import { openRegistry } from '../../shared/registries/choose.ts';
import type { ModelRegistry } from '../../shared/registries/registry.ts';
import { keepingLogger } from '../evaluation/engine.ts';
import { startFakeGitHub } from '../github/fake-github.ts';
import { publish } from './contract.ts';
import { terminalOrigin } from '../terminal-origin.ts';

const NEVER = new AbortController().signal;

const ORIGIN = terminalOrigin({ event: 'push', runId: '1', runNumber: 1 });

function open(
  value: string,
  options: { workspace: string; environment?: NodeJS.ProcessEnv; origin?: Partial<Origin>; token?: string },
): Promise<ModelRegistry> {
  const { workspace, environment = {}, origin, token } = options;
  return openRegistry('registry', value, {
    workspace,
    workingDirectory: workspace,
    environment,
    logger: keepingLogger(),
    origin: { ...ORIGIN, ...origin },
    signal: NEVER,
    token,
  });
}

describe('openRegistry', () => {
  it('opens a directory that does not exist yet, by the name that the user wrote', async () => {
    const workspace = await realpath(await mkdtemp(join(tmpdir(), 'choose-')));
    try {
      const registry = await open('directory: models ', { workspace });
      expect(registry.name).toBe('directory: models ');
      expect(await registry.list('digits', NEVER)).toEqual([]);
    } finally {
      await rm(workspace, { recursive: true });
    }
  });

  it('tells a folder that cannot be made as the failure of the machine, by the name that the user wrote', async () => {
    const workspace = await realpath(await mkdtemp(join(tmpdir(), 'choose-')));
    try {
      await writeFile(join(workspace, 'file'), 'kept');
      await symlink(join(workspace, 'nowhere', 'deeper'), join(workspace, 'link'));
      for (const value of ['directory:file/models', 'directory:link']) {
        const registry = await open(value, { workspace });
        await expect(publish(registry, workspace, 'first')).rejects.toMatchObject({
          name: 'InfrastructureError',
          message: expect.stringContaining(`The registry ${value} cannot be read or written: `) as unknown,
          remedy: expect.stringContaining('Name another folder.') as unknown,
        });
      }
    } finally {
      await rm(workspace, { recursive: true });
    }
  });

  it('leaves other errors of a registry as they are', async () => {
    const workspace = await realpath(await mkdtemp(join(tmpdir(), 'choose-')));
    try {
      await writeFile(join(workspace, 'file'), 'kept');
      const registry = await open('directory:file', { workspace });
      await expect(registry.list('digits', NEVER)).rejects.toThrow(
        /^The registry directory:file is a file\.$/,
      );
    } finally {
      await rm(workspace, { recursive: true });
    }
  });

  it('names what is accepted, with the nearest first', async () => {
    await expect(open('github-releases', { workspace: '/' })).rejects.toMatchObject({
      message: 'Input "registry" is "github-releases": there is no registry "github-releases".',
      remedy: expect.stringMatching(
        /^Did you mean "github-release"\? Accepted: directory, github-release\./,
      ) as unknown,
    });
  });

  it('asks for a token and a repository before it opens releases', async () => {
    const options = { workspace: '/', origin: { repository: 'acme/digits' } };
    await expect(open('github-release', options)).rejects.toMatchObject({
      message: expect.stringContaining('there is no token') as unknown,
      remedy: expect.stringContaining('contents: write') as unknown,
    });
    for (const repository of ['acme', 'acme/', '/digits', 'a/b/c']) {
      const environment = { GITHUB_REPOSITORY: repository };
      await expect(open('github-release', { workspace: '/', environment, token: 't' })).rejects.toThrow(
        /is not known/,
      );
    }
  });

  it("opens the releases of the run's repository", async () => {
    await using fake = await startFakeGitHub();
    const { sha } = fake.commit({ a: 'b' }, { ref: 'refs/heads/main' });
    const folder = await mkdtemp(join(tmpdir(), 'choose-'));
    try {
      const registry = await open('github-release', {
        workspace: folder,
        environment: { GITHUB_API_URL: fake.url },
        origin: { repository: fake.repository, headSha: sha },
        token: fake.defaultToken,
      });
      expect((await publish(registry, folder, 'first')).version.version).toBe('v1');
      expect(registry.name).toBe('github-release');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
