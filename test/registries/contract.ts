import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LocalFile, ModelRegistry, Version } from '../../shared/registries/registry.ts';
import { localFile, sha256, trainingSection } from './sections.ts';

export interface OpenedRegistry extends AsyncDisposable {
  /** Another client of the same registry, as another process would open it. */
  open(): ModelRegistry;
}

const NEVER = new AbortController().signal;

interface Published {
  readonly version: Version;
  readonly created: boolean;
}

/** Publishes one small model with predictions beside it. The digest stands for the content. */
export async function publish(registry: ModelRegistry, folder: string, content: string): Promise<Published> {
  const files: LocalFile[] = [
    await localFile(folder, 'out/model.onnx', content),
    await localFile(folder, 'out/labels.json', '["0","1"]'),
  ];
  const predictions = await localFile(
    folder,
    'out/predictions.csv',
    `id,label\n1,${content}\n`,
    'predictions',
  );
  const modelDigest = sha256(content);
  const staged = await registry.stage('digits', modelDigest, files, NEVER);
  const section = trainingSection(
    [...files, predictions].map(({ reference }) => reference),
    modelDigest,
  );
  return registry.commit(staged, { sections: [section], card: '# digits\n', files: [predictions] }, NEVER);
}

/** What every implementation of the port promises. */
export function describeRegistry(title: string, openRegistry: () => Promise<OpenedRegistry>): void {
  const scene = async (): Promise<OpenedRegistry & { folder: string }> => {
    const opened = await openRegistry();
    const folder = await mkdtemp(join(tmpdir(), 'registry-'));
    return {
      folder,
      open: () => opened.open(),
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  };

  describe(title, () => {
    it('is empty before anything was published', async () => {
      await using one = await scene();
      const registry = one.open();
      expect(await registry.list('digits', NEVER)).toEqual([]);
      expect(await registry.resolve('digits', 'candidate', NEVER)).toBeUndefined();
    });

    it('keeps staged bytes invisible', async () => {
      await using one = await scene();
      const registry = one.open();
      await registry.stage('digits', sha256('m'), [await localFile(one.folder, 'model.onnx', 'm')], NEVER);
      expect(await one.open().list('digits', NEVER)).toEqual([]);
    });

    it('publishes v1 and v2, newest first, with files, digest and record', async () => {
      await using one = await scene();
      const first = await publish(one.open(), one.folder, 'first');
      const second = await publish(one.open(), one.folder, 'second');
      expect([first.created, second.created]).toEqual([true, true]);

      const reader = one.open();
      const versions = await reader.list('digits', NEVER);
      expect(versions.map(({ version }) => version)).toEqual(['v2', 'v1']);
      expect(versions[0]).toEqual(second.version);
      expect(versions[1]?.modelDigest).toBe(sha256('first'));
      expect(versions[1]?.manifestDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(versions[1]?.files.map(({ path, role }) => `${role} ${path}`).sort()).toEqual([
        'model out/labels.json',
        'model out/model.onnx',
        'predictions out/predictions.csv',
      ]);
      expect(versions[1]?.files[0]?.locations).toEqual([
        { kind: 'registry', registry: reader.name, version: 'v1' },
      ]);
      const record = await reader.record(first.version, NEVER);
      expect(record.map(({ kind }) => kind)).toEqual(['training']);
      expect(record[0]?.run.id).toBe('42');
    });

    it('makes no second version of the same digest', async () => {
      await using one = await scene();
      const first = await publish(one.open(), one.folder, 'same');
      const again = await publish(one.open(), one.folder, 'same');
      expect(again).toEqual({ version: first.version, created: false });
      expect(await one.open().list('digits', NEVER)).toHaveLength(1);
    });

    it('keeps models apart whose names begin alike', async () => {
      await using one = await scene();
      await publish(one.open(), one.folder, 'first');
      expect(await one.open().list('digit', NEVER)).toEqual([]);
      expect(await one.open().list('digits-v1', NEVER)).toEqual([]);
    });

    it('moves an alias by compare and set', async () => {
      await using one = await scene();
      const registry = one.open();
      await publish(registry, one.folder, 'first');
      await publish(registry, one.folder, 'second');
      await registry.alias('digits', 'candidate', 'v1', null, NEVER);
      expect((await one.open().resolve('digits', 'candidate', NEVER))?.version).toBe('v1');
      expect((await one.open().resolve('digits', 'candidate', NEVER))?.aliases).toEqual(['candidate']);

      await expect(registry.alias('digits', 'candidate', 'v2', null, NEVER)).rejects.toThrow(
        /points at v1, not at nothing/,
      );
      await registry.alias('digits', 'candidate', 'v2', 'v1', NEVER);
      await registry.alias('digits', 'production', 'v2', null, NEVER);
      expect((await one.open().resolve('digits', 'candidate', NEVER))?.aliases).toEqual([
        'candidate',
        'production',
      ]);
      expect((await one.open().list('digits', NEVER)).map(({ aliases }) => aliases)).toEqual([
        ['candidate', 'production'],
        [],
      ]);
      // Where it already points there, a re-run has nothing to do, whatever it expected.
      await registry.alias('digits', 'candidate', 'v2', 'v1', NEVER);
      // Back again, as a rollback does.
      await registry.alias('digits', 'production', 'v1', 'v2', NEVER);
      expect((await one.open().resolve('digits', 'production', NEVER))?.version).toBe('v1');
    });

    it('refuses an alias that no version or no name allows', async () => {
      await using one = await scene();
      const registry = one.open();
      await publish(registry, one.folder, 'first');
      await expect(registry.alias('digits', 'candidate', 'v9', null, NEVER)).rejects.toThrow(
        /has no v9 of digits/,
      );
      await expect(registry.alias('digits', 'v2', 'v1', null, NEVER)).rejects.toThrow(/The alias is "v2"/);
    });

    it('fetches the files of the roles asked for, verified, under their own paths', async () => {
      await using one = await scene();
      const { version } = await publish(one.open(), one.folder, 'first');
      const target = join(one.folder, 'fetched');
      await mkdir(target);
      const files = await one.open().fetch(version, ['predictions'], target, NEVER);
      expect(files.map(({ path }) => path)).toEqual([join(target, 'out', 'predictions.csv')]);
      expect(await readFile(join(target, 'out', 'predictions.csv'), 'utf8')).toBe('id,label\n1,first\n');
      const model = await one.open().fetch(version, ['model'], target, NEVER);
      expect(model).toHaveLength(2);
      expect(await readFile(join(target, 'out', 'model.onnx'), 'utf8')).toBe('first');
    });

    it('writes nothing outside the folder for a path that leaves it', async () => {
      await using one = await scene();
      const { version } = await publish(one.open(), one.folder, 'first');
      for (const path of ['../evil', '/etc/evil', 'a/../../evil', 'a\\b', '.', 'a//b']) {
        const files = version.files.map((file) => ({ ...file, path }));
        await expect(one.open().fetch({ ...version, files }, ['model'], one.folder, NEVER)).rejects.toThrow(
          /leaves its folder/,
        );
      }
    });

    it('refuses a file whose bytes are not those of its reference', async () => {
      await using one = await scene();
      const file = await localFile(one.folder, 'model.onnx', 'now');
      const changed = { ...file, reference: { ...file.reference, sha256: sha256('before') } };
      await expect(one.open().stage('digits', sha256('m'), [changed], NEVER)).rejects.toThrow(
        /model.onnx changed/,
      );
      expect(await one.open().list('digits', NEVER)).toEqual([]);
    });

    it('gives publishers that race different versions', async () => {
      await using one = await scene();
      const contents = ['a', 'b', 'c', 'd'];
      const published = await Promise.all(
        contents.map((content) => publish(one.open(), join(one.folder, content), content)),
      );
      expect(published.map(({ version }) => version.version).sort()).toEqual(['v1', 'v2', 'v3', 'v4']);
      expect(await one.open().list('digits', NEVER)).toHaveLength(4);
    });

    it('gives publishers of one digest that race one version', async () => {
      await using one = await scene();
      const published = await Promise.all(
        ['x', 'y', 'z'].map((folder) => publish(one.open(), join(one.folder, folder), 'same')),
      );
      expect(new Set(published.map(({ version }) => version.version)).size).toBe(1);
      expect(published.some(({ created }) => created)).toBe(true);
      expect(await one.open().list('digits', NEVER)).toHaveLength(1);
    });

    it('stops when the signal says so', async () => {
      await using one = await scene();
      await publish(one.open(), one.folder, 'first');
      const aborted = AbortSignal.abort(new Error('stopped'));
      await expect(one.open().list('digits', aborted)).rejects.toThrow();
      const file = await localFile(one.folder, 'model.onnx', 'late');
      await expect(one.open().stage('digits', sha256('late'), [file], aborted)).rejects.toThrow();
    });
  });
}
