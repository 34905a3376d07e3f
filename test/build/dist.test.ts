import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ACTION_NAMES } from '../../shared/names.ts';
import { ROOT } from '../harness/action-file.ts';

const run = promisify(execFile);
const MAX_DIST_BYTES = 12_000_000;
/** Every runner downloads the repository's tarball before a step starts. */
const MAX_TARBALL_BYTES = 15_000_000;
const MAX_FIRST_LINE_MS = 200;
/** The unit of /proc/<pid>/stat, which Linux fixes at a hundredth of a second for programs. */
const CLOCK_TICK_MS = 10;
/** A busy machine only ever adds to a start: the fastest of several is what the code takes. */
const STARTS = 7;
/** Copies node_modules and builds: more than a minute on a busy machine. */
const REBUILD_TIMEOUT_MS = 300_000;

const dist = join(ROOT, 'dist');

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.sort().map(async (path) => [relative(folder, path), await readFile(path)] as const),
    ),
  );
}

/**
 * Milliseconds that a step computes before its first byte of output. Not by the clock, which tells on a busy machine
 * how busy it is; on one that is not busy both agree (`npm run bench`).
 */
async function firstLineMs(stub: string): Promise<number> {
  const child = spawn(process.execPath, [stub], {
    env: {
      PATH: process.env['PATH'],
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: tmpdir(),
      RUNNER_TEMP: tmpdir(),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = once(child, 'close');
  let stat = '';
  // At once, in the handler: a step that has ended is gone from /proc as soon as its end was noticed.
  child.stdout.once('data', () => {
    stat = readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8');
    child.kill();
  });
  await closed;
  // Fields 14 and 15, counted from 1, are user and system time; the name in parentheses may hold blanks.
  const fields = stat.split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

describe('dist', () => {
  it(`is at most ${MAX_DIST_BYTES / 1e6} MB`, async () => {
    const sizes = [...(await filesOf(dist)).values()].map((content) => content.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_DIST_BYTES);
  });

  it(`makes a tarball of the repository of at most ${MAX_TARBALL_BYTES / 1e6} MB`, async () => {
    const archive = spawn('git', ['archive', '--format=tar', 'HEAD'], { cwd: ROOT });
    let bytes = 0;
    for await (const chunk of archive.stdout.pipe(createGzip())) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThanOrEqual(MAX_TARBALL_BYTES);
  });

  it('has a stub for each entry in the source, and no other', async () => {
    const sources = globSync(
      ['actions/*/src/{index,post}.ts', 'actions/*/src/entries/*.ts', 'cli/index.ts'],
      { cwd: ROOT },
    );
    const expected = sources
      .filter((path) => !path.endsWith('.test.ts'))
      .map((path) =>
        path
          .replace('actions/', '')
          .replace(/\/src\/(entries\/)?/, '/')
          .replace(/\.ts$/, '.js'),
      );
    const stubs = [...(await filesOf(dist)).keys()].filter((path) => path.includes('/'));
    expect(stubs).toEqual(expected.sort());
    for (const stub of stubs) expect((await stat(join(dist, stub))).size).toBeLessThan(200);
  });

  it('holds the licences of what is bundled', async () => {
    expect(await readFile(join(dist, 'licenses.txt'), 'utf8')).toMatch(/^@actions\/core\nMIT\n/m);
  });

  it('names no path of the machine that built it', async () => {
    for (const [path, content] of await filesOf(dist)) {
      expect({ path, found: content.includes(ROOT) }).toEqual({ path, found: false });
    }
  });

  it.skipIf(process.platform !== 'linux').each(ACTION_NAMES)(
    'starts %s within 200 ms (measured on Linux only)',
    async (name) => {
      const times: number[] = [];
      for (let start = 0; start < STARTS; start += 1)
        times.push(await firstLineMs(join(dist, name, 'index.js')));
      const fastest = Math.min(...times);
      expect(fastest).toBeGreaterThan(0);
      expect(fastest).toBeLessThan(MAX_FIRST_LINE_MS);
    },
  );

  it.runIf(process.env['CI'] === 'true')(
    'is the same from another directory (in CI only: it takes a minute)',
    async () => {
      const copy = await mkdtemp(join(tmpdir(), 'build-'));
      try {
        const { stdout } = await run(
          'git',
          ['ls-files', '-z', 'actions', 'cli', 'shared', 'scripts', 'package.json', 'tsconfig.json'],
          { cwd: ROOT },
        );
        for (const path of stdout.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name)))) {
          await cp(join(ROOT, path), join(copy, path));
        }
        await cp(join(ROOT, 'node_modules'), join(copy, 'node_modules'), {
          recursive: true,
          verbatimSymlinks: true,
        });
        await run(process.execPath, ['scripts/build.ts'], { cwd: copy });
        expect(await filesOf(join(copy, 'dist'))).toEqual(await filesOf(dist));
      } finally {
        await rm(copy, { recursive: true });
      }
    },
    REBUILD_TIMEOUT_MS,
  );
});
