/**
 * Writes shared/native/pins.json: versions, tarball digests and, for each platform, the digest of what is unpacked
 * from them. Run by hand when a version changes: `node scripts/pins.ts`. It downloads every tarball (0.4 GB).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { placeOf } from '../shared/native/decide/layout.ts';
import { extractTarball } from '../shared/native/extract.ts';
import type { NativeLibrary } from '../shared/native/native.ts';
import { findNpm, packPackage } from '../shared/native/npm-pack.ts';
import { digestOf, digestOfTree } from '../shared/native/tree.ts';

const DUCKDB = '1.5.5-r.5';
const ONNX_RUNTIME = '1.30.0';
const ONNX_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
const DUCKDB_PLATFORMS = [
  ...['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'],
  ...['darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
];

const run = promisify(execFile);
const signal = new AbortController().signal;

async function integrityOf(name: string, version: string): Promise<string> {
  const npm = findNpm(process.env, process.execPath);
  if (npm === undefined) throw new Error('npm was not found');
  const { stdout } = await run(process.execPath, [npm, 'view', `${name}@${version}`, 'dist.integrity']);
  if (!stdout.startsWith('sha512-')) throw new Error(`${name}@${version} does not exist`);
  return stdout.trim();
}

async function pinned(
  library: NativeLibrary,
  version: string,
  names: (platform: string) => string[],
  platforms: string[],
) {
  const packages = [];
  for (const name of new Set(platforms.flatMap(names))) {
    const integrity = await integrityOf(name, version);
    const packed = await packPackage(`${name}@${version}`, { environment: process.env, signal });
    const found = `sha512-${await digestOf(packed.tarball, 'sha512', 'base64', signal)}`;
    if (found !== integrity)
      throw new Error(`${name}@${version}: the registry says ${integrity}, sent ${found}`);
    packages.push({ name, integrity, packed });
  }
  const builds = [];
  for (const platform of platforms) {
    const folder = await mkdtemp(join(tmpdir(), 'trainyard-pins-'));
    const wanted = packages.filter(({ name }) => names(platform).includes(name));
    for (const { name, packed } of wanted) {
      await extractTarball(
        packed.tarball,
        folder,
        (entry) => placeOf(library, name, platform, entry),
        signal,
      );
    }
    const tree = await digestOfTree(folder, signal);
    builds.push([
      platform,
      { packages: wanted.map(({ name, integrity }) => ({ name, integrity })), tree },
    ] as const);
    await rm(folder, { recursive: true });
  }
  await Promise.all(packages.map(({ packed }) => packed[Symbol.asyncDispose]()));
  return { version, builds: Object.fromEntries(builds) };
}

const pins = {
  duckdb: await pinned(
    'duckdb',
    DUCKDB,
    (platform) => [`@duckdb/node-bindings-${platform}`],
    DUCKDB_PLATFORMS,
  ),
  onnxruntime: await pinned(
    'onnxruntime',
    ONNX_RUNTIME,
    () => ['onnxruntime-node', 'onnxruntime-common'],
    ONNX_PLATFORMS,
  ),
};
await writeFile('shared/native/pins.json', `${JSON.stringify(pins, null, 2)}\n`);
