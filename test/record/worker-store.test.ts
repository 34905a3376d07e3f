import { createHash } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Section } from '../../shared/record/section.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { type Job, type JobOptions, openJob } from './jobs.ts';
import { trainingSection } from './sections.ts';

const { signal } = new AbortController();
let dispatcherId = 1000;
let workerId = 1001;
let directory: string;
let fake: FakeGitHub;

// One fake for the file: the artifact client takes GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-worker-store-')));
  fake = await startFakeGitHub();
});
beforeEach(() => {
  dispatcherId += 10;
  workerId = dispatcherId + 1;
  fake.world.run({ id: dispatcherId });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const dispatcher = (options: JobOptions = {}): Promise<Job> =>
  openJob(fake, directory, { runId: dispatcherId, token: fake.defaultToken, ...options });
const worker = (options: JobOptions = {}): Promise<Job> => dispatcher({ workerRunId: workerId, ...options });

/** A section that says it is of the dispatching run, but for the overrides. */
function section(run: Partial<Section['run']> = {}): Section {
  return trainingSection({ run: { id: String(dispatcherId), ...run } });
}

function warnings({ lines }: Job): string[] {
  return lines.filter((line) => line.startsWith('warning'));
}

function trained(): { path: string; role: 'model'; bytes: number; sha256: string; locations: [] } {
  const sha256 = createHash('sha256').update('weights').digest('hex');
  return { path: 'model.onnx', role: 'model', bytes: 7, sha256, locations: [] };
}

describe("a worker's record", () => {
  it('lies in the run of the worker and counts as part of its dispatcher', async () => {
    const train = await worker();
    await train.store.save(section(), signal);
    const last = fake.world.artifacts.at(-1);
    expect(last).toMatchObject({ name: 'trainyard.digits.training.train.1', runId: workerId });
    // A later job of the worker sees it, under the dispatcher's identity.
    const gate = await worker();
    expect(await gate.store.find('training', {}, signal)).toEqual(section());
  });

  it("holds the sections of the dispatcher's run too, and its own before the dispatcher's of equal name", async () => {
    const pending = { ...section(), verdict: 'pending' as const, passed: false };
    await (await dispatcher()).store.save(pending, signal);
    await (await dispatcher({ key: 'other' })).store.save(section({ key: 'other' }), signal);
    const close = await worker();
    expect(await close.store.list(signal)).toEqual(
      expect.arrayContaining([pending, section({ key: 'other' })]),
    );
    await close.store.save(section(), signal);
    const later = await worker();
    expect(await later.store.list(signal)).toEqual([section(), section({ key: 'other' })]);
    expect(warnings(later)).toEqual([]);
  });

  it("asks whether the dispatcher's run may be read once, however often it lists", async () => {
    await (await dispatcher()).store.save(section(), signal);
    const { store } = await worker();
    await store.list(signal);
    await store.list(signal);
    const asked = fake.exchanges.filter(
      ({ url }) => url === `/repos/acme/digits/actions/runs/${dispatcherId}`,
    );
    expect(asked).toHaveLength(1);
  });

  it('ignores what a later attempt of the dispatcher wrote, without a word', async () => {
    await (await dispatcher({ attempt: 2 })).store.save(section({ attempt: 2 }), signal);
    const gate = await worker();
    expect(await gate.store.list(signal)).toEqual([]);
    expect(await gate.store.find('training', {}, signal)).toBeUndefined();
    expect(warnings(gate)).toEqual([]);
  });

  it('does not count sections of another worker, nor believe one that names another run', async () => {
    await (await worker({ workerRunId: workerId + 1 })).store.save(section(), signal);
    const { store } = await worker();
    expect(await store.list(signal)).toEqual([]);
    await store.save(section({ id: '41' }), signal);
    const later = await worker();
    expect(await later.store.list(signal)).toEqual([]);
    expect(later.lines.join()).toContain(`is of run "41", not of "${dispatcherId}"`);
  });

  it("says once that the dispatcher's record cannot be read without a token, and goes on with its own", async () => {
    await (await dispatcher()).store.save(section({ key: 'other' }), signal);
    const train = await worker({ token: '' });
    await train.store.save(section(), signal);
    expect(await train.store.list(signal)).toEqual([section()]);
    await train.store.list(signal);
    expect(warnings(train)).toEqual([
      `warning: The record of run ${dispatcherId}, which dispatched this one, cannot be read: the input "token" is empty. Only this run's own sections count.`,
    ]);
    const bare = await worker({ runtimeToken: false });
    await bare.store.list(signal);
    expect(bare.lines.join()).toContain('this runner gives no ACTIONS_RUNTIME_TOKEN');
  });

  it('asks again for a dispatcher that could not be asked, and refuses one of a fork', async () => {
    dispatcherId += 5;
    fake.world.run({ id: dispatcherId, headRepository: 'evil/digits' });
    const { store } = await worker();
    await expect(store.list(signal)).rejects.toThrow(/ran code of evil\/digits/);
    await expect(store.list(signal)).rejects.toThrow(/ran code of evil\/digits/);
  });

  it('refers to files in the run of the worker, and the dispatching run can fetch them', async () => {
    const train = await worker({ machine: 'gpu' });
    await writeFile(join(train.workspace, 'model.onnx'), 'weights');
    const [file] = await train.store.saveFiles('digits', train.workspace, [trained()], signal);
    expect(file?.locations.at(-1)).toEqual({
      kind: 'artifact',
      artifact: 'trainyard.digits.files.train.1',
      runId: String(workerId),
    });
    const report = await train.store.saveReport({ subject: 'digits', kind: 'training' }, '<p>', signal);
    expect(report.url).toMatch(
      new RegExp(`^https://github.com/acme/digits/actions/runs/${workerId}/artifacts/\\d+$`),
    );
    const away = (file?.locations ?? []).filter(({ kind }) => kind === 'artifact');
    // The artifact client reads the runner's variables from the process: one job after the other.
    for (const open of [worker, dispatcher]) {
      const job = await open();
      const out = await mkdtemp(join(directory, 'out-'));
      const [path] = await job.store.fetchFiles([{ ...trained(), locations: away }], out, signal);
      expect(await readFile(path ?? '', 'utf8')).toBe('weights');
    }
  });
});
