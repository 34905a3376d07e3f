import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { processesIn, until } from './processes.ts';
import { classifier } from './onnx-model.ts';
import { Scene } from './scene.ts';
import { evaluation, publication, section, training } from './sections.ts';

describe('what is admitted', () => {
  it('plans with the model of this run on a free port, and leaves nothing behind', async () => {
    await using scene = await Scene.create();
    const { reference } = await scene.modelFile(classifier());
    const digest = 'a'.repeat(64);
    scene.sections = [training([reference], digest), evaluation(digest)];
    const { outcome, state } = await scene.deploy({ mode: 'plan', registry: undefined, subject: undefined });
    expect(outcome).toMatchObject({
      verdict: 'pass',
      subject: 'digits',
      outputs: { url: '', version: '' },
      body: { mode: 'plan', strategy: 'smoke-serving', version: null, alias: null, url: null },
    });
    expect(outcome.body?.steps.map(({ name }) => name)).toEqual(['apply', 'ready', 'smoke-test', 'remove']);
    expect(outcome.notices.join()).toMatch(/Smoke serving/);
    await scene.post({ state });
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('fails a plan whose model answers otherwise', async () => {
    await using scene = await Scene.create();
    const { reference } = await scene.modelFile(classifier({ labels: [20n, 10n, 30n] }));
    const digest = 'a'.repeat(64);
    scene.sections = [training([reference], digest), evaluation(digest)];
    const { outcome } = await scene.deploy({ mode: 'plan' });
    expect(outcome).toMatchObject({ verdict: 'fail', body: { rolledBack: false } });
    expect(outcome.summary).toMatch(/Nothing was deployed\.$/);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('refuses a plan without a trained model, and a run without any', async () => {
    await using scene = await Scene.create();
    await expect(scene.deploy({ mode: 'plan', requireGate: false })).rejects.toThrow(
      /has trained no model "digits"/,
    );
    await expect(scene.deploy({ mode: 'plan', subject: undefined })).rejects.toThrow(/this run has no model/);
  });

  it('refuses a verdict whose attestation cannot be verified, or that lacks one where it is required', async () => {
    await using scene = await Scene.create();
    const { reference } = await scene.modelFile(classifier());
    const digest = 'a'.repeat(64);
    const judged = evaluation(digest);
    const url = 'https://github.com/acme/digits/attestations/7';
    const attestation = { id: '7', url, bundleSha256: 'b'.repeat(64) };
    const claiming = { ...judged, body: judged.body && { ...judged.body, attestation } };
    scene.sections = [training([reference], digest), claiming];
    const refused = await scene.deploy({ mode: 'plan' });
    expect(refused.outcome).toMatchObject({
      verdict: 'error',
      summary: expect.stringContaining('attest') as string,
    });
    scene.sections = [training([reference], digest), judged];
    const required = await scene.deploy({ mode: 'plan', requireAttestation: 'true' });
    expect(required.outcome.verdict).toBe('error');
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('names a Git LFS pointer and the remedy, and touches nothing', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    const pointer = Buffer.from(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`,
    );
    const { reference } = await scene.modelFile(pointer);
    const refusal = {
      owner: 'model',
      message: 'The model file out/model.onnx is a Git LFS pointer, not the model.',
      remedy: expect.stringMatching(/^Check out with lfs: true/) as string,
    };
    scene.sections = [training([reference], 'a'.repeat(64)), evaluation('a'.repeat(64))];
    await expect(scene.deploy({ mode: 'plan' })).rejects.toMatchObject(refusal);
    scene.sections = [];
    await scene.publish(pointer);
    await expect(scene.deploy()).rejects.toMatchObject(refusal);
    expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
  }, 60_000);

  it('refuses a trained model that is not in one .onnx file', async () => {
    await using scene = await Scene.create();
    const { reference } = await scene.modelFile(classifier());
    const files = [reference, { ...reference, path: 'out/second.onnx' }];
    scene.sections = [training(files, 'a'.repeat(64))];
    await expect(scene.deploy({ mode: 'plan', requireGate: false })).rejects.toThrow(
      /the model's files are: out\/model/,
    );
  });

  it('is skipped while the training goes on elsewhere, also without a gate', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const dispatched = training([], 'a'.repeat(64));
    scene.sections = [{ ...dispatched, verdict: 'pending', passed: false, summary: 'Dispatched to gpu.' }];
    for (const requireGate of [true, false]) {
      const { outcome } = await scene.deploy({ requireGate });
      expect(outcome).toMatchObject({ verdict: 'skipped', passed: false, body: null });
      expect(outcome.summary).toContain(
        'The training has not ended yet, so there is no model to serve: Dispatched to gpu.',
      );
    }
  });

  it('is skipped after an inconclusive evaluation, though an older version waits in the registry', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    scene.sections = [
      evaluation('b'.repeat(64), { verdict: 'inconclusive', passed: false, summary: 'Too few rows.' }),
    ];
    const { outcome } = await scene.deploy();
    expect(outcome).toMatchObject({ verdict: 'skipped', passed: false, body: null });
    expect(outcome.summary).toBe('"digits" is unchanged. The evaluation is inconclusive: Too few rows.');
  });

  it('is skipped after a pass by rules of the pull request under test, also where it lies beside the version', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier(), (digest) => {
      const judged = evaluation(digest);
      const gate = {
        path: 'gate.yml',
        digest,
        from: 'head' as const,
        ref: null,
        newInHead: false,
        diff: null,
      };
      return [{ ...judged, body: judged.body && { ...judged.body, gate } }];
    });
    const { outcome } = await scene.deploy({ version: 'v1' });
    expect(outcome).toMatchObject({ verdict: 'skipped', passed: false, body: null });
    expect(outcome.summary).toContain('(gate.yml), which were not in force');
    expect(await processesIn(scene.folder)).toEqual([]);
  });

  it('refuses what the gate refused, what it never saw, and another model than it saw', async () => {
    await using scene = await Scene.create();
    scene.sections = [evaluation('b'.repeat(64), { verdict: 'fail', passed: false, summary: 'Too bad.' })];
    expect((await scene.deploy()).outcome).toMatchObject({ verdict: 'error', blame: { owner: 'model' } });
    scene.sections = [];
    await scene.publish(classifier(), () => []);
    expect((await scene.deploy()).outcome).toMatchObject({
      verdict: 'error',
      blame: { message: expect.stringMatching(/No gate has examined this model/) as string },
    });
    scene.sections = [evaluation('b'.repeat(64))];
    expect((await scene.deploy()).outcome.summary).toMatch(/The gate has passed another model/);
  });

  it('deploys the version that this run published, or the one that is named, with its own record', async () => {
    await using scene = await Scene.create();
    const first = await scene.publish(classifier());
    const second = await scene.publish(classifier({ scale: 5 }));
    scene.sections = [
      evaluation(first.modelDigest),
      publication({ registry: 'directory:registry', version: 'v1', state: 'published' }, first.modelDigest),
    ];
    expect((await scene.deploy()).outcome).toMatchObject({ verdict: 'pass', outputs: { version: 'v1' } });
    expect((await scene.deploy({ version: 'v2' })).outcome).toMatchObject({ outputs: { version: 'v2' } });
    await expect(scene.deploy({ version: 'v9' })).rejects.toThrow(/has no version v9/);
    await expect(scene.deploy({ subject: 'other', version: undefined })).rejects.toThrow(
      /has no alias candidate/,
    );
    scene.sections = [
      evaluation(first.modelDigest),
      publication({ registry: 'directory:registry', version: 'v2', state: 'published' }, first.modelDigest),
    ];
    await expect(scene.deploy()).rejects.toThrow(/v2 in directory:registry is not what this run published/);
    expect(second.version).toBe('v2');
  }, 60_000);

  it('refuses a version whose files were put under a digest that the gate has passed', async () => {
    await using scene = await Scene.create();
    const signal = new AbortController().signal;
    const { reference, path } = await scene.modelFile(classifier());
    const passed = 'a'.repeat(64);
    const staged = await scene.registry.stage('digits', passed, [{ reference, path }], signal);
    const beside = { sections: [evaluation(passed)], card: '# digits\n', files: [] };
    await scene.registry.commit(staged, beside, signal);
    await scene.registry.alias('digits', 'candidate', 'v1', null, signal);
    await expect(scene.deploy()).rejects.toThrow(
      /model digest of v1 in directory:registry is stated as a{12}, and its files give [0-9a-f]{12}/,
    );
    expect(await scene.production()).toBeUndefined();
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('refuses a publication that was only planned, and data that a check refused', async () => {
    await using scene = await Scene.create();
    const { modelDigest } = await scene.publish(classifier());
    const planned = publication(
      { registry: 'directory:registry', version: null, state: 'planned' },
      modelDigest,
    );
    scene.sections = [evaluation(modelDigest), planned];
    expect((await scene.deploy()).outcome.summary).toMatch(/publish-model ran in mode plan/);
    const bad = section('data', null, {
      subject: 'scans',
      verdict: 'fail',
      passed: false,
      summary: 'Nulls.',
    });
    scene.sections = [evaluation(modelDigest), bad];
    // Of which dataset the model was made is not known here: then any that was refused counts.
    expect((await scene.deploy()).outcome).toMatchObject({ verdict: 'error', blame: { owner: 'data' } });
    expect((await scene.deploy({ dataset: 'scans' })).outcome).toMatchObject({
      verdict: 'error',
      blame: { owner: 'data' },
    });
  });

  it('deploys without a gate where the user says so, and says so', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier(), () => []);
    const { outcome } = await scene.deploy({ requireGate: false });
    expect(outcome).toMatchObject({ verdict: 'pass', body: { gateRequired: false } });
    expect(outcome.notices.join()).toMatch(/"require-gate" is false/);
  }, 60_000);

  it('gives the endpoint back where somebody else moved alias production meanwhile', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    await scene.publish(classifier({ scale: 5 }));
    await scene.publish(classifier({ scale: 6 }));
    const deploying = scene.deploy({ version: 'v2' });
    await until('v2 is started', () => scene.log.some((line) => line.includes('apply: pass (v2-')));
    await scene.registry.alias('digits', 'production', 'v3', 'v1', new AbortController().signal);
    const { outcome } = await deploying;
    expect(outcome).toMatchObject({ verdict: 'fail', body: { rolledBack: true, alias: null } });
    expect(outcome.body?.steps.find(({ name }) => name === 'alias')?.result).not.toBe('pass');
    expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
    expect(await scene.production()).toBe('v3');
  }, 60_000);
});

describe('golden rows', () => {
  it('are refused with file and line where they are none', async () => {
    await using scene = await Scene.create();
    const path = `${scene.workspace}/bad.jsonl`;
    await writeFile(path, '{"inputs": {"x": [1, 0]}, "outputs": {"label": 10}}\n{"inputs": 5}\n');
    await expect(scene.deploy({ goldenRows: path })).rejects.toMatchObject({
      owner: 'configuration',
      message: expect.stringMatching(/^Input "golden-rows": bad.jsonl:2 is no golden row/) as string,
    });
  }, 60_000);

  it.each([
    ['{"inputs": {"y": [1, 0]}, "outputs": {"label": 10}}', /gives the input "y", which the model does not/],
    [
      '{"inputs": {"x": [1, 0, 2]}, "outputs": {"label": 10}}',
      /"x" has the shape \[1, 3\]; .* FP32 \[-1, 2\]/,
    ],
    ['{"inputs": {"x": [1, "a"]}, "outputs": {"label": 10}}', /"x" holds a string where a value of FP32/],
    ['{"inputs": {"x": [null, 0]}, "outputs": {"label": 10}}', /"x" holds null/],
    ['{"inputs": {"x": [1e999, 0]}, "outputs": {"label": 10}}', /"x" holds a number that is not finite/],
    ['{"inputs": {"x": [1, 0]}, "outputs": {"lable": 10}}', /expects the output "lable"/],
  ])(
    "that do not fit the model are the user's fault, before anything is touched: %s",
    async (line, message) => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      const first = await scene.deploy();
      await scene.publish(classifier({ scale: 5 }));
      const path = `${scene.workspace}/bad.jsonl`;
      await writeFile(path, `{"inputs": {"x": [1, 0]}, "outputs": {"label": 10}}\n\n${line}\n`);
      const before = await processesIn(scene.folder);
      await expect(scene.deploy({ goldenRows: path })).rejects.toMatchObject({
        owner: 'configuration',
        message: expect.stringMatching(
          new RegExp(`^Input "golden-rows": bad.jsonl:3 does not fit the model: .*${message.source}`),
        ) as string,
        remedy: expect.stringMatching(/takes "x" \(FP32 \[-1, 2\]\) and gives "label" \(INT64/) as string,
        where: { file: 'bad.jsonl', line: 3 },
      });
      expect(await processesIn(scene.folder)).toEqual(before);
      expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
      expect(await scene.production()).toBe('v1');
    },
    60_000,
  );
});
