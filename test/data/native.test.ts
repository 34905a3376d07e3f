import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { cacheFolderOf, install, isVerified, sharedCacheOf } from '../../shared/native/cache.ts';
import { loadNative, locateNative } from '../../shared/native/load.ts';
import { findNpm, packPackage } from '../../shared/native/npm-pack.ts';
import { findOwnModule } from '../../shared/native/own-modules.ts';
import { buildFor, PINS } from '../../shared/native/pins.ts';
import { currentRuntime, glibcVersionOf, platformOf } from '../../shared/native/platform.ts';
import { digestOfTree } from '../../shared/native/tree.ts';
import { recordingLogger } from './scene.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const here = platformOf(currentRuntime());

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-native-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** True where the registry that this machine is set up for answers. */
async function online(): Promise<boolean> {
  const npm = findNpm(process.env, process.execPath);
  if (npm === undefined) return false;
  return run(process.execPath, [npm, 'view', 'onnxruntime-common@1.30.0', 'version'], {
    timeout: 30_000,
  }).then(
    () => true,
    () => false,
  );
}
const registryAnswers = await online();
const inCi = process.env['CI'] === 'true';

/** An npm that packs nothing of its own: it copies a tarball, so that the steps after it can be seen to fail. */
async function fakeNpm(script: string): Promise<NodeJS.ProcessEnv> {
  const cli = join(folder, 'npm', 'npm-cli.js');
  await mkdir(join(folder, 'npm'));
  await writeFile(cli, script);
  await symlink(cli, join(folder, 'npm', 'npm'));
  return { PATH: join(folder, 'npm'), HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') };
}

/** A node without npm beside it. */
async function lonelyNode(): Promise<string> {
  const path = join(folder, 'lonely', 'node');
  await mkdir(join(folder, 'lonely'));
  await writeFile(path, '');
  await chmod(path, 0o755);
  return path;
}

describe('the table of pins', () => {
  it('has DuckDB for every platform that users have', () => {
    expect(Object.keys(PINS.duckdb.builds).sort()).toEqual([
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64',
      'linux-arm64-musl',
      'linux-x64',
      'linux-x64-musl',
      'win32-arm64',
      'win32-x64',
    ]);
  });

  it.skipIf(!registryAnswers && !inCi)('agrees with the registry', { timeout: 120_000 }, async () => {
    const npm = findNpm(process.env, process.execPath) ?? '';
    const pinned = Object.values(PINS).flatMap(({ version, builds }) =>
      Object.values(builds).flatMap(({ packages }) => packages.map((one) => ({ ...one, version }))),
    );
    const byName = new Map(pinned.map((one) => [one.name, one]));
    expect(byName.size).toBe(10);
    for (const { name, version, integrity } of byName.values()) {
      const { stdout } = await run(process.execPath, [npm, 'view', `${name}@${version}`, 'dist.integrity']);
      expect(`${name} ${stdout.trim()}`).toBe(`${name} ${integrity}`);
    }
  });

  it('names the platforms that have a build where this one has none', () => {
    expect(() => buildFor('onnxruntime', 'darwin-x64')).toThrow(InfrastructureError);
    expect(() => buildFor('onnxruntime', 'linux-x64-musl')).toThrow('no build for linux-x64-musl');
    expect(() => buildFor('duckdb', 'freebsd-x64')).toThrow('DuckDB');
    try {
      buildFor('onnxruntime', 'darwin-x64');
    } catch (error) {
      expect(error).toMatchObject({
        remedy:
          'Use a runner of one of these platforms: linux-x64, linux-arm64, darwin-arm64, win32-x64, win32-arm64.',
      });
    }
  });
});

describe('the platform', () => {
  it.each([
    [{ platform: 'linux', arch: 'x64', glibcVersion: '2.36' }, 'linux-x64'],
    [{ platform: 'linux', arch: 'arm64', glibcVersion: undefined }, 'linux-arm64-musl'],
    [{ platform: 'darwin', arch: 'arm64', glibcVersion: undefined }, 'darwin-arm64'],
  ])('%j is %s', (runtime, name) => {
    expect(platformOf(runtime)).toBe(name);
  });

  it.each([[undefined], [null], [{}], [{ header: null }], [{ header: { glibcVersionRuntime: 3 } }]])(
    'has no glibc in %j',
    (report) => {
      expect(glibcVersionOf(report)).toBeUndefined();
    },
  );
});

describe('a path that the user named', () => {
  it('is taken, as a file or as the folder that holds it', async () => {
    await writeFile(join(folder, 'duckdb.node'), 'not really');
    const options = { logger: recordingLogger(), environment: {}, signal };
    expect(await locateNative('duckdb', { ...options, path: folder })).toBe(join(folder, 'duckdb.node'));
    const environment = { DUCKDB_NODE_PATH: join(folder, 'duckdb.node') };
    expect(await locateNative('duckdb', { ...options, environment })).toBe(join(folder, 'duckdb.node'));
    await expect(loadNative('duckdb', { ...options, environment })).rejects.toThrow('could not be loaded');
  });

  it('that does not exist is an error', async () => {
    const environment = { ONNXRUNTIME_NODE_PATH: join(folder, 'gone') };
    const loading = loadNative('onnxruntime', { logger: recordingLogger(), environment, signal });
    await expect(loading).rejects.toThrow(UsageError);
    await expect(loading).rejects.toThrow('ONNXRUNTIME_NODE_PATH');
  });
});

describe('modules beside our own program', () => {
  it('count only in the pinned version, and never those of the workspace', async () => {
    const program = join(folder, 'trainyard', 'dist', 'x', 'index.js');
    const module = join(folder, 'trainyard', 'node_modules', '@duckdb', `node-bindings-${here}`);
    await mkdir(join(folder, 'trainyard', 'dist', 'x'), { recursive: true });
    await mkdir(module, { recursive: true });
    await writeFile(program, '');
    await writeFile(join(folder, 'trainyard', 'package.json'), '{"name":"trainyard"}');
    await writeFile(join(module, 'package.json'), `{"version":"${PINS.duckdb.version}"}`);
    const name = `@duckdb/node-bindings-${here}`;
    expect(findOwnModule(program, name, PINS.duckdb.version)).toBe(module);
    expect(findOwnModule(program, name, '0.0.1')).toBeUndefined();
    expect(findOwnModule(undefined, name, PINS.duckdb.version)).toBeUndefined();

    const options = { logger: recordingLogger(), environment: {}, signal };
    expect(await locateNative('duckdb', { ...options, program })).toBe(join(module, 'duckdb.node'));
    await writeFile(join(folder, 'trainyard', 'package.json'), '{"name":"somebody-elses"}');
    expect(findOwnModule(program, name, PINS.duckdb.version)).toBeUndefined();
  });
});

describe('the cache', () => {
  const build = (tree: string) => ({ library: 'duckdb', version: '1', platform: 'p', tree }) as const;
  const fill = (content: string) => async (target: string) => {
    await mkdir(join(target, 'a'));
    await writeFile(join(target, 'a', 'b'), content);
  };

  async function treeOf(content: string): Promise<string> {
    const target = await mkdtemp(join(folder, 'tree-'));
    await fill(content)(target);
    return digestOfTree(target, signal);
  }

  it('has its place in the tool cache, else in the user’s', () => {
    const rest = join('trainyard', 'duckdb', '1', 'p');
    expect(cacheFolderOf(build(''), { RUNNER_TOOL_CACHE: '/t', HOME: '/h' })).toBe(join('/t', rest));
    expect(cacheFolderOf(build(''), { XDG_CACHE_HOME: '/x', HOME: '/h' })).toBe(join('/x', rest));
    expect(cacheFolderOf(build(''), { HOME: '/h', XDG_CACHE_HOME: '' })).toBe(join('/h', '.cache', rest));
    expect(cacheFolderOf(build(''), {})).toContain(join('.cache', rest));
  });

  it('is filled by many at once, and holds one verified build', async () => {
    const wanted = build(await treeOf('good'));
    const place = join(folder, 'cache', 'p');
    await Promise.all(Array.from({ length: 20 }, () => install(place, wanted, signal, fill('good'))));
    expect(await isVerified(place, wanted, signal)).toBe(true);
    expect(await readdir(join(folder, 'cache'))).toEqual(['p']);
  });

  it('replaces what was forged, and keeps nothing of what is wrong', async () => {
    const wanted = build(await treeOf('good'));
    const place = join(folder, 'cache', 'p');
    await mkdir(place, { recursive: true });
    await fill('forged')(place);
    expect(await isVerified(place, wanted, signal)).toBe(false);
    await expect(install(place, wanted, signal, fill('wrong'))).rejects.toThrow('the pinned build has');
    await install(place, wanted, signal, fill('good'));
    expect(await isVerified(place, wanted, signal)).toBe(true);
    await symlink('/etc/passwd', join(place, 'link'));
    expect(await isVerified(place, wanted, signal)).toBe(false);
    expect((await readdir(join(folder, 'cache'))).sort()).toEqual(['p']);
  });

  it('of GitHub is asked only where a runner offers one, and its refusal is a warning', async () => {
    const logger = recordingLogger();
    const tools = { RUNNER_TOOL_CACHE: folder };
    expect(sharedCacheOf(folder, build('t'), { environment: tools, logger })).toBeUndefined();
    expect(
      sharedCacheOf(folder, build('t'), { environment: { ACTIONS_CACHE_URL: 'http://x/' }, logger }),
    ).toBeUndefined();
    const cache = sharedCacheOf(join(folder, 'gone'), build('t'), {
      environment: { ...tools, ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' },
      logger,
    });
    await cache?.restore();
    await cache?.save();
    expect(logger.lines.join('\n')).toContain('The cache entry trainyard-duckdb-1-p-t could not be written');
  });
});

describe('npm pack', () => {
  it.skipIf(!registryAnswers && !inCi)(
    'reads no .npmrc and no npm_config of the workspace',
    { timeout: 60_000 },
    async () => {
      const requests: string[] = [];
      const server = createServer((request, response) => {
        requests.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
        response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const hostile = `http://127.0.0.1:${port}/`;
      const workspace = join(folder, 'workspace');
      const temporary = join(workspace, 'temporary');
      await mkdir(temporary, { recursive: true });
      await writeFile(
        join(workspace, '.npmrc'),
        `registry=${hostile}\${SECRET}/\n//127.0.0.1:${port}/:_authToken=\${SECRET}\n`,
      );
      await writeFile(join(workspace, 'package.json'), '{"name":"hostile","workspaces":["temporary/*"]}');
      const before = process.cwd();
      process.chdir(workspace);
      try {
        const environment = {
          ...process.env,
          SECRET: 'sesame',
          npm_config_registry: hostile,
          NPM_CONFIG_REGISTRY: hostile,
          npm_config_userconfig: join(workspace, '.npmrc'),
          RUNNER_TEMP: temporary,
          GITHUB_WORKSPACE: workspace,
        };
        await using packed = await packPackage('onnxruntime-common@1.30.0', { environment, signal });
        expect(packed.tarball.endsWith('.tgz')).toBe(true);
      } finally {
        process.chdir(before);
        server.close();
      }
      expect(requests).toEqual([]);
      expect(await readdir(temporary)).toEqual([]);
    },
  );

  it('packs what no cache holds, from the registry of the user', { timeout: 60_000 }, async () => {
    await mkdir(join(folder, 'package'));
    await writeFile(join(folder, 'package', 'package.json'), '{"name":"some-part","version":"1.0.0"}');
    await run('tar', ['-czf', join(folder, 'some-part.tgz'), '-C', folder, 'package']);
    const tarball = await readFile(join(folder, 'some-part.tgz'));
    const server = createServer((request, response) => {
      if (request.url?.endsWith('.tgz') === true) return response.end(tarball);
      const dist = { tarball: `http://${request.headers.host ?? ''}/some-part.tgz` };
      const version = { name: 'some-part', version: '1.0.0', dist };
      return response.setHeader('content-type', 'application/json').end(
        JSON.stringify({
          name: 'some-part',
          'dist-tags': { latest: '1.0.0' },
          versions: { '1.0.0': version },
        }),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    // A home of its own: npm's cache is empty, as it is on a fresh machine, and so npm asks the registry.
    await writeFile(join(folder, '.npmrc'), `registry=http://127.0.0.1:${String(port)}/\n`);
    try {
      const environment = { PATH: process.env['PATH'], HOME: folder };
      await using packed = await packPackage('some-part@1.0.0', { environment, signal });
      expect(packed.tarball.endsWith('some-part-1.0.0.tgz')).toBe(true);
    } finally {
      server.close();
    }
  });

  it('is never one that the workspace holds', async () => {
    const environment = await fakeNpm('');
    const execPath = await lonelyNode();
    expect(findNpm(environment, execPath)).toBe(join(folder, 'npm', 'npm-cli.js'));
    expect(findNpm({ ...environment, GITHUB_WORKSPACE: folder }, execPath)).toBeUndefined();
    expect(findNpm({ PATH: ['relative', join(folder, 'gone')].join(delimiter) }, execPath)).toBeUndefined();
    await expect(packPackage('x@1', { environment: {}, signal, execPath })).rejects.toThrow(
      'npm was found neither',
    );
  });

  it('that fails, or sends something else, ends in an error that says so', { timeout: 120_000 }, async () => {
    const options = { logger: recordingLogger(), signal, program: undefined };
    const nowhere = { ...process.env, HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' };
    const environment = {
      ...nowhere,
      https_proxy: 'http://127.0.0.1:1',
      HOME: folder,
      XDG_CACHE_HOME: folder,
      RUNNER_TOOL_CACHE: '',
    };
    const aborted = AbortSignal.timeout(1500);
    const unreachable = loadNative('duckdb', {
      ...options,
      environment,
      signal: aborted,
      platform: 'win32-arm64',
    });
    await expect(unreachable).rejects.toThrow(/timeout|could not be fetched/);

    const pinned = { name: 'onnxruntime-common', integrity: 'sha512-AAAA' };
    const builds = { [here]: { packages: [pinned], tree: '0'.repeat(64) } };
    const pins = { ...PINS, duckdb: { version: '1.30.0', builds } };
    const forged = loadNative('duckdb', {
      ...options,
      environment: { ...process.env, XDG_CACHE_HOME: folder },
      pins,
    });
    await expect(forged).rejects.toThrow(InfrastructureError);
    await expect(forged).rejects.toThrow('could not be fetched');
    await expect(forged).rejects.toMatchObject({
      remedy: expect.stringContaining('DUCKDB_NODE_PATH') as string,
    });
    expect(await readdir(join(folder, 'trainyard', 'duckdb', '1.30.0'))).toEqual([]);
  });

  it('names the cache that cannot be written, not the registry', async () => {
    const cache = join(folder, 'file');
    await writeFile(cache, '');
    const environment = { ...process.env, XDG_CACHE_HOME: cache, RUNNER_TOOL_CACHE: '' };
    const unwritable = loadNative('duckdb', {
      logger: recordingLogger(),
      signal,
      program: undefined,
      environment,
    });
    await expect(unwritable).rejects.toThrow(`mkdir '${cache}`);
    const remedy = await unwritable.catch((error: unknown) =>
      error instanceof InfrastructureError ? error.remedy : undefined,
    );
    expect(remedy).toContain('XDG_CACHE_HOME');
    expect(remedy).toContain('"duckdb-path"');
    expect(remedy).toContain('DUCKDB_NODE_PATH');
    expect(remedy).not.toContain('registry');
  });

  it.skipIf(!registryAnswers && !inCi)(
    'fetches once, and loads from the cache after',
    { timeout: 300_000 },
    async () => {
      const environment = { ...process.env, XDG_CACHE_HOME: folder, RUNNER_TOOL_CACHE: '' };
      const first = recordingLogger();
      const binding = await loadNative('duckdb', { logger: first, environment, signal, program: undefined });
      expect(binding).toHaveProperty('open');
      expect(first.lines[0]).toContain('Fetching duckdb');
      const second = recordingLogger();
      await loadNative('duckdb', { logger: second, environment, signal, program: undefined });
      expect(second.lines.join()).not.toContain('Fetching');
    },
  );
});

it('loads ONNX Runtime where this platform has a build', { timeout: 300_000 }, async (context) => {
  if (!Object.hasOwn(PINS.onnxruntime.builds, here)) context.skip(`no ONNX Runtime for ${here}`);
  const cached = await isVerified(
    cacheFolderOf(buildFor('onnxruntime', here), process.env),
    buildFor('onnxruntime', here),
    signal,
  );
  if (!cached && !registryAnswers && !inCi) context.skip('no registry answers');
  const library = await loadNative('onnxruntime', {
    logger: recordingLogger(),
    environment: process.env,
    signal,
  });
  expect(library).toHaveProperty('InferenceSession');
});
