import { createHash } from 'node:crypto';
import type { NativeLibrary } from '../native.ts';

/** Where a file of a package's tarball goes in a build's folder; undefined for what this platform does not need. */
export function placeOf(
  library: NativeLibrary,
  packageName: string,
  platform: string,
  entry: string,
): string | undefined {
  const steps = entry.split('/');
  // npm puts everything under one folder; a step upward would leave the build's folder.
  const [, ...path] = steps;
  if (path.length === 0 || steps.some((step) => step === '..' || step === '' || step.includes('\\'))) {
    return undefined;
  }
  const name = path.join('/');
  if (library === 'duckdb') return name;
  return neededByOnnxRuntime(name, platform) ? `node_modules/${packageName}/${name}` : undefined;
}

/** The one tarball of ONNX Runtime holds all platforms, maps and types: six times what one platform needs. */
function neededByOnnxRuntime(name: string, platform: string): boolean {
  if (name === 'package.json' || name.startsWith('LICENSE')) return true;
  if (/^dist\/.*\.(js|json)$/.test(name)) return name.startsWith('dist/cjs/') || !name.slice(5).includes('/');
  return /^bin\/napi-v\d+\//.test(name) && name.includes(`/${platform.replace('-', '/')}/`);
}

/** One digest over the files of a build's folder: of lines `<path> <sha256>`, sorted by path. */
export function treeDigest(files: ReadonlyMap<string, string>): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sha256]) => `${path} ${sha256}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
