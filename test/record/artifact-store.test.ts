import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DefaultArtifactClient } from '@actions/artifact';
import type { FileReference } from '../../shared/record/common.ts';
import type { Section } from '../../shared/record/section.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { type Job, type JobOptions, openJob } from './jobs.ts';
import { trainingSection } from './sections.ts';

const { signal } = new AbortController();
let directory: string;
let fake: FakeGitHub;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-artifact-')));
  fake = await startFakeGitHub();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const job = (options: JobOptions = {}): Promise<Job> => openJob(fake, directory, options);

/** Uploads a section as somebody else would: straight, under a name of its own choice. */
async function plant(name: string, text: string): Promise<void> {
  await job();
  const folder = await mkdtemp(join(directory, 'plant-'));
  await writeFile(join(folder, 'section.json'), text);
  await new DefaultArtifactClient().uploadArtifact(name, [join(folder, 'section.json')], folder);
}

describe('sections between jobs', () => {
  it('are seen by another job of the run, and by later steps of the same job', async () => {
    const { store } = await job({ machine: 'a' });
    await store.save(trainingSection({}), signal);
    const later = await job({ machine: 'a', key: 'gate' });
    expect(await later.store.list(signal)).toEqual([trainingSection({})]);
    const other = await job({ key: 'gate' });
    expect(await other.store.find('training', {}, signal)).toEqual(trainingSection({}));
    expect(await other.store.list(signal)).toEqual([trainingSection({})]);
    expect(await other.store.find('data', {}, signal)).toBeUndefined();
    const names = fake.world.artifacts.map((artifact) => artifact.name);
    expect(names).toEqual(['trainyard.digits.training.train.1']);
    expect((await readdir(join(directory, 'a/workspace'))).length).toBe(0);
  });

  it('are downloaded once, however often they are listed', async () => {
    await (await job()).store.save(trainingSection({}), signal);
    const { store } = await job({ key: 'gate' });
    await store.list(signal);
    await store.list(signal);
    const downloads = fake.exchanges.filter((one) => one.method === 'GET' && one.url.startsWith('/blobs/'));
    expect(downloads).toHaveLength(1);
  });

  it('of a run that is re-run: the highest attempt counts, a later one is refused', async () => {
    const first = trainingSection({});
    const second = trainingSection({ run: { attempt: 2 }, verdict: 'fail' });
    await (await job()).store.save(first, signal);
    await (await job({ attempt: 2 })).store.save(second, signal);
    expect(await (await job({ attempt: 2, key: 'gate' })).store.find('training', {}, signal)).toEqual(second);
    const early = await job({ attempt: 1, key: 'gate' });
    await expect(early.store.find('training', {}, signal)).rejects.toThrow(/attempt 2, which is later/);
    expect(await early.store.list(signal)).toEqual([first]);
    await early.store.list(signal);
    expect(early.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1);
  });

  it('of one name twice ask for an id, in the same job and in another one', async () => {
    await (await job({ machine: 'a' })).store.save(trainingSection({}), signal);
    for (const machine of ['a', 'b']) {
      const again = (await job({ machine })).store.save(trainingSection({}), signal);
      await expect(again).rejects.toMatchObject({
        name: 'UsageError',
        message: 'This run already has a training section "trainyard.digits.training.train.1".',
        remedy: expect.stringContaining('input "id"') as string,
      });
    }
  });

  it.each<[string, Section | string, RegExp]>([
    ['is of another repository', trainingSection({ commit: { repository: 'evil/x' } }), /"evil\/x"/],
    ['is of another tree', trainingSection({ commit: { treeHash: 'b'.repeat(40) } }), /tree b+/],
    ['is of another run', trainingSection({ run: { id: '41' } }), /run "41"/],
    ['has another name', trainingSection({ subject: 'letters' }), /trainyard\.letters/],
    ['is no JSON', 'nonsense', /not JSON/],
    ['is no section', '{}', /not valid/],
  ])('are refused where one %s', async (_what, section, message) => {
    const text = typeof section === 'string' ? section : JSON.stringify(section);
    await plant('trainyard.digits.training.train.1', text);
    const { store, lines } = await job({ key: 'gate' });
    await expect(store.find('training', { subject: 'digits' }, signal)).rejects.toThrow(message);
    expect(await store.list(signal)).toEqual([]);
    expect(lines.join()).toMatch(message);
    expect(await store.find('training', { subject: 'other' }, signal)).toBeUndefined();
  });

  it('are asked for by name, and other artifacts are left alone', async () => {
    await plant('coverage', 'nonsense');
    await plant('trainyard.digits.nonsense.train.1', 'nonsense');
    expect(await (await job()).store.list(signal)).toEqual([]);
  });

  it('in the workspace are never read, and it is said why', async () => {
    const { store, workspace } = await job();
    await mkdir(join(workspace, '.trainyard/digits'), { recursive: true });
    await writeFile(join(workspace, '.trainyard/digits/training.json'), JSON.stringify(trainingSection({})));
    expect(await store.list(signal)).toEqual([]);
    expect(await store.find('data', {}, signal)).toBeUndefined();
    expect(await store.find('training', { subject: 'other' }, signal)).toBeUndefined();
    await expect(store.find('training', {}, signal)).rejects.toThrow(
      /\.trainyard\/digits\/training\.json lies in the workspace/,
    );
    await store.save(trainingSection({}), signal);
    expect(await store.find('training', {}, signal)).toEqual(trainingSection({}));
  });
});

describe('files between jobs', () => {
  const reference = (path: string, content: string): FileReference => ({
    path,
    role: 'model',
    bytes: Buffer.byteLength(content),
    sha256: createHash('sha256').update(content).digest('hex'),
    locations: [],
  });

  async function trained(): Promise<FileReference[]> {
    const { store, workspace } = await job({ machine: 'trainer' });
    await mkdir(join(workspace, 'out'));
    await writeFile(join(workspace, 'out/model.onnx'), 'weights');
    await writeFile(join(workspace, 'predictions.csv'), 'id,label');
    const files = [reference('out/model.onnx', 'weights'), reference('predictions.csv', 'id,label')];
    return await store.saveFiles('digits', workspace, files, signal);
  }

  it('travel by artifact to a machine that has not the files', async () => {
    const files = await trained();
    expect(files[0]?.locations).toEqual([
      { kind: 'file', path: join(directory, 'trainer/workspace/out/model.onnx') },
      { kind: 'artifact', artifact: 'trainyard.digits.files.train.1', runId: '42' },
    ]);
    await rm(join(directory, 'trainer/workspace'), { recursive: true });
    const { store } = await job({ key: 'gate' });
    const paths = await store.fetchFiles(files, join(directory, 'got'), signal);
    expect(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).toEqual(['weights', 'id,label']);
    expect(fake.world.artifacts).toHaveLength(1);
  });

  it('come from the artifact where the file of this machine was changed', async () => {
    const files = await trained();
    await writeFile(join(directory, 'trainer/workspace/out/model.onnx'), 'poison!');
    const [path = ''] = await (await job({ machine: 'trainer' })).store.fetchFiles(files, directory, signal);
    expect(await readFile(path, 'utf8')).toBe('weights');
  });

  it('of one job twice get artifacts of their own', async () => {
    await trained();
    const { store, workspace } = await job({ machine: 'trainer' });
    const again = await store.saveFiles(
      'digits',
      workspace,
      [reference('predictions.csv', 'id,label')],
      signal,
    );
    expect(again[0]?.locations.at(-1)).toMatchObject({ artifact: 'trainyard.digits.files.train.1-2' });
    expect(await store.saveFiles('digits', workspace, [], signal)).toEqual([]);
  });

  it('whose names an artifact cannot hold are refused with the character', async () => {
    const { store, workspace } = await job();
    await writeFile(join(workspace, 'out:b'), 'x');
    const saved = store.saveFiles('digits', workspace, [reference('out:b', 'x')], signal);
    await expect(saved).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('Colon :') as string,
    });
  });

  it('are refused from an artifact that is gone, is not ours, or holds other bytes', async () => {
    const { store } = await job({ key: 'gate' });
    const fetch = (artifact: string) =>
      store.fetchFiles(
        [
          {
            ...reference('section.json', 'weights'),
            locations: [{ kind: 'artifact', artifact, runId: '42' }],
          },
        ],
        join(directory, 'got'),
        signal,
      );
    await expect(fetch('trainyard.digits.files.train.9')).rejects.toThrow(
      /no such artifact, or it has expired/,
    );
    await expect(fetch('coverage')).rejects.toThrow(/no artifact of files that Trainyard writes/);
    await plant('trainyard.digits.files.train.8', 'poison!');
    await job({ key: 'gate' });
    await expect(fetch('trainyard.digits.files.train.8')).rejects.toThrow(/SHA-256/);
    expect(await readdir(join(directory, 'got'))).toEqual([]);
    const inRegistry = {
      ...reference('m', 'x'),
      locations: [{ kind: 'registry', registry: 'r', version: 'v1' }],
    };
    const fetched = store.fetchFiles([inRegistry as FileReference], join(directory, 'got'), signal);
    await expect(fetched).rejects.toThrow(/only publish-model/);
  });
});

describe('the report', () => {
  it('is an artifact whose page is known', async () => {
    const { store } = await job();
    const kept = await store.saveReport({ subject: 'digits', kind: 'training' }, '<p>', signal);
    const [artifact] = fake.world.artifacts;
    expect(artifact?.name).toBe('trainyard-report.digits.training.train.1');
    expect(kept.url).toBe(`https://github.com/acme/digits/actions/runs/42/artifacts/${artifact?.id ?? ''}`);
    expect(await readFile(kept.path, 'utf8')).toBe('<p>');
    expect((await store.saveReport({ subject: 'digits', kind: 'training' }, '<b>', signal)).url).toBeNull();
  });
});

describe('a host without artifacts', () => {
  it.each([
    ['GHES', { hasArtifacts: false }, /refuses GitHub Enterprise Server/],
    ['no runtime token', { runtimeToken: false }, /gives no ACTIONS_RUNTIME_TOKEN/],
  ])('(%s) keeps the record on the machine and says so once', async (_what, options, reason) => {
    const { store, lines, workspace } = await job({ machine: 'a', ...options });
    await store.save(trainingSection({}), signal);
    await writeFile(join(workspace, 'm'), 'x');
    const file = { path: 'm', role: 'model', bytes: 1, sha256: 'a'.repeat(64), locations: [] } as const;
    const [saved] = await store.saveFiles('digits', workspace, [{ ...file, locations: [] }], signal);
    expect(saved?.locations).toEqual([{ kind: 'file', path: join(workspace, 'm') }]);
    expect((await store.saveReport({ subject: 'digits', kind: 'training' }, '', signal)).url).toBeNull();
    expect(lines.filter((line) => line.includes('only later steps of this job'))).toHaveLength(1);
    expect(lines[0]).toMatch(reason);
    const later = await job({ machine: 'a', key: 'gate', ...options });
    expect(await later.store.find('training', {}, signal)).toEqual(trainingSection({}));
    await expect(later.store.find('training', { recordFrom: 'run:1' }, signal)).rejects.toThrow(
      /cannot|no run's/,
    );
    expect(fake.exchanges).toEqual([]);
  });
});

describe('the artifact service that does not answer', () => {
  it('is infrastructure, and an abort ends the wait', async () => {
    const { store } = await job();
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', 'nonsense');
    await expect(store.list(signal)).rejects.toMatchObject({ name: 'InfrastructureError' });
    await expect(store.save(trainingSection({}), signal)).rejects.toMatchObject({
      name: 'InfrastructureError',
      message: expect.stringContaining('"trainyard.digits.training.train.1" could not be uploaded') as string,
    });
    await job();
    fake.fail({ kind: 'silence', on: 'ListArtifacts' });
    const controller = new AbortController();
    const listed = store.list(controller.signal);
    setTimeout(() => controller.abort(new Error('cancelled')), 100);
    await expect(listed).rejects.toThrow('cancelled');
    await expect(store.list(controller.signal)).rejects.toThrow('cancelled');
  });
});
