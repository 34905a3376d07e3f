// Builds dist: one bundle for all actions and the command, with lazy chunks, and a stub of a few lines for each entry.
//   node scripts/build.ts [--output <folder>]
import { existsSync, globSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ncc from '@vercel/ncc';
import { minify } from 'terser';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Holds only what this script generates; ignored by git. */
const WORK = join(ROOT, 'build');

/** A file with an effect at import, and the stub under dist that starts it. */
interface Entry {
  readonly source: string;
  readonly stub: string;
}

/** Finds the entries by their places: `actions/<name>/src/{index,post}.ts`, `…/src/entries/*.ts` and `cli/index.ts`. */
export function findEntries(root: string): Entry[] {
  return globSync(['actions/*/src/{index,post}.ts', 'actions/*/src/entries/*.ts', 'cli/index.ts'], {
    cwd: root,
    exclude: (path) => path.endsWith('.test.ts'),
  })
    .map((path) => path.split(sep).join('/'))
    .sort()
    .map((source) => ({
      source,
      stub: source
        .replace(/^actions\//, '')
        .replace(/\/src\/(entries\/)?/, '/')
        .replace(/\.ts$/, '.js'),
    }));
}

const nameOf = ({ stub }: Entry): string => stub.replace(/\.js$/, '');

/** The text of the bundle's entry: each real entry behind an import of its own, so that each becomes a chunk. */
export function bundleSource(entries: readonly Entry[]): string {
  const lines = entries.map((entry) => `  '${nameOf(entry)}': () => import('../${entry.source}'),`);
  return `\
const entries: Readonly<Record<string, () => Promise<unknown>>> = {
${lines.join('\n')}
};

export async function start(name: string): Promise<void> {
  await entries[name]?.();
}
`;
}

/** The text of one stub. */
export function stubSource(entry: Entry): string {
  const depth = entry.stub.split('/').length - 1;
  const shebang = entry.stub.startsWith('cli/') ? '#!/usr/bin/env node\n' : '';
  return `${shebang}import { start } from '${'../'.repeat(depth)}index.js';\nawait start('${nameOf(entry)}');\n`;
}

/** ncc's own checker knows only what TypeScript emits as CommonJS; `npm run types` checks the source. */
const BUNDLE_TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    moduleDetection: 'force',
    rootDir: '..',
    allowImportingTsExtensions: true,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  },
};

interface Bundle {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Uint8Array }>>;
}

async function bundle(entries: readonly Entry[]): Promise<Bundle> {
  await rm(WORK, { recursive: true, force: true });
  await mkdir(WORK);
  await writeFile(join(WORK, 'tsconfig.json'), JSON.stringify(BUNDLE_TSCONFIG));
  await writeFile(join(WORK, 'package.json'), '{"type":"module"}');
  await writeFile(join(WORK, 'index.ts'), bundleSource(entries));
  const result = await ncc(join(WORK, 'index.ts'), {
    cache: false,
    esm: true,
    license: 'licenses.txt',
    // ncc would minify the main file and leave the chunks as they are.
    minify: false,
    quiet: true,
    transpileOnly: true,
    target: 'es2023',
  });
  await rm(WORK, { recursive: true, force: true });
  return result;
}

async function minified(path: string, source: string | Uint8Array): Promise<string | Uint8Array> {
  if (!path.endsWith('.js')) return source;
  const text = typeof source === 'string' ? source : Buffer.from(source).toString('utf8');
  const { code } = await minify(text, { module: true, ecma: 2020, format: { comments: false } });
  if (code === undefined) throw new Error(`terser gave no code for ${path}.`);
  return code;
}

async function build(output: string): Promise<void> {
  const start = Date.now();
  const entries = findEntries(ROOT);
  const { code, assets } = await bundle(entries);
  if (existsSync(output)) await rm(output, { recursive: true });

  const files = new Map<string, string | Uint8Array>([
    ['index.js', await minified('index.js', code)],
    // Without it Node would take the bundle for CommonJS.
    ['package.json', '{"type":"module"}\n'],
    ...entries.map((entry): [string, string] => [entry.stub, stubSource(entry)]),
  ]);
  for (const [path, { source }] of Object.entries(assets)) files.set(path, await minified(path, source));
  let bytes = 0;
  for (const [path, content] of files) {
    const target = join(output, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, path.startsWith('cli/') ? { mode: 0o755 } : {});
    bytes += content.length;
  }
  const where = relative(ROOT, output) || '.';
  console.log(
    `${where}: ${files.size} files, ${(bytes / 1e6).toFixed(1)} MB, ${entries.length} entries, ` +
      `${((Date.now() - start) / 1000).toFixed(0)} s`,
  );
}

const { values } = parseArgs({ options: { output: { type: 'string', default: join(ROOT, 'dist') } } });
try {
  await build(resolve(values.output));
} catch (error) {
  // The stack of an error from ncc quotes ncc's own minified source: megabytes that tell nothing.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
