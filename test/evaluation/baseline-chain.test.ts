import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mergeGroupPayload } from '../github/payloads.ts';
import { type BaselineScene, openBaselines } from './baseline-scene.ts';

let scene: BaselineScene;
beforeAll(async () => {
  scene = await openBaselines();
});
beforeEach(() => scene.clear());
afterAll(() => scene[Symbol.asyncDispose]());

/** The accuracy that the baseline has, by which the tests tell who it is. */
async function found(asked: Parameters<BaselineScene['baseline']>[0] = { registry: true }) {
  const baseline = await scene.baseline(asked);
  if (baseline.kind !== 'found') throw new Error(JSON.stringify(baseline));
  const { what, from, reported, notices } = baseline;
  return { what, from, accuracy: reported.get('accuracy'), notices };
}

describe('a gate that names no baseline', () => {
  it('compares with production, and has nothing to explain', async () => {
    await scene.publish(0.95, ['candidate', 'production']);
    await scene.publish(0.9, ['candidate']);
    await scene.gated(41, 0.8);
    expect(await found()).toEqual({
      what: 'production v1',
      from: 'production',
      accuracy: 0.95,
      notices: [],
    });
  });

  it('goes on to the candidate where nothing is in production', async () => {
    await scene.publish(0.95, []);
    await scene.publish(0.9, ['candidate']);
    await scene.gated(41, 0.8);
    expect(await found()).toEqual({
      what: 'candidate v2',
      from: 'candidate',
      accuracy: 0.9,
      notices: [
        `Compared with candidate v2: the registry directory:${scene.registryFolder} has 2 versions of digits, and no alias "production".`,
      ],
    });
  });

  it('goes on to the base branch where the registry has neither', async () => {
    await scene.publish(0.95, []);
    await scene.gated(41, 0.8);
    const { what, from, accuracy, notices } = await found();
    expect({ what, from, accuracy }).toEqual({
      what: 'branch main (run 41)',
      from: 'branch:main',
      accuracy: 0.8,
    });
    expect(notices).toEqual([
      `Compared with branch main (run 41): the registry directory:${scene.registryFolder} has 1 version of digits, and neither an alias "production" nor "candidate".`,
    ]);
  });

  it('is a first run only where registry and base branch are both empty', async () => {
    await scene.gated(41, 0.8);
    const { from, notices } = await found();
    expect(from).toBe('branch:main');
    expect(notices.join()).toContain('is empty');
    await scene.clear();
    expect(await scene.baseline({ registry: true })).toEqual({ kind: 'first-run', inReach: false });
  });

  it('has no baseline where the registry has versions that nothing points at, and the branch no record', async () => {
    await scene.publish(0.95, []);
    const baseline = await scene.baseline({ registry: true });
    expect(baseline).toMatchObject({
      kind: 'unavailable',
      from: 'branch:main',
      blame: { owner: 'configuration', remedy: expect.stringContaining('Publish or deploy') as string },
    });
    expect(JSON.stringify(baseline)).toContain('No run of the branch \\"main\\"');
  });

  it('never goes on from a registry that cannot be read', async () => {
    await scene.gated(41, 0.8);
    await mkdir(scene.registryFolder);
    await writeFile(join(scene.registryFolder, 'index.json'), '{"half": ');
    await writeFile(join(scene.registryFolder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    expect(await scene.baseline({ registry: true })).toMatchObject({
      kind: 'unavailable',
      blame: { message: expect.stringContaining('could not be had') as string },
    });
  });

  it('begins with the base branch where no registry is named, and is no first run there', async () => {
    expect(await scene.baseline({})).toMatchObject({
      kind: 'unavailable',
      from: 'branch:main',
      blame: { remedy: expect.stringContaining('by the input "registry"') as string },
    });
    await scene.gated(41, 0.8);
    expect(await found({})).toMatchObject({
      from: 'branch:main',
      accuracy: 0.8,
      notices: ['Compared with branch main (run 41): the input "registry" was not given.'],
    });
  });

  it('takes the branch that the code is to be merged into', async () => {
    await scene.gated(41, 0.8);
    await scene.gated(42, 0.7, { headBranch: 'release/2' });
    const pullRequest = {
      number: 3,
      headSha: '1'.repeat(40),
      baseSha: '2'.repeat(40),
      baseRef: 'release/2',
      fork: false,
    };
    expect(await found({ event: 'pull_request', origin: { pullRequest } })).toMatchObject({
      from: 'branch:release/2',
      accuracy: 0.7,
    });
    const queue = mergeGroupPayload({ number: 3, head: '1'.repeat(40), base: '2'.repeat(40) });
    const merging = { ...queue, repository: { default_branch: 'release/2' } };
    expect((await found({ event: 'merge_group', payload: merging })).from).toBe('branch:main');
    // A schedule's event may name nothing, and runs on the default branch.
    expect((await found({ event: 'schedule', payload: {} })).from).toBe('branch:main');
    expect(await scene.baseline({ event: 'push', payload: {} })).toMatchObject({
      kind: 'unavailable',
      blame: { message: expect.stringContaining('the event "push" names no base branch') as string },
    });
  });

  it('says why the base branch could not be asked', async () => {
    const baseline = await scene.baseline({ registry: true, token: '' });
    expect(baseline).toMatchObject({ kind: 'unavailable', from: 'branch:main' });
    expect(JSON.stringify(baseline)).toMatch(/is empty, and the record of the base branch could not be had/);
  });
});
