import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { publish } from '../../actions/publish-model/src/publish.ts';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import { publicationBodySchema } from '../../shared/record/publication-section.ts';
import type { ExaminationRecord } from '../../shared/record/evaluation-section.ts';
import { evaluationSection, localFile, sha256 } from '../registries/sections.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { inputsOf, onnxBytes, openScene } from './scene.ts';

const NEVER = new AbortController().signal;

describe('publishing', () => {
  it('publishes the model with its record, card and predictions, and moves the alias', async () => {
    await using scene = await openScene();
    const digest = await scene.train();
    const outcome = await scene.publish();
    expect(outcome.verdict).toBe('pass');
    expect(outcome.summary).toMatch(/^digits is published as v1 in directory:registry \(2 files, /);
    expect(outcome.outputs).toMatchObject({ version: 'v1', registry: 'directory:registry', url: '' });
    expect(publicationBodySchema.parse(outcome.body)).toMatchObject({
      mode: 'publish',
      alias: { name: 'candidate', from: null, to: 'v1' },
      gateRequired: true,
      modelDigest: digest,
    });
    const version = await scene.registry.resolve('digits', 'candidate', NEVER);
    expect(version?.manifestDigest).toBe(outcome.outputs['manifest-digest']);
    expect(version?.files.map(({ path, role }) => `${role} ${path}`)).toEqual([
      'model out/model.onnx',
      'predictions out/predictions.csv',
    ]);
    if (version === undefined) throw new Error('nothing was published');
    const record = await scene.registry.record(version, NEVER);
    expect(record.map(({ kind }) => kind)).toEqual(['data', 'training', 'evaluation']);
    const card = await readFile(
      join(scene.workspace, 'registry', 'blobs', 'sha256', outcome.body?.card?.sha256 ?? ''),
      'utf8',
    );
    expect(card).toMatch(/^---\nlibrary_name: onnx\n/);
  });

  it('leaves predictions of the training behind where the gate made its own: they may carry labels', async () => {
    await using scene = await openScene();
    const section = evaluationSection(await scene.train());
    if (section.body === null) throw new Error('the section has no body');
    const examination: ExaminationRecord = {
      by: 'gate',
      how: 'onnx',
      baselineBy: 'none',
      rows: 100,
      path: 'rows.parquet',
      sha256: sha256('rows'),
      changed: false,
      labelsInReach: false,
      latencyMs: null,
      reason: null,
    };
    await scene.save({ ...section, body: { ...section.body, examination } });
    expect((await scene.publish()).verdict).toBe('pass');
    const version = await scene.registry.resolve('digits', 'candidate', NEVER);
    expect(version?.files.map(({ path }) => path)).toEqual(['out/model.onnx']);
  });

  it('publishes a second model as v2 and the same one as nothing new', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.publish();
    await scene.train({ content: onnxBytes('second') });
    expect((await scene.publish()).body?.alias).toEqual({ name: 'candidate', from: 'v1', to: 'v2' });
    const again = await scene.publish();
    expect(again.body?.targets[0]?.state).toBe('already-published');
    expect(again.outputs['version']).toBe('v2');
    expect(await scene.registry.list('digits', NEVER)).toHaveLength(2);
  });

  it('appends the card of the user', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.write('docs/card.md', '## Intended use\n\nPostal codes.\n');
    const outcome = await scene.publish({ card: 'docs/card.md' });
    const card = await readFile(
      join(scene.workspace, 'registry', 'blobs', 'sha256', outcome.body?.card?.sha256 ?? ''),
      'utf8',
    );
    expect(card).toMatch(/## Intended use\n\nPostal codes\.\n$/);
  });

  it('publishes to the named registry under the named alias, and to the default one', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.publish({ alias: 'nightly', model: 'digits', dataset: 'digits-data' });
    expect((await scene.registry.resolve('digits', 'nightly', NEVER))?.version).toBe('v1');
    expect(await scene.registry.resolve('digits', 'candidate', NEVER)).toBeUndefined();
    const { registry } = inputsOf(scene.workspace, {});
    expect((await scene.publish({ registry })).outputs['registry']).toBe('directory:.trainyard/registry');
    expect(existsSync(join(scene.workspace, '.trainyard', 'registry', 'oci-layout'))).toBe(true);
    // The registry beside the record does not disturb the record.
    expect((await scene.publish({ registry })).body?.targets[0]?.state).toBe('already-published');
  });
});

describe('planning', () => {
  it('says what it would do and changes nothing', async () => {
    await using scene = await openScene();
    await scene.train();
    const first = await scene.publish({ mode: 'plan' });
    expect(first.verdict).toBe('pass');
    expect(first.summary).toMatch(
      /would be published as v1 .* alias candidate would move from nothing to v1/,
    );
    expect(existsSync(join(scene.workspace, 'registry'))).toBe(false);
    await scene.publish();
    await scene.train({ content: onnxBytes('second') });
    const index = await readFile(join(scene.workspace, 'registry', 'index.json'), 'utf8');
    const second = await scene.publish({ mode: 'plan' });
    expect(second.body?.alias).toEqual({ name: 'candidate', from: 'v1', to: 'v2' });
    expect(second.body?.targets[0]).toMatchObject({ state: 'planned', version: null });
    expect(await readFile(join(scene.workspace, 'registry', 'index.json'), 'utf8')).toBe(index);
  });
});

describe('the gate', () => {
  it('is demanded', async () => {
    await using scene = await openScene();
    await scene.train({ evaluation: null });
    const outcome = await scene.publish();
    expect(outcome.verdict).toBe('error');
    expect(outcome.summary).toBe('Not published. No gate has judged digits in this run.');
    expect(outcome.blame?.remedy).toMatch(/Run evaluate-gate before publish-model/);
    expect(existsSync(join(scene.workspace, 'registry'))).toBe(false);
  });

  it('skips after inconclusive, with the reason', async () => {
    await using scene = await openScene();
    await scene.train({ evaluation: { verdict: 'inconclusive', passed: false, summary: 'Too few rows.' } });
    expect(await scene.publish()).toMatchObject({
      verdict: 'skipped',
      passed: false,
      summary: expect.stringContaining('Too few rows') as unknown,
    });
  });

  it('refuses after failed data, also in plan mode', async () => {
    await using scene = await openScene();
    await scene.train({ data: { verdict: 'fail', passed: false, summary: '2 rules are broken.' } });
    expect(await scene.publish({ mode: 'plan' })).toMatchObject({
      verdict: 'error',
      blame: { owner: 'data' },
    });
  });

  it('lets through what it was not required for, and the report says so', async () => {
    await using scene = await openScene();
    await scene.train({ evaluation: null, data: null });
    const outcome = await scene.publish({ 'require-gate': 'false' });
    expect(outcome.verdict).toBe('pass');
    expect(outcome.body?.gateRequired).toBe(false);
    expect(outcome.notices).toEqual([
      'require-gate: false: the gate was not required for this publication.',
      'No gate has judged digits in this run.',
    ]);
    expect(scene.logs).toContain(outcome.notices[0]);
  });
});

describe('bad input', () => {
  it('without a training is told what to run', async () => {
    await using scene = await openScene();
    await expect(scene.publish()).rejects.toThrow(/record of this run holds no training of a model/);
    await expect(scene.publish({ model: 'digits' })).rejects.toThrow(/no training of digits/);
    await expect(scene.publish({ 'record-from': 'run:1' })).rejects.toThrow(/record-from/);
  });

  const FILES: { title: string; content: Buffer | string; path?: string; message: RegExp }[] = [
    { title: 'an empty file', content: '', message: /model file out\/model.onnx is empty/ },
    {
      title: 'a Git LFS pointer',
      content: `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`,
      message: /is a Git LFS pointer, not the model/,
    },
    {
      title: 'an ONNX file that is none',
      content: 'PK\u0003\u0004 a zip',
      message: /"out\/model.onnx" is not an ONNX model/,
    },
  ];

  it.each(FILES)('that is $title is refused', async ({ content, message }) => {
    await using scene = await openScene();
    await scene.train({ content });
    await expect(scene.publish()).rejects.toThrow(message);
    await expect(scene.publish({ mode: 'plan' })).rejects.toThrow(message);
    expect(existsSync(join(scene.workspace, 'registry'))).toBe(false);
  });

  it('of another format is published as it is', async () => {
    await using scene = await openScene();
    await scene.train({ content: 'weights', path: 'out/model.safetensors' });
    expect((await scene.publish()).verdict).toBe('pass');
  });

  it('whose bytes are not those of the record is refused', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.write('out/model.onnx', onnxBytes('other'));
    await expect(scene.publish()).rejects.toThrow(/out\/model.onnx/);
    expect(existsSync(join(scene.workspace, 'registry'))).toBe(false);
  });

  it('whose record states another digest than its files have is refused', async () => {
    await using scene = await openScene();
    await scene.train({ statedDigest: 'b'.repeat(64) });
    await expect(scene.publish()).rejects.toThrow(/states the model digest bbbbbbbbbbbb, and its files give/);
  });

  it('as a card is named', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.write('card.md', Buffer.from([0xff, 0xfe, 0x00]));
    await expect(scene.publish({ card: 'card.md' })).rejects.toThrow(/"card": "card.md" is not UTF-8 text/);
    await truncate(await scene.write('long.md', ''), 1024 * 1024 + 1);
    await expect(scene.publish({ card: 'long.md' })).rejects.toThrow(/"long.md" has 1048577 bytes/);
    await expect(scene.publish({ card: 'none.md' })).rejects.toThrow(/none.md/);
  });

  it('the alias production is refused, which only a deployment moves', async () => {
    await using scene = await openScene();
    await scene.train();
    for (const mode of ['publish', 'plan']) {
      await expect(scene.publish({ alias: 'production', mode })).rejects.toMatchObject({
        owner: 'configuration',
        message: 'Input "alias" is "production", which only a deployment moves.',
        remedy: expect.stringMatching(/any other alias.*deploy-endpoint moves production/) as string,
      });
    }
    expect(existsSync(join(scene.workspace, 'registry'))).toBe(false);
  });

  it.each(['v1', 'Candidate', '1st', 'a b'])('the alias "%s" is no alias', async (alias) => {
    await using scene = await openScene();
    await scene.train();
    await expect(scene.publish({ alias })).rejects.toThrow(`Input "alias" is "${alias}".`);
  });

  const REGISTRIES: [string, RegExp][] = [
    ['directroy:registry', /no registry "directroy"/],
    ['s3', /no registry "s3"/],
    ['directory', /no folder is named/],
    ['directory:', /no folder is named/],
    ['directory:../elsewhere', /lies outside the workspace/],
    ['directory:.', /the repository itself/],
    ['github-release:acme/yard', /takes nothing after it/],
    ['github-release', /repository whose releases are meant is not known/],
  ];

  it.each(REGISTRIES)('the registry "%s" is refused', async (registry, message) => {
    await using scene = await openScene();
    await scene.train();
    const publishing = scene.publish({ registry });
    await expect(publishing).rejects.toThrow(message);
    await expect(publishing).rejects.toBeInstanceOf(UsageError);
  });

  it('an absolute path of a registry is taken as it is written', async () => {
    await using scene = await openScene();
    await using other = await openScene();
    await scene.train();
    const root = join(other.workspace, 'models');
    expect((await scene.publish({ registry: `directory:${root}` })).verdict).toBe('pass');
    expect(await readdir(root)).toContain('oci-layout');
  });

  it('a registry that is half written moves nothing', async () => {
    await using scene = await openScene();
    await scene.train();
    await scene.publish();
    await unlink(join(scene.workspace, 'registry', 'blobs', 'sha256', sha256(onnxBytes('first'))));
    await scene.train({ content: onnxBytes('second') });
    const index = await readFile(join(scene.workspace, 'registry', 'index.json'), 'utf8');
    for (const mode of ['publish', 'plan']) {
      const publishing = scene.publish({ mode });
      await expect(publishing).rejects.toThrow(
        /directory:registry is damaged: the blob .* of digits:v1 is missing/,
      );
      await expect(publishing).rejects.toBeInstanceOf(InfrastructureError);
    }
    expect(await readFile(join(scene.workspace, 'registry', 'index.json'), 'utf8')).toBe(index);
  });
});

describe('two publishers of two models', () => {
  it('leave the alias with the first; the other is told that its version is published all the same', async () => {
    await using scene = await openScene();
    const model = [await localFile(scene.workspace, 'out/model.onnx', onnxBytes('second'))];
    class OutrunRegistry extends DirectoryRegistry {
      override async commit(
        ...words: Parameters<DirectoryRegistry['commit']>
      ): ReturnType<DirectoryRegistry['commit']> {
        await scene.train({ content: onnxBytes('first') });
        await scene.publish();
        return await super.commit(...words);
      }
    }
    const root = join(scene.workspace, 'registry');
    const outrun = publish({
      registry: new OutrunRegistry({ root, name: 'directory:registry' }),
      model: 'digits',
      modelDigest: modelDigest(model.map(({ reference }) => reference)) ?? '',
      plan: {
        existing: undefined,
        version: 'v1',
        alias: { name: 'candidate', from: null, to: 'v1' },
        files: 1,
        bytes: 5,
      },
      files: { model, beside: [] },
      sections: [],
      card: '# digits\n',
      logger: { info: () => undefined },
      signal: NEVER,
    });
    await expect(outrun).rejects.toThrow(
      /^digits v2 is published, but its alias was not moved: The alias candidate of digits .* points at v1, not at nothing/,
    );
    await expect(outrun).rejects.toMatchObject({ remedy: expect.stringContaining('Run again') as unknown });
    expect((await scene.registry.resolve('digits', 'candidate', NEVER))?.version).toBe('v1');
    expect(await scene.registry.list('digits', NEVER)).toHaveLength(2);
  });
});

describe('a publish that is killed', () => {
  const child = fileURLToPath(new URL('dies-before-alias.ts', import.meta.url));

  it.each(['commit', 'alias'])('before its %s is gone on with by the next run', async (dieAt) => {
    await using scene = await openScene();
    const content = onnxBytes('first');
    const digest = await scene.train({ content });
    const root = join(scene.workspace, 'registry');
    const killed = spawnSync(process.execPath, [child, root, join(scene.workspace, 'child'), digest, dieAt], {
      env: { ...process.env, MODEL_BASE64: content.toString('base64') },
      encoding: 'utf8',
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    expect(await scene.registry.list('digits', NEVER)).toHaveLength(dieAt === 'alias' ? 1 : 0);
    expect(await scene.registry.resolve('digits', 'candidate', NEVER)).toBeUndefined();

    const outcome = await scene.publish();
    expect(outcome.verdict).toBe('pass');
    expect(outcome.body?.targets[0]?.state).toBe(dieAt === 'alias' ? 'already-published' : 'published');
    expect((await scene.registry.resolve('digits', 'candidate', NEVER))?.version).toBe('v1');
    const index = z.object({ manifests: z.array(z.unknown()) });
    expect(index.parse(JSON.parse(await readFile(join(root, 'index.json'), 'utf8'))).manifests).toHaveLength(
      2,
    );
  });
});
