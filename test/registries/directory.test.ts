import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { withLock } from '../../shared/registries/folder-lock.ts';
import { describeRegistry, publish } from './contract.ts';
import { localFile, sha256 } from './sections.ts';
import { standard } from '../standards.ts';

const NEVER = new AbortController().signal;
/** There .ci/run has installed all that a test needs: what is missing is a failure. */
const inCi = process.env['CI'] === 'true';

async function temporary(): Promise<
  AsyncDisposable & { folder: string; root: string; registry: DirectoryRegistry }
> {
  const folder = await mkdtemp(join(tmpdir(), 'directory-'));
  const root = join(folder, 'registry');
  const registry = new DirectoryRegistry({ root, name: 'directory:registry' });
  return {
    folder,
    root,
    registry,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const indexShape = z.object({
  manifests: z.array(
    z.looseObject({ digest: z.string(), size: z.number(), annotations: z.record(z.string(), z.string()) }),
  ),
});

async function readIndex(root: string): Promise<z.infer<typeof indexShape>> {
  return indexShape.parse(JSON.parse(await readFile(join(root, 'index.json'), 'utf8')));
}

const blobOf = (root: string, digest: string): string => join(root, 'blobs', ...digest.split(':'));

describeRegistry('a registry in a directory', async () => {
  const one = await temporary();
  return {
    open: () => new DirectoryRegistry({ root: one.root, name: 'directory:registry' }),
    [Symbol.asyncDispose]: () => one[Symbol.asyncDispose](),
  };
});

describe('the layout', () => {
  it('holds every blob under its own digest, and nothing else', async () => {
    await using one = await temporary();
    await publish(one.registry, one.folder, 'first');
    await publish(one.registry, one.folder, 'second');
    await one.registry.alias('digits', 'candidate', 'v2', null, NEVER);
    expect((await readdir(one.root)).sort()).toEqual(['.trainyard', 'blobs', 'index.json', 'oci-layout']);
    expect(JSON.parse(await readFile(join(one.root, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    });
    const names = await readdir(join(one.root, 'blobs', 'sha256'));
    for (const name of names) {
      expect(sha256(await readFile(join(one.root, 'blobs', 'sha256', name)))).toBe(name);
    }
    // labels.json and the card of both versions are one blob each.
    expect(names).toHaveLength(2 * 5 + 2);
    expect(await readdir(join(one.root, '.trainyard', 'tmp'))).toEqual([]);
    expect(existsSync(join(one.root, '.trainyard', 'lock'))).toBe(false);
    const refs = (await readIndex(one.root)).manifests.map(
      (entry) => entry.annotations['org.opencontainers.image.ref.name'],
    );
    expect(refs).toEqual(['digits:v1', 'digits:v2', 'digits:candidate']);
  });

  it('keeps what others wrote into the index', async () => {
    await using one = await temporary();
    await publish(one.registry, one.folder, 'first');
    const path = join(one.root, 'index.json');
    const index = await readIndex(one.root);
    const foreign = {
      mediaType: 'application/x',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 1,
      platform: { os: 'linux' },
    };
    await writeFile(
      path,
      JSON.stringify({
        schemaVersion: 2,
        annotations: { theirs: 'yes' },
        manifests: [...index.manifests, foreign],
      }),
    );
    await publish(one.registry, one.folder, 'second');
    const after: unknown = JSON.parse(await readFile(path, 'utf8'));
    expect(after).toMatchObject({ annotations: { theirs: 'yes' } });
    expect((after as { manifests: unknown[] }).manifests).toContainEqual(foreign);
  });

  const modelPack = standard('modelpack-config.json');
  it.skipIf(modelPack.missing !== undefined)(
    `has a ModelPack config that its own schema accepts (${modelPack.missing ?? 'it is there'})`,
    async () => {
      await using one = await temporary();
      const { version } = await publish(one.registry, one.folder, 'first');
      const shape = z.object({
        config: z.object({ digest: z.string(), mediaType: z.string() }),
        layers: z.array(z.object({ mediaType: z.string() })),
      });
      const manifest = shape.parse(
        JSON.parse(await readFile(blobOf(one.root, version.manifestDigest ?? ''), 'utf8')),
      );
      expect(manifest.config.mediaType).toBe('application/vnd.cncf.model.config.v1+json');
      const config: unknown = JSON.parse(await readFile(blobOf(one.root, manifest.config.digest), 'utf8'));
      const ajv = new Ajv2020({ strict: false });
      addFormats.default(ajv);
      const validate = ajv.compile(
        z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(modelPack.path, 'utf8'))),
      );
      expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
      expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual([
        'application/vnd.cncf.model.weight.v1.raw',
        'application/vnd.cncf.model.weight.v1.raw',
        'application/vnd.trainyard.predictions.v1',
        'application/vnd.cncf.model.doc.v1.raw',
        'application/vnd.trainyard.section.v1+json',
      ]);
    },
  );

  const skopeo = spawnSync('skopeo', ['--version']).status === 0;
  it.skipIf(!skopeo && !inCi)('is read by skopeo, by version and by alias', async () => {
    await using one = await temporary();
    const { version } = await publish(one.registry, one.folder, 'first');
    await one.registry.alias('digits', 'candidate', 'v1', null, NEVER);
    for (const tag of ['v1', 'candidate']) {
      const seen = spawnSync('skopeo', ['inspect', '--raw', `oci:${one.root}:digits:${tag}`], {
        encoding: 'utf8',
      });
      expect(seen.stderr).toBe('');
      expect(`sha256:${sha256(seen.stdout)}`).toBe(version.manifestDigest);
    }
  });
});

describe('a damaged registry', () => {
  const damage: { title: string; harm: (root: string) => Promise<void>; message: RegExp }[] = [
    {
      title: 'an index that was cut short',
      harm: async (root) => truncate(join(root, 'index.json'), 40),
      message: /directory:registry is damaged: index.json is not JSON/,
    },
    {
      title: 'no index',
      harm: (root) => unlink(join(root, 'index.json')),
      message: /damaged: its file index.json is missing/,
    },
    {
      title: 'an index of another form',
      harm: (root) => writeFile(join(root, 'index.json'), '{"schemaVersion":1,"manifests":[]}'),
      message: /damaged: index.json is not valid at "schemaVersion"/,
    },
    {
      title: 'a layout of another version',
      harm: (root) => writeFile(join(root, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
      message: /damaged: oci-layout is not valid at "imageLayoutVersion"/,
    },
    {
      title: 'a missing manifest',
      harm: async (root) => unlink(blobOf(root, (await readIndex(root)).manifests[0]?.digest ?? '')),
      message: /damaged: the blob sha256:[0-9a-f]{64} of the manifest of digits:v1 is missing/,
    },
    {
      title: 'a manifest with other content',
      harm: async (root) => {
        const entry = (await readIndex(root)).manifests[0];
        await writeFile(blobOf(root, entry?.digest ?? ''), ' '.repeat(entry?.size ?? 0));
      },
      message: /of the manifest of digits:v1 has other content than its digest says/,
    },
    {
      title: 'a missing model file',
      harm: (root) => unlink(blobOf(root, `sha256:${sha256('first')}`)),
      message: /damaged: the blob sha256:[0-9a-f]{64} of digits:v1 is missing/,
    },
    {
      title: 'a model file that was cut short',
      harm: (root) => truncate(blobOf(root, `sha256:${sha256('first')}`), 2),
      message: /of digits:v1 has 2 bytes instead of 5/,
    },
    {
      title: 'a version that is named twice',
      harm: async (root) => {
        const { manifests } = await readIndex(root);
        await writeFile(
          join(root, 'index.json'),
          JSON.stringify({ schemaVersion: 2, manifests: [...manifests, ...manifests] }).replaceAll(
            '"digest"',
            '"mediaType":"x","digest"',
          ),
        );
      },
      message: /index.json names digits:v1 twice/,
    },
    {
      title: 'a version that points at the manifest of another',
      harm: async (root) =>
        writeFile(
          join(root, 'index.json'),
          (await readFile(join(root, 'index.json'), 'utf8')).replace('digits:v1', 'digits:v4'),
        ),
      message: /digits:v4 points at the manifest of digits:v1/,
    },
    {
      title: 'an alias that points at no version',
      harm: async (root) =>
        writeFile(
          join(root, 'index.json'),
          (await readFile(join(root, 'index.json'), 'utf8')).replace('digits:v1', 'digits:production'),
        ),
      message: /the alias digits:production points at no version/,
    },
  ];

  it.each(damage)(
    'with $title is an error for readers and publishers, never empty',
    async ({ harm, message }) => {
      await using one = await temporary();
      await publish(one.registry, one.folder, 'first');
      await harm(one.root);
      const listed = one.registry.list('digits', NEVER);
      await expect(listed).rejects.toThrow(message);
      await expect(listed).rejects.toBeInstanceOf(InfrastructureError);
      await expect(one.registry.resolve('digits', 'production', NEVER)).rejects.toThrow(message);
      const before = existsSync(join(one.root, 'index.json'))
        ? await readFile(join(one.root, 'index.json'), 'utf8')
        : '';
      // Bringing the same bytes again may heal a blob; a version must not appear beside damage.
      const again = publish(one.registry, one.folder, 'second');
      await expect(again).rejects.toThrow(message);
      const after = existsSync(join(one.root, 'index.json'))
        ? await readFile(join(one.root, 'index.json'), 'utf8')
        : '';
      expect(after).toBe(before);
    },
  );

  it('is told on fetch where only the content of a file is wrong, and no file is left behind', async () => {
    await using one = await temporary();
    const { version } = await publish(one.registry, one.folder, 'first');
    await writeFile(blobOf(one.root, `sha256:${sha256('first')}`), 'wrong');
    const target = join(one.folder, 'fetched');
    await expect(one.registry.fetch(version, ['model'], target, NEVER)).rejects.toThrow(
      /out\/model.onnx of digits:v1 has other content/,
    );
    expect(existsSync(join(target, 'out', 'model.onnx'))).toBe(false);
  });

  it('heals a damaged blob when the same bytes are brought again', async () => {
    await using one = await temporary();
    await publish(one.registry, one.folder, 'first');
    await writeFile(blobOf(one.root, `sha256:${sha256('first')}`), 'wrong');
    const again = await publish(one.registry, one.folder, 'first');
    expect(again.created).toBe(false);
    expect(await readFile(blobOf(one.root, `sha256:${sha256('first')}`), 'utf8')).toBe('first');
  });

  it('is told where a version vanished before its record was read', async () => {
    await using one = await temporary();
    const { version } = await publish(one.registry, one.folder, 'first');
    await rm(one.root, { recursive: true });
    await expect(one.registry.record(version, NEVER)).rejects.toThrow(/digits:v1 is no longer in it/);
  });

  it('is not what a folder with other content is', async () => {
    await using one = await temporary();
    await mkdir(one.root);
    await writeFile(join(one.root, 'notes.txt'), 'mine');
    await expect(one.registry.list('digits', NEVER)).rejects.toBeInstanceOf(UsageError);
    await expect(publish(one.registry, one.folder, 'first')).rejects.toThrow(
      /other content and without the file oci-layout/,
    );
    expect(await readdir(one.root)).toEqual(['notes.txt']);
  });

  it('is not what a file is', async () => {
    await using one = await temporary();
    await writeFile(one.root, '');
    await expect(one.registry.list('digits', NEVER)).rejects.toThrow(/directory:registry is a file/);
  });

  it('is empty where a first start was cut off before the index', async () => {
    await using one = await temporary();
    await mkdir(join(one.root, '.trainyard', 'tmp'), { recursive: true });
    expect(await one.registry.list('digits', NEVER)).toEqual([]);
    await writeFile(join(one.root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    expect(await one.registry.list('digits', NEVER)).toEqual([]);
    expect((await publish(one.registry, one.folder, 'first')).version.version).toBe('v1');
  });

  it('refuses to commit a version whose staged bytes have gone', async () => {
    await using one = await temporary();
    const staged = await one.registry.stage(
      'digits',
      sha256('m'),
      [await localFile(one.folder, 'model.onnx', 'm')],
      NEVER,
    );
    await unlink(blobOf(one.root, `sha256:${sha256('m')}`));
    await expect(one.registry.commit(staged, { sections: [], card: '#', files: [] }, NEVER)).rejects.toThrow(
      /of digits:v1 is missing/,
    );
    expect(await one.registry.list('digits', NEVER)).toEqual([]);
  });
});

describe('publishers in processes of their own', () => {
  const child = fileURLToPath(new URL('publishes.ts', import.meta.url));

  it('get different versions, and nothing is lost', async () => {
    await using one = await temporary();
    const contents = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ended = await Promise.all(
      contents.map(async (content) => {
        const publisher = spawn(process.execPath, [child, one.root, join(one.folder, content), content], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const [text, exit] = await Promise.all([
          new Response(Readable.toWeb(publisher.stdout) as ReadableStream<Uint8Array>).text(),
          once(publisher, 'exit'),
        ]);
        return { text, code: exit[0] as unknown };
      }),
    );
    expect(ended.map(({ code }) => code)).toEqual(contents.map(() => 0));
    expect(ended.map(({ text }) => text).sort()).toEqual(['v1', 'v2', 'v3', 'v4', 'v5', 'v6']);
    const versions = await one.registry.list('digits', NEVER);
    expect(versions.map(({ modelDigest }) => modelDigest).sort()).toEqual(contents.map(sha256).sort());
  });
});

describe('the lock', () => {
  const held = (pid: number, host: string, ageMs: number): string =>
    JSON.stringify({
      pid,
      host,
      time: new Date(Date.now() - ageMs).toISOString(),
      nonce: crypto.randomUUID(),
    });
  const soon = { waitMs: 300, staleMs: 60_000 };

  async function deadPid(): Promise<number> {
    const child = spawn(process.execPath, ['-e', '']);
    const pid = child.pid ?? 0;
    await once(child, 'exit');
    return pid;
  }

  it('lets one in at a time', async () => {
    await using one = await temporary();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(join(one.folder, 'lock'), NEVER, async (stillHeld) => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          await stillHeld();
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(await readdir(one.folder)).toEqual([]);
  });

  it('names who holds it, and leaves it', async () => {
    await using one = await temporary();
    const path = join(one.folder, 'lock');
    await writeFile(path, held(4711, 'another-machine', 1000));
    await expect(withLock(path, NEVER, () => Promise.resolve(1), soon)).rejects.toThrow(
      /process 4711 on another-machine since/,
    );
    await writeFile(path, 'cut sho');
    await expect(withLock(path, NEVER, () => Promise.resolve(1), soon)).rejects.toThrow(
      /held by an unknown process/,
    );
    await writeFile(path, '{"pid":"x"}');
    await expect(withLock(path, NEVER, () => Promise.resolve(1), soon)).rejects.toThrow(
      /held by an unknown process/,
    );
    expect(existsSync(path)).toBe(true);
  });

  it('waits no longer than the signal', async () => {
    await using one = await temporary();
    const path = join(one.folder, 'lock');
    await writeFile(path, held(4711, 'another-machine', 1000));
    await expect(withLock(path, AbortSignal.timeout(100), () => Promise.resolve(1))).rejects.toThrow();
  });

  it('is taken over from a process that died, by one of many', async () => {
    await using one = await temporary();
    const path = join(one.folder, 'lock');
    const { hostname } = await import('node:os');
    await writeFile(path, held(await deadPid(), hostname(), 1000));
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, () =>
        withLock(path, NEVER, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(await readdir(one.folder)).toEqual([]);
  });

  it('is taken over from another machine or a cut-off writer when it is old, also past a left marker', async () => {
    await using one = await temporary();
    const path = join(one.folder, 'lock');
    const old = held(1, 'another-machine', 120_000);
    await writeFile(path, old);
    expect(await withLock(path, NEVER, () => Promise.resolve('mine'), soon)).toBe('mine');
    await writeFile(path, 'cut sho');
    expect(await withLock(path, NEVER, () => Promise.resolve('mine'), { waitMs: 2000, staleMs: 200 })).toBe(
      'mine',
    );
    await writeFile(path, old);
    const { nonce } = z.object({ nonce: z.string() }).parse(JSON.parse(old));
    await writeFile(`${path}.${nonce}.stale`, old);
    expect(await withLock(path, NEVER, () => Promise.resolve('mine'), { waitMs: 2000, staleMs: 200 })).toBe(
      'mine',
    );
    expect(await readdir(one.folder)).toEqual([]);
  });

  it('notices when it was taken over', async () => {
    await using one = await temporary();
    const path = join(one.folder, 'lock');
    const work = withLock(path, NEVER, async (stillHeld) => {
      await writeFile(path, held(1, 'another-machine', 0));
      await stillHeld();
    });
    await expect(work).rejects.toThrow(/taken over by another process/);
    expect((await stat(path)).isFile()).toBe(true);
  });
});
