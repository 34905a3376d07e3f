import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BaselineScene, openBaselines } from './baseline-scene.ts';

let scene: BaselineScene;
beforeAll(async () => {
  scene = await openBaselines();
});
beforeEach(() => scene.clear());
afterAll(() => scene[Symbol.asyncDispose]());

describe('another run as baseline', () => {
  it('brings its metrics, predictions and model', async () => {
    await scene.gated(41, 0.9);
    const found = await scene.baseline({ from: 'run:41' });
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found).toMatchObject({ what: 'run:41 (run 41)', version: null });
    expect(found.reported.get('accuracy')).toBe(0.9);
    expect(found.predictions).toMatchObject({ format: 'csv', label: 'out/predictions.csv of run 41' });
    const files = (await found.model?.()) ?? [];
    expect(files.map(({ reference }) => reference.path)).toEqual(['out/model.onnx']);
  });

  it('is the newest that succeeded on a branch and gated the model', async () => {
    await scene.gated(41, 0.9);
    await scene.gated(42, 0.8);
    await scene.gated(43, 0.7, { headBranch: 'topic' });
    await scene.gated(44, 0.6, { conclusion: 'failure' });
    await scene.gated(45, 0.5, { headRepository: 'stranger/digits' });
    scene.fake.world.run({
      id: 46,
      headBranch: 'main',
      status: 'completed',
      conclusion: 'success',
      headRepository: 'acme/digits',
    });
    const found = await scene.baseline({ from: 'branch:main' });
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    expect(found.what).toBe('branch main (run 42)');
    expect(found.reported.get('accuracy')).toBe(0.8);
  });

  it('that is not there is no baseline, and says what to do', async () => {
    expect(await scene.baseline({ from: 'branch:main' })).toMatchObject({
      kind: 'unavailable',
      blame: { message: 'No run of the branch "main" whose artifacts are still there has gated digits.' },
    });
    scene.fake.world.run({ id: 47, headRepository: 'acme/digits' });
    await expect(scene.baseline({ from: 'run:47' })).rejects.toThrow(
      'Run 47, the baseline, has no record of digits.',
    );
    await expect(scene.baseline({ from: 'branch:main', token: '' })).rejects.toThrow(
      /needs the runs of a repository|token/,
    );
  });
});
