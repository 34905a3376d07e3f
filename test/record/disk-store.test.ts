import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileReference } from '../../shared/record/common.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import type { RecordStore } from '../../shared/record/store.ts';
import { keepLogs } from './logs.ts';
import { trainingSection, TREE } from './sections.ts';

const { signal } = new AbortController();
let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-disk-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(overrides: { treeHash?: string } = {}): { store: RecordStore; lines: string[] } {
  const { logger, lines } = keepLogs();
  const store = createDiskStore({
    workingDirectory: directory,
    repository: null,
    treeHash: TREE,
    runId: 'terminal',
    attempt: 1,
    key: 'terminal',
    logger,
    ...overrides,
  });
  return { store, lines };
}
const section = (overrides: Parameters<typeof trainingSection>[0] = {}) =>
  trainingSection({
    ...overrides,
    commit: { repository: null, ...overrides.commit },
    run: { id: 'terminal', key: 'terminal', ...overrides.run },
  });

describe('the record in a terminal', () => {
  it('gives back what was saved; the newest of a kind counts', async () => {
    const { store } = open();
    expect(await store.find('training', {}, signal)).toBeUndefined();
    expect(await store.list(signal)).toEqual([]);
    await store.save(section({ verdict: 'fail' }), signal);
    await store.save(section(), signal);
    expect(await store.find('training', { subject: 'digits' }, signal)).toEqual(section());
    expect(await store.list(signal)).toEqual([section()]);
    expect(await store.find('data', {}, signal)).toBeUndefined();
    const text = await readFile(join(directory, '.trainyard/digits/training.json'), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(await readdir(join(directory, '.trainyard/digits'))).toEqual(['training.json']);
  });

  it('refuses a section of another tree and names the command to repeat', async () => {
    await open().store.save(section(), signal);
    const { store, lines } = open({ treeHash: 'b'.repeat(40) });
    await expect(store.find('training', {}, signal)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(
        /\.trainyard\/digits\/training\.json is of the tree a+, not of b+/,
      ) as string,
      remedy: 'Repeat: trainyard train-model --model digits …',
    });
    expect(await store.list(signal)).toEqual([]);
    expect(lines.join()).toContain('not believed');
  });

  it.each([
    ['of a runner', section({ run: { id: '42' } }), /run "42"/],
    ['of another repository', section({ commit: { repository: 'evil/x' } }), /"evil\/x"/],
    ['of a later attempt', section({ run: { attempt: 2 } }), /attempt 2/],
    ['under another name', section({ subject: 'letters' }), /says that it is "trainyard\.letters/],
  ])('refuses a section %s', async (_what, lie, message) => {
    await mkdir(join(directory, '.trainyard/digits'), { recursive: true });
    await writeFile(join(directory, '.trainyard/digits/training.json'), JSON.stringify(lie));
    await expect(open().store.find('training', {}, signal)).rejects.toThrow(message);
  });

  it.each([
    ['no JSON', '{', /is not JSON/],
    ['no section', '{"kind":"training"}', /is not valid at/],
  ])('refuses a file that is %s', async (_what, text, message) => {
    await mkdir(join(directory, '.trainyard/digits'), { recursive: true });
    await writeFile(join(directory, '.trainyard/digits/training.json'), text);
    await expect(open().store.find('training', {}, signal)).rejects.toThrow(message);
  });

  it('refuses a folder in the place of a section', async () => {
    await mkdir(join(directory, '.trainyard/digits/training.json'), { recursive: true });
    await expect(open().store.list(signal)).rejects.toThrow(/no section of the record/);
  });

  it('says so where a file has the place of the folder', async () => {
    await writeFile(join(directory, '.trainyard'), 'x');
    const { store } = open();
    await expect(store.find('training', {}, signal)).rejects.toThrow(/\.trainyard is no folder/);
    await expect(store.save(section(), signal)).rejects.toThrow(/digits is no folder/);
  });

  it('refuses a section that contradicts itself', async () => {
    const { store } = open();
    await store.save({ ...section(), verdict: 'fail', passed: true }, signal);
    await expect(store.find('training', {}, signal)).rejects.toThrow(
      'contradicts itself: verdict "fail" and passed true',
    );
  });

  it('passes over folders that name no subject', async () => {
    await mkdir(join(directory, '.trainyard/Not A Subject'), { recursive: true });
    expect(await open().store.list(signal)).toEqual([]);
  });

  it('refuses a record that is committed', async () => {
    const { store } = open();
    await store.save(section(), signal);
    execFileSync('git', ['init', '-q'], { cwd: directory });
    expect(await store.list(signal)).toHaveLength(1);
    execFileSync('git', ['add', '.trainyard'], { cwd: directory });
    await expect(store.list(signal)).rejects.toMatchObject({
      message: expect.stringContaining('.trainyard/digits/training.json is committed') as string,
      remedy: expect.stringContaining('.gitignore') as string,
    });
  });

  it('has no other run', async () => {
    const found = open().store.find('training', { recordFrom: 'run:1' }, signal);
    await expect(found).rejects.toThrow('Input "record-from" is "run:1"');
  });

  it('keeps the report beside the sections', async () => {
    const kept = await open().store.saveReport({ subject: 'digits', kind: 'training' }, '<p>', signal);
    expect(kept).toEqual({ path: join(directory, '.trainyard/digits/report.html'), url: null });
    expect(await readFile(kept.path, 'utf8')).toBe('<p>');
  });
});

function reference(path: string, content: string, locations: FileReference['locations'] = []): FileReference {
  return {
    path,
    role: 'model',
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
    locations,
  };
}

describe('files of this machine', () => {
  const target = (): string => join(directory, 'target');
  const saved = async (): Promise<FileReference[]> => {
    await mkdir(join(directory, 'out'), { recursive: true });
    await writeFile(join(directory, 'out/model.onnx'), 'weights');
    await writeFile(join(directory, 'log.txt'), 'log');
    const files = [reference('out/model.onnx', 'weights'), reference('log.txt', 'log')];
    return await open().store.saveFiles('digits', directory, files, signal);
  };

  it('travel by a path, and arrive verified', async () => {
    const files = await saved();
    expect(files[0]?.locations).toEqual([{ kind: 'file', path: join(directory, 'out/model.onnx') }]);
    const paths = await open().store.fetchFiles(files, target(), signal);
    expect(paths).toEqual([join(target(), 'out/model.onnx'), join(target(), 'log.txt')]);
    expect(await readFile(paths[0] ?? '', 'utf8')).toBe('weights');
    expect((await readdir(target())).sort()).toEqual(['log.txt', 'out']);
    // Where the right bytes are already, nothing is copied: the source may be gone.
    await rm(join(directory, 'out'), { recursive: true });
    expect(await open().store.fetchFiles(files, target(), signal)).toEqual(paths);
  });

  it.each([
    ['other bytes', 'WEIGHTS', /model\.onnx has the SHA-256|model\.onnx: has the SHA-256/],
    ['another size', 'more weights', /has 12 bytes instead of 7/],
  ])('that have %s are refused by name, and nothing is left', async (_what, content, message) => {
    const files = await saved();
    await writeFile(join(directory, 'out/model.onnx'), content);
    const fetched = open().store.fetchFiles([...files].reverse(), target(), signal);
    await expect(fetched).rejects.toThrow(message);
    await expect(fetched).rejects.toThrow('The file "out/model.onnx" (model, 7 bytes) could not be fetched');
    expect(await readdir(target())).toEqual([]);
  });

  it('that are gone, or whose place is no file or no place of ours, are an error that says why', async () => {
    const fetch = (locations: FileReference['locations']) =>
      open().store.fetchFiles([reference('m', 'x', locations)], target(), signal);
    await expect(fetch([])).rejects.toThrow(/the record names no place/);
    await expect(fetch([{ kind: 'file', path: join(directory, 'none') }])).rejects.toThrow(/ENOENT/);
    await expect(fetch([{ kind: 'file', path: '/dev/zero' }])).rejects.toThrow(/is no file/);
    await expect(fetch([{ kind: 'artifact', artifact: 'a', runId: '1' }])).rejects.toThrow(/from a terminal/);
    await expect(fetch([{ kind: 'registry', registry: 'r', version: 'v1' }])).rejects.toThrow(
      /registry r, version v1/,
    );
  });

  it.each(['../x', '/etc/x', 'a/../../x', './x', 'a//x', 'a\\..\\x', 'C:/x', '..', '.', 'a/', 'link/x'])(
    'never leave the folder by the path %s',
    async (path) => {
      await mkdir(target());
      await symlink(directory, join(target(), 'link'));
      await writeFile(join(directory, 'source'), 'x');
      const file = reference(path, 'x', [{ kind: 'file', path: join(directory, 'source') }]);
      await expect(open().store.fetchFiles([file], target(), signal)).rejects.toThrow(/leaves its folder/);
      expect((await readdir(directory)).sort()).toEqual(['source', 'target']);
    },
  );

  it('are refused where two have one path', async () => {
    const file = reference('m', 'x');
    await expect(open().store.fetchFiles([file, file], target(), signal)).rejects.toThrow(
      /two files of one path/,
    );
  });

  it('leave nothing where the last move fails', async () => {
    await mkdir(join(target(), 'log.txt/in-the-way'), { recursive: true });
    const files = await saved();
    await expect(open().store.fetchFiles(files, target(), signal)).rejects.toThrow();
    expect(await readdir(target())).toEqual(['log.txt', 'out']);
    expect(await readdir(join(target(), 'out'))).toEqual([]);
  });

  it('stop when told', async () => {
    const files = await saved();
    await expect(open().store.fetchFiles(files, target(), AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
