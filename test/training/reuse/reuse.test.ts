import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { completeSection } from '../../../shared/action/complete.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import { DirectoryRegistry } from '../../../shared/registries/directory.ts';
import { cleanUp, fingerprintWith, newFolder, openPlace, type Place, startFake } from './scene.ts';

afterEach(cleanUp);

const FILES = {
  'out/model.onnx': ['model', 'weights'],
  'out/predictions.parquet': ['predictions', 'rows'],
  'out/metrics.json': ['metrics', '{"accuracy": 0.97}'],
} as const;
const NAME = `trainyard-trained.digits.${fingerprintWith().sha256.slice(0, 16)}`;

const textAt = (place: Place, path: string): Promise<string> => readFile(join(place.workspace, path), 'utf8');

/** Two jobs of one kind of machine have a folder of the same name for temporary files, and nothing in common in it. */
async function emptied(folder: string): Promise<string> {
  await rm(folder, { recursive: true });
  await mkdir(folder);
  return folder;
}

describe('a run of the same repository', () => {
  it('gives its results to another: what a pull request trained, main restores and keeps', async () => {
    await using fake = await startFake();
    const pull = await openPlace({ fake, runId: 7 });
    await pull.trained(FILES);
    expect(fake.world.artifacts.map(({ name }) => name)).toContain(NAME);
    // Main may not read the cache of a pull request.
    fake.world.caches.splice(0);

    const main = await openPlace({ fake, runId: 8, token: fake.token({ permissions: { actions: 'read' } }) });
    const { hit, miss, notices } = await main.find();
    expect(miss).toBeUndefined();
    expect(notices).toEqual([]);
    expect(hit).toMatchObject({
      from: 'run',
      where: 'https://github.com/acme/digits/actions/runs/7',
      body: { metrics: { accuracy: 0.97 } },
    });
    expect(await textAt(main, 'out/model.onnx')).toBe('weights');
    expect(await textAt(main, 'out/predictions.parquet')).toBe('rows');
    // Later jobs of this run fetch them from this run, whatever becomes of the other.
    expect(hit?.files[0]?.locations).toContainEqual({
      kind: 'artifact',
      artifact: 'trainyard.digits.files.train.1',
      runId: '8',
    });
  });

  it('is left alone where it ran the code of a fork, has expired or is not equal as a whole', async () => {
    await using fake = await startFake();
    const token = fake.token({ permissions: { actions: 'read' } });
    const fork = await openPlace({ fake, runId: 7, headRepository: 'stranger/digits' });
    await fork.trained(FILES);
    fake.world.caches.splice(0);
    const main = await openPlace({ fake, runId: 8, token });
    const found = await main.find();
    expect(found).toMatchObject({ hit: undefined, miss: { changed: null, nearest: null } });
    expect(found.notices).toEqual(['Trained anew: no earlier training was found to compare with.']);

    // The same name, as half of the fingerprint is in it, and another fingerprint inside.
    fake.world.artifacts.splice(0);
    const near = await openPlace({ fake, runId: 9 });
    const outcome = await near.trained(FILES, { fingerprint: fingerprintWith({ seed: 8 }) });
    expect(outcome.verdict).toBe('pass');
    fake.world.caches.splice(0);
    expect((await (await openPlace({ fake, runId: 10, token })).find()).notices).toEqual([
      'Trained anew: changed since the training in https://github.com/acme/digits/actions/runs/9: seed.',
    ]);
  });

  it('is no hit where its bytes are not those of its record, and the next one is taken', async () => {
    await using fake = await startFake();
    const token = fake.token({ permissions: { actions: 'read' } });
    const whole = await openPlace({ fake, runId: 6 });
    await whole.trained(FILES);
    const broken = await openPlace({ fake, runId: 7 });
    await broken.trained(FILES);
    fake.world.caches.splice(0);
    const files = fake.world.artifacts.find(({ name, runId }) => name.includes('.files.') && runId === 7);
    if (files === undefined) throw new Error('no artifact of files');
    fake.world.artifacts.splice(fake.world.artifacts.indexOf(files), 1);
    await rm(broken.workspace, { recursive: true });
    const { hit, notices } = await (await openPlace({ fake, runId: 8, token })).find();
    expect(hit).toMatchObject({ where: 'https://github.com/acme/digits/actions/runs/6' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^The training in https:\S+\/7 was not taken: it could not be restored: The file "out\/model.onnx"/,
    );
  });

  it('is no hit where its record cannot be fetched', async () => {
    await using fake = await startFake();
    await (await openPlace({ fake, runId: 7 })).trained(FILES);
    fake.world.caches.splice(0);
    fake.fail({ kind: 'forbidden', on: 'GET /repos/acme/digits/actions/artifacts/\\d+/zip' });
    const place = await openPlace({ fake, runId: 8, token: fake.defaultToken });
    const { hit, notices } = await place.find();
    expect(hit).toBeUndefined();
    expect(notices[0]).toMatch(
      /runs\/7 was not taken: it could not be read: The artifact "trainyard-trained/,
    );
  });

  it('is no hit where its record is none, and hides no cancellation', async () => {
    await using fake = await startFake();
    await (await openPlace({ fake, runId: 7 })).trained(FILES, { fingerprint: null });
    fake.world.caches.splice(0);
    const place = await openPlace({ fake, runId: 8, token: fake.defaultToken });
    expect((await place.find()).notices[0]).toMatch(/runs\/7 was not taken: it has no fingerprint\.$/);
    const cancelled = {
      ...place,
      context: { ...place.context, signal: AbortSignal.abort(new Error('cancelled')) },
    };
    const { findEqual } = await import('../../../actions/train-model/src/reuse/find-equal.ts');
    await expect(findEqual({ ...cancelled, fingerprint: fingerprintWith() })).rejects.toThrow('cancelled');
  });

  it('is not searched without the permission, which is said once and is no trouble', async () => {
    await using fake = await startFake();
    const place = await openPlace({ fake, token: fake.token({ permissions: { contents: 'read' } }) });
    expect((await place.find()).hit).toBeUndefined();
    expect(place.lines.filter((line) => line.includes('actions: read'))).toHaveLength(1);
    expect(place.lines.filter((line) => line.startsWith('warning'))).toEqual([]);
    const without = await openPlace({ fake });
    await without.find();
    expect(without.lines.join('\n')).toContain('there is no token');
  });

  it('is not searched where GitHub does not answer, which is a warning', async () => {
    await using fake = await startFake();
    fake.fail({
      kind: 'secondary-limit',
      on: 'GET /repos/acme/digits/actions/artifacts',
      retryAfterSeconds: 3600,
    });
    const place = await openPlace({ fake, token: fake.defaultToken });
    expect((await place.find()).hit).toBeUndefined();
    expect(place.lines.filter((line) => line.startsWith('warning')).join('\n')).toContain(
      'could not be searched',
    );
  });
});

describe('the cache', () => {
  it("gives section and files, also where the training's own artifacts are gone", async () => {
    await using fake = await startFake();
    const temporary = await newFolder('machine');
    const first = await openPlace({ fake, runId: 7, temporary });
    await first.trained(FILES);
    expect(fake.world.caches.map(({ key }) => key)).toEqual([
      `trainyard-files-1-digits-${fingerprintWith().sha256}`,
      `trainyard-training-1-digits-${fingerprintWith().sha256}`,
    ]);
    fake.world.artifacts.splice(0);
    await rm(first.workspace, { recursive: true });
    const second = await openPlace({ fake, runId: 8, temporary: await emptied(temporary) });
    const { hit } = await second.find();
    expect(hit).toMatchObject({
      from: 'cache',
      where: `cache entry trainyard-training-1-digits-${fingerprintWith().sha256}`,
    });
    expect(await textAt(second, 'out/model.onnx')).toBe('weights');
  });

  it('explains a miss by the newest entry of the model, without fetching its files', async () => {
    await using fake = await startFake();
    const temporary = await newFolder('machine');
    await (await openPlace({ fake, temporary })).trained(FILES);
    const place = await openPlace({ fake, temporary: await emptied(temporary) });
    const before = fake.exchanges.length;
    const { hit, miss, notices } = await place.find(fingerprintWith({ seed: 8, data: 'e'.repeat(64) }));
    expect(hit).toBeUndefined();
    expect(miss?.changed).toEqual(['data', 'seed']);
    expect(notices).toEqual([
      `Trained anew: changed since the training in cache entry trainyard-training-1-digits-${fingerprintWith().sha256}: data, seed.`,
    ]);
    expect(
      fake.exchanges.slice(before).filter(({ method, url }) => method === 'GET' && url.includes('/blobs/')),
    ).toHaveLength(1);
  });

  it('is not believed: a forged section, or files that are not those of the record', async () => {
    await using fake = await startFake();
    const temporary = await newFolder('machine');
    const first = await openPlace({ fake, runId: 7, temporary });
    await first.trained(FILES);
    fake.world.artifacts.splice(0);
    await rm(first.workspace, { recursive: true });
    // Somebody else's bytes under the key of the files.
    const forger = await openPlace({ fake, runId: 7, temporary: await emptied(temporary) });
    fake.world.caches.splice(0, 1);
    const folder = join(temporary, 'trainyard-reuse/digits/files');
    await mkdir(join(folder, 'out'), { recursive: true });
    await writeFile(join(folder, 'out/model.onnx'), 'WEIGHTS');
    const { saveCache } = await import('@actions/cache');
    await saveCache([folder], `trainyard-files-1-digits-${fingerprintWith().sha256}`);
    const { hit, notices } = await forger.find();
    expect(hit).toBeUndefined();
    expect(notices[0]).toMatch(
      /was not taken: it could not be restored: The file "out\/model.onnx" .* instead of/,
    );
    expect(existsSync(join(forger.workspace, 'out/model.onnx'))).toBe(false);

    // A section that is none.
    fake.world.caches.splice(0);
    await emptied(temporary);
    const sections = join(temporary, 'trainyard-reuse/digits/section');
    await mkdir(sections, { recursive: true });
    await writeFile(join(sections, 'section.json'), '{"kind":"training"}');
    await saveCache([sections], `trainyard-training-1-digits-${fingerprintWith().sha256}`);
    const next = await openPlace({ fake, temporary: await emptied(temporary) });
    expect((await next.find()).notices[0]).toContain(
      'was not taken: it cannot be read: The section of the record',
    );
    // The same of another fingerprint is only nothing to compare with.
    expect((await next.find(fingerprintWith({ seed: 1 }))).notices).toEqual([
      'Trained anew: no earlier training was found to compare with.',
    ]);
  });

  it('is left alone where the runner offers none, and its refusal fails nothing', async () => {
    await using fake = await startFake();
    const none = await openPlace({ fake, environment: { ACTIONS_RESULTS_URL: '', ACTIONS_CACHE_URL: '' } });
    expect((await none.trained(FILES)).verdict).toBe('pass');
    await none.find();
    expect(fake.world.caches).toEqual([]);
    const confused = await openPlace({ fake, environment: { GITHUB_SERVER_URL: 'no address' } });
    expect((await confused.find()).hit).toBeUndefined();
    expect(confused.lines.join('\n')).toContain(
      'warning: The cache could not be asked for an equal training',
    );
    fake.fail({ kind: 'forbidden', on: 'CacheService' });
    const refused = await openPlace({ fake });
    expect((await refused.find()).hit).toBeUndefined();
    expect((await refused.trained(FILES)).verdict).toBe('pass');
  });
});

describe('a registry', () => {
  const publish = async (place: Place, root: string, modelDigestOfRecord?: string): Promise<void> => {
    const outcome = await place.trained(
      FILES,
      modelDigestOfRecord === undefined ? {} : { modelDigest: modelDigestOfRecord },
    );
    const section = await completeSection({ kind: 'training' }, outcome, place.context, {
      startedAt: 0,
      now: 1,
    });
    const registry = new DirectoryRegistry({ root, name: `directory:${root}` });
    const { signal } = place.context;
    const local = (outcome.body?.files ?? []).map((reference) => ({
      reference,
      path: join(place.workspace, reference.path),
    }));
    const model = local.filter(({ reference }) => reference.role === 'model');
    const staged = await registry.stage(
      'digits',
      modelDigest(outcome.body?.files ?? []) ?? '',
      model,
      signal,
    );
    const predictions = local.filter(({ reference }) => reference.role === 'predictions');
    await registry.commit(staged, { sections: [section], card: '# digits\n', files: predictions }, signal);
  };

  it('gives the published model and its predictions; metrics are in the record', async () => {
    const root = await newFolder('registry');
    const first = await openPlace();
    await publish(first, root);
    await rm(first.workspace, { recursive: true });
    const second = await openPlace({ inputs: { registry: `directory:${root}` } });
    const { hit } = await second.find();
    expect(hit).toMatchObject({
      from: 'registry',
      where: `directory:${root}, version v1`,
      body: { metrics: { accuracy: 0.97 } },
    });
    expect(hit?.files.map(({ path }) => path)).toEqual(['out/model.onnx', 'out/predictions.parquet']);
    expect(await textAt(second, 'out/predictions.parquet')).toBe('rows');
    const { miss } = await second.find(fingerprintWith({ code: 'f'.repeat(64) }));
    expect(miss).toEqual({ changed: ['code'], nearest: `directory:${root}, version v1` });
  });

  it('is not believed where record and version are not of one model', async () => {
    const root = await newFolder('registry');
    await publish(await openPlace(), root, 'f'.repeat(64));
    const place = await openPlace({ inputs: { registry: `directory:${root}` } });
    const { hit, notices } = await place.find();
    expect(hit).toBeUndefined();
    expect(notices[0]).toContain('version v1 was not taken: it was recorded with another model digest');
  });

  it('is told apart from one that cannot be read, and from one that was named wrongly', async () => {
    const root = await newFolder('registry');
    await writeFile(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    await writeFile(join(root, 'index.json'), '{');
    const damaged = await openPlace({ inputs: { registry: `directory:${root}` } });
    expect((await damaged.find()).notices[0]).toContain(
      `The registry directory:${root} could not be searched`,
    );
    const wrong = await openPlace({ inputs: { registry: 'nowhere' } });
    await expect(wrong.find()).rejects.toThrow('there is no registry "nowhere"');
  });
});

describe('the record of a terminal', () => {
  const keep = async (place: Place, overrides = {}): Promise<void> => {
    const outcome = await place.trained(FILES, overrides);
    await place.context.store.save(
      await completeSection({ kind: 'training' }, outcome, place.context, { startedAt: 0, now: 1 }),
      place.context.signal,
    );
  };

  it('is taken as long as its files are there, whatever the tree', async () => {
    const place = await openPlace();
    await keep(place);
    const later = await openPlace({ workspace: place.workspace, commit: { treeHash: 'b'.repeat(40) } });
    expect((await later.find()).hit).toMatchObject({
      from: 'record',
      where: '.trainyard/digits/training.json',
    });
    await place.write('out/model.onnx', 'changed');
    const { hit, notices } = await later.find();
    expect(hit).toBeUndefined();
    expect(notices[0]).toContain('The training in .trainyard/digits/training.json was not taken');
    expect(await textAt(place, 'out/model.onnx')).toBe('changed');
  });

  it('is not believed where it is committed, failed, or is damaged', async () => {
    const place = await openPlace();
    const run = (...words: string[]): unknown => execFileSync('git', words, { cwd: place.workspace });
    run('init', '--quiet');
    await keep(place);
    expect((await place.find()).hit).toBeDefined();
    run('add', '--force', '.trainyard');
    expect((await place.find()).notices[0]).toBe(
      'The training in .trainyard/digits/training.json was not taken: it is committed to the repository.',
    );
    run('rm', '-r', '--quiet', '--cached', '.trainyard');
    await place.write('.trainyard/digits/training.json', '{}');
    expect((await place.find()).notices).toEqual([
      'Trained anew: no earlier training was found to compare with.',
    ]);
  });

  it('overwrites no file that git tracks', async () => {
    const root = await newFolder('store');
    const source = await openPlace({ workspace: root });
    await keep(source);
    const place = await openPlace();
    const run = (...words: string[]): unknown => execFileSync('git', words, { cwd: place.workspace });
    run('init', '--quiet');
    await place.write(
      '.trainyard/digits/training.json',
      await readFile(join(root, '.trainyard/digits/training.json'), 'utf8'),
    );
    await place.write('out/model.onnx', 'weights');
    run('add', 'out');
    expect((await place.find()).hit).toBeDefined();
    await place.write('out/model.onnx', 'mine');
    expect((await place.find()).notices[0]).toContain(
      '"out/model.onnx" is tracked by git and differs: it is not overwritten',
    );
    expect(await textAt(place, 'out/model.onnx')).toBe('mine');
    await rm(join(place.workspace, 'out/model.onnx'));
    expect((await place.find()).hit).toBeDefined();
  });

  it('leads to no store that this step does not name', async () => {
    const bytes = await newFolder('bytes');
    const place = await openPlace();
    await keep(place);
    const path = join(place.workspace, '.trainyard/digits/training.json');
    const text = await readFile(path, 'utf8');
    const { openStore } = await import('../../../shared/stores/open.ts');
    const store = await openStore(`directory:${bytes}`, place.context);
    const section = JSON.parse(text) as { body: { files: { path: string; locations: unknown[] }[] } };
    const { sha256 } = section.body.files[0] as unknown as { sha256: string };
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    await store.stage(
      section.body.files.map((reference) => ({
        reference: reference as never,
        path: join(place.workspace, reference.path),
      })),
      place.context.signal,
    );
    for (const file of section.body.files) file.locations = [{ kind: 'store', store: store.uri }];
    await writeFile(path, JSON.stringify(section));
    await rm(join(place.workspace, 'out'), { recursive: true });
    expect((await place.find()).notices[0]).toContain('the record names no place for it');
    const named = await openPlace({ workspace: place.workspace, inputs: { store: `directory:${bytes}` } });
    expect((await named.find()).hit?.files).toHaveLength(3);
  });
});

describe('nothing', () => {
  it('is looked for where code or data are unknown', async () => {
    const place = await openPlace();
    expect(await place.find(fingerprintWith({ data: null }))).toEqual({
      hit: undefined,
      miss: undefined,
      notices: [expect.stringContaining('(data). To make it known, run validate-data before') as string],
    });
  });

  it('is kept of a training that failed, of a fork, of what is unknown, and of what was found in the cache', async () => {
    await using fake = await startFake();
    const place = await openPlace({ fake });
    await place.trained(FILES, {}, fingerprintWith({ code: null }));
    await place.trained(FILES, { reused: { from: 'cache', where: 'cache entry x' } });
    await (await openPlace({ fake, commit: { fork: true } })).trained(FILES);
    expect(fake.world.artifacts.filter(({ name }) => name.startsWith('trainyard-trained'))).toEqual([]);
    expect(fake.world.caches).toEqual([]);
  });

  it('fails where it cannot be kept', async () => {
    await using fake = await startFake();
    const refused = await openPlace({ fake });
    fake.fail({ kind: 'forbidden', on: 'ArtifactService/CreateArtifact' });
    await refused.write('out/model.onnx', 'weights');
    const { rememberTraining } = await import('../../../actions/train-model/src/reuse/remember.ts');
    const { trainingBodyOf } = await import('../../record/training-body.ts');
    await rememberTraining({
      inputs: refused.inputs,
      context: refused.context,
      fingerprint: fingerprintWith(),
      outcome: {
        subject: 'digits',
        dataset: null,
        verdict: 'pass',
        summary: '',
        blame: null,
        notices: [],
        body: trainingBodyOf({ fingerprint: fingerprintWith() }),
        outputs: {},
        annotations: [],
      },
    });
    expect(refused.lines.join('\n')).toContain(
      'warning: The training could not be kept for later runs to reuse',
    );
  });
});
