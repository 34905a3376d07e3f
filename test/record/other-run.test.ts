import { createHash } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FileReference } from '../../shared/record/common.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { type Job, type JobOptions, openJob } from './jobs.ts';
import { trainingSection } from './sections.ts';

const { signal } = new AbortController();
let directory: string;
let fake: FakeGitHub;

// One fake for the file: the artifact client takes GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-other-run-')));
  fake = await startFakeGitHub();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const job = (options: JobOptions = {}): Promise<Job> => openJob(fake, directory, options);

describe('the record of another run', () => {
  const find = async (runId: string, options: { token?: string; repository?: string } = {}) => {
    const { store } = await job({ key: 'gate', token: options.token ?? fake.defaultToken });
    return await store.find('training', { recordFrom: `run:${runId}` }, signal);
  };

  it('of this repository counts, whatever its tree, and so do its files', async () => {
    fake.world.run({ id: 41, headRepository: 'acme/digits' });
    const old = await job({ runId: 41 });
    const section = trainingSection({ run: { id: '41' }, commit: { treeHash: 'b'.repeat(40) } });
    await old.store.save(section, signal);
    await writeFile(join(old.workspace, 'm'), 'x');
    const sha256 = createHash('sha256').update('x').digest('hex');
    const files: FileReference[] = [{ path: 'm', role: 'model', bytes: 1, sha256, locations: [] }];
    const saved = await old.store.saveFiles('digits', old.workspace, files, signal);
    await rm(old.workspace, { recursive: true });
    expect(await find('41')).toEqual(section);
    const { store } = await job({ key: 'gate', token: fake.defaultToken });
    const [path = ''] = await store.fetchFiles(saved, join(directory, 'got'), signal);
    expect(await readFile(path, 'utf8')).toBe('x');
  });

  it('is refused where it ran the code of a fork', async () => {
    fake.world.run({ id: 40, headRepository: 'evil/digits' });
    await expect(find('40')).rejects.toMatchObject({
      name: 'UsageError',
      message: 'Input "record-from" names the run 40, which ran code of evil/digits.',
    });
  });

  it('is refused where there is no such run, no token, or no such form', async () => {
    await expect(find('39')).rejects.toThrow(/the run 39, which is no run of "acme\/digits"/);
    await expect(find('39', { token: '' })).rejects.toThrow(/without a token/);
    const { store } = await job();
    for (const recordFrom of ['41', 'run:', 'run:0', 'run:x', 'tag:1']) {
      await expect(store.find('training', { recordFrom }, signal)).rejects.toMatchObject({
        remedy: expect.stringContaining('Accepted: run:<id>') as string,
      });
    }
  });

  it('whose artifacts say another run is not believed', async () => {
    fake.world.run({ id: 38 });
    await (await job({ runId: 38 })).store.save(trainingSection({ run: { id: '37' } }), signal);
    await expect(find('38')).rejects.toThrow(/is of run "37", not of "38"/);
  });
});
