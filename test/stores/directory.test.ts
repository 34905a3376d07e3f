import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { InfrastructureError, SubjectError, UsageError } from '../../shared/errors.ts';
import type { FileReference } from '../../shared/record/common.ts';
import { createArtifactStore } from '../../shared/record/artifact-store.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import { openStore, readStored } from '../../shared/stores/open.ts';
import { saveFilesToStore } from '../../shared/stores/save-files.ts';
import { objectName } from '../../shared/stores/store.ts';
import { openPlace, type Place } from './context.ts';

const local = (place: Place, reference: FileReference) => ({
  reference,
  path: join(place.root, reference.path),
});

describe('a store in a folder', () => {
  it('holds files by digest, and does not copy again what is there', async () => {
    await using place = await openPlace();
    const file = await place.write('out/model.bin', 'weights');
    const store = await openStore('directory:store', place.context);
    await store.check(place.context.signal);
    const location = await store.stage([local(place, file)], place.context.signal);
    expect(location).toEqual({ kind: 'store', store: `directory:${join(place.root, 'store')}` });
    const path = join(place.root, 'store', 'sha256', file.sha256.slice(0, 2), file.sha256.slice(2));
    expect(await readFile(path, 'utf8')).toBe('weights');
    const before = await stat(path);
    await store.stage([local(place, file)], place.context.signal);
    expect((await stat(path)).ino).toBe(before.ino);
    expect(await readdir(join(place.root, 'store', 'drafts'))).toEqual([]);
    expect(await text(await store.read(file, place.context.signal))).toBe('weights');
  });

  it('replaces what was damaged', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', 'weights');
    const store = await openStore('directory:store', place.context);
    const path = join(place.root, 'store', ...objectName(file.sha256).split('/'));
    await mkdir(join(path, '..'), { recursive: true });
    for (const damaged of ['WEIGHTS', 'w']) {
      await writeFile(path, damaged);
      await store.stage([local(place, file)], place.context.signal);
      expect(await readFile(path, 'utf8')).toBe('weights');
    }
  });

  it('refuses a file that is not the one of its reference, and leaves nothing of it', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', 'weights');
    await place.write('model.bin', 'weighty');
    const store = await openStore('directory:store', place.context);
    await expect(store.stage([local(place, file)], place.context.signal)).rejects.toThrow(SubjectError);
    const left = await readdir(join(place.root, 'store'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  it('tells a folder that cannot be written, naming it', async () => {
    await using place = await openPlace();
    await place.write('taken', 'a file');
    const store = await openStore('directory:taken/store', place.context);
    const { signal } = place.context;
    await expect(store.check(signal)).rejects.toThrow(InfrastructureError);
    await expect(store.check(signal)).rejects.toThrow(`directory:${join(place.root, 'taken/store')}`);
    const file = await place.write('model.bin', 'weights');
    await expect(store.stage([local(place, file)], signal)).rejects.toMatchObject({
      remedy: 'A part of that path is no folder. Name another one.',
    });
  });

  it('ends at once when it is cancelled', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', 'weights');
    const store = await openStore('directory:store', place.context);
    await expect(store.stage([local(place, file)], AbortSignal.abort())).rejects.toThrow('abort');
  });
});

describe('the name of a store', () => {
  it('may be an absolute path outside the workspace, as its author wrote it', async () => {
    await using place = await openPlace();
    await using other = await openPlace();
    expect((await openStore(`directory:${other.root}/x/../models`, place.context)).uri).toBe(
      `directory:${other.root}/models`,
    );
  });

  it.each([
    ['directory:../elsewhere', 'lies outside the workspace'],
    ['directory:.', 'that is the repository itself'],
    ['ftp://x', 'there is no store "ftp:"'],
  ])('is refused: %s', async (value, words) => {
    await using place = await openPlace();
    await expect(openStore(value, place.context)).rejects.toThrow(UsageError);
    await expect(openStore(value, place.context)).rejects.toThrow(words);
  });

  it('must be whole where it comes from a record', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', 'weights');
    const { signal } = place.context;
    await expect(readStored('directory:store', file, {}, signal)).rejects.toThrow('is no absolute path');
    await expect(readStored(`directory:${place.root}`, file, {}, signal)).rejects.toThrow(
      'has no such file, or is not mounted on this machine',
    );
  });
});

describe('saveFilesToStore', () => {
  const save = (
    place: Place,
    files: readonly FileReference[],
    store: string | undefined,
    limitBytes: number,
  ) => saveFilesToStore({ store, limitBytes, files, directory: place.root, context: place.context });

  it('demands a store above the limit, naming both sizes and the remedy', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', Buffer.alloc(1_500_001));
    await expect(save(place, [file], undefined, 1_500_000)).rejects.toThrow(
      'The outputs have 1.500001 MB together, and input "artifact-limit-mb" is 1.5 MB.',
    );
    await expect(save(place, [file], undefined, 1_000_000)).rejects.toMatchObject({
      name: 'UsageError',
      remedy: expect.stringContaining('Give the input "store"') as unknown,
    });
  });

  it('leaves all to the artifact below it', async () => {
    await using place = await openPlace();
    const file = await place.write('model.bin', 'weights');
    expect(await save(place, [file], undefined, 7)).toEqual({ stored: [], others: [file] });
  });

  it('brings the model to the store, so that its reference alone travels', async () => {
    await using place = await openPlace();
    const model = await place.write('out/model.bin', 'weights');
    const metrics = await place.write('out/metrics.json', '{}', 'metrics');
    const store = join(place.root, 'store');
    expect(await save(place, [model, metrics], `directory:${store}`, 1_000)).toEqual({
      stored: [
        {
          ...model,
          locations: [
            { kind: 'file', path: join(place.root, 'out/model.bin') },
            { kind: 'store', store: `directory:${store}` },
          ],
        },
      ],
      others: [metrics],
    });
    expect(place.lines).toContain(`info: 1 of 2 files lie in directory:${store}, by their digest.`);
    await rm(join(place.root, 'out'), { recursive: true });
    const read = await readStored(`directory:${store}`, model, {}, place.context.signal);
    expect(await text(read)).toBe('weights');
  });

  it('opens no store for nothing', async () => {
    await using place = await openPlace();
    const metrics = await place.write('metrics.json', '{}', 'metrics');
    expect(await save(place, [metrics], 'directory:store', 1_000)).toEqual({ stored: [], others: [metrics] });
    expect(await readdir(place.root)).toEqual(['metrics.json']);
  });
});

describe('the record', () => {
  const common = (place: Place) => ({
    workingDirectory: place.root,
    repository: null,
    treeHash: null,
    runId: '1',
    attempt: 1,
    key: 'gate',
    logger: place.context.logger,
  });

  it.each(['terminal', 'runner'])('brings files from a store to a later step in a %s', async (where) => {
    await using place = await openPlace();
    const model = await place.write('out/model.bin', 'weights');
    const { stored } = await saveFilesToStore({
      store: 'directory:store',
      limitBytes: 1,
      files: [model],
      directory: place.root,
      context: place.context,
    });
    await rm(join(place.root, 'out'), { recursive: true });
    const record =
      where === 'terminal'
        ? createDiskStore(common(place))
        : createArtifactStore({
            ...common(place),
            artifacts: undefined,
            withoutArtifacts: 'none here',
            serverUrl: null,
            workerRunId: undefined,
            hasToken: false,
            sharedDirectory: join(place.root, 'shared'),
            temporaryDirectory: join(place.root, 'temporary'),
            openRun: () => Promise.reject(new Error('no other run')),
          });
    const { signal } = place.context;
    const [path = ''] = await record.fetchFiles(stored, join(place.root, 'in'), signal);
    expect(await readFile(path, 'utf8')).toBe('weights');

    const kept = join(place.root, 'store', ...objectName(model.sha256).split('/'));
    for (const [content, words] of [
      ['WEIGHTS', 'has the SHA-256'],
      ['weight', 'has 6 bytes instead of 7'],
      ['weights and more', 'grew beyond 7 bytes'],
    ] as const) {
      await writeFile(kept, content);
      await expect(record.fetchFiles(stored, join(place.root, 'bad'), signal)).rejects.toThrow(words);
    }
    await rm(kept);
    await expect(record.fetchFiles(stored, join(place.root, 'bad'), signal)).rejects.toThrow(
      'has no such file, or is not mounted on this machine',
    );
    expect(await readdir(join(place.root, 'bad'))).toEqual([]);
  });
});
