import { describe, expect, it } from 'vitest';
import { classifier } from './onnx-model.ts';
import { processesIn } from './processes.ts';
import { Scene } from './scene.ts';

const SWAPPED = classifier({ labels: [20n, 10n, 30n] });

describe('deploy-endpoint, target local', () => {
  it('serves a first version, and moves alias production', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const { outcome } = await scene.deploy();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      summary: '"digits" serves v1.',
      outputs: { version: 'v1', 'rolled-back': 'false' },
      body: {
        strategy: 'blue-green',
        rolledBack: false,
        previousRevision: null,
        smokeTest: { result: 'pass', goldenRows: 3, agreeing: 3 },
        alias: { name: 'production', from: null, to: 'v1' },
      },
    });
    expect(outcome.body?.steps.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'apply pass',
      'ready pass',
      'smoke-test-dark pass',
      'shift pass',
      'smoke-test pass',
      'alias pass',
      'confirm pass',
    ]);
    expect(await scene.production()).toBe('v1');
    expect(await scene.ask(outcome.outputs['url'] ?? '', [0, 1])).toBe(20);
  }, 60_000);

  it('replaces a version without a failed request', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    const url = first.outcome.outputs['url'] ?? '';
    await scene.publish(classifier({ scale: 5 }));

    const answers: unknown[] = [];
    const load = { on: true };
    const clients = Array.from({ length: 4 }, async () => {
      while (load.on && answers.length < 5000) {
        answers.push(await scene.ask(url, [1, 0]).catch((error: unknown) => error));
      }
    });
    const second = await scene.deploy();
    const during = answers.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    load.on = false;
    await Promise.all(clients);

    expect(second.outcome).toMatchObject({ verdict: 'pass', outputs: { url, version: 'v2' } });
    expect(during).toBeGreaterThan(20);
    expect(answers.filter((answer) => answer !== 10)).toEqual([]);
    expect(await scene.production()).toBe('v2');
    // The supervisor and the one worker of v2: that of v1 has ended.
    expect(await processesIn(scene.folder)).toHaveLength(process.platform === 'linux' ? 2 : 0);
  }, 60_000);

  it('goes back to the version before when golden rows are answered otherwise', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    await scene.publish(SWAPPED);
    const second = await scene.deploy();
    expect(second.outcome).toMatchObject({
      verdict: 'fail',
      summary:
        'The smoke test failed: 2 of 3 golden rows are answered otherwise; the first: line 1: the output "label" is another. Rolled back: "digits" serves v1.',
      blame: { owner: 'model' },
      outputs: { version: 'v1', revision: first.outcome.body?.revision, 'rolled-back': 'true' },
      body: {
        version: 'v2',
        rolledBack: true,
        alias: null,
        previousRevision: first.outcome.body?.revision,
        smokeTest: { result: 'fail', goldenRows: 3, agreeing: 1 },
      },
    });
    expect(await scene.production()).toBe('v1');
    expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
    // Nothing is left of v2, and a repetition ends alike.
    expect(await processesIn(scene.folder)).toHaveLength(process.platform === 'linux' ? 2 : 0);
    expect((await scene.deploy()).outcome.body).toMatchObject({ rolledBack: true });
  }, 60_000);

  it('removes a first version that fails, as there is nothing to return to', async () => {
    await using scene = await Scene.create();
    await scene.publish(SWAPPED);
    const { outcome } = await scene.deploy();
    expect(outcome).toMatchObject({
      verdict: 'fail',
      body: { rolledBack: false },
      outputs: { url: '', version: '' },
    });
    expect(outcome.summary).toMatch(/There is no version to return to; v1 was removed\.$/);
    expect(await scene.production()).toBeUndefined();
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('says that a file is no ONNX model, and keeps what serves', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    await scene.publish(Buffer.from('This is no model.'));
    const { outcome } = await scene.deploy();
    expect(outcome).toMatchObject({ verdict: 'fail', blame: { owner: 'model' }, body: { rolledBack: true } });
    expect(outcome.summary).toMatch(
      /^The file "out\/model.onnx" is not an ONNX model: .* Rolled back: "digits" serves v1\.$/,
    );
    expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
  }, 60_000);
});
