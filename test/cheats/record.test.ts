import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelDigest } from '../../shared/record/digest.ts';
import { parseSection } from '../../shared/record/section.ts';
import { evaluationSection } from '../registries/sections.ts';
import {
  ACCEPTED,
  BAD,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  judged,
  offered,
  openYard,
  REFUSED,
  saying,
  type Yard,
  type YardRun,
} from './yard.ts';

let template: Yard;
beforeAll(async () => {
  template = await openYard();
  await template.propose({ 'train.py': 'another' });
});
afterAll(() => template[Symbol.asyncDispose]());

/** A section that passed a model, put where another job's would come from. */
async function plant(run: YardRun, text: string, key = 'gate'): Promise<void> {
  const place = run.sectionPath('evaluation', key);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, text);
}

/** The text of an honest pass of a run of its own, with a word of it exchanged. */
async function honestPass(yard: Yard, options: Parameters<Yard['run']>[0] = {}): Promise<string> {
  const run = await yard.run(options);
  await run.train({ model: BETTER });
  expect(await judged(run)).toMatchObject(ACCEPTED);
  return await readFile(run.sectionPath('evaluation', 'gate'), 'utf8');
}

describe('honest twins', () => {
  it('a section of this very run, brought from another job, is believed', async () => {
    await using yard = await copyOf(template);
    const text = await honestPass(yard);
    const run = await yard.run();
    await run.train({ model: BETTER });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({ published: 'pass' });
  });
});

describe('a pull request that cheats with the record', () => {
  cheat('commits a record with a verdict', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    const { files } = await run.train({ model: BAD });
    const forged = evaluationSection(modelDigest(files));
    await yard.write('.trainyard/digits/evaluation.json', JSON.stringify(forged));
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('.trainyard/digits/evaluation.json lies in the workspace'),
    });
  });

  cheat('replays the verdict of an earlier run', async () => {
    await using yard = await copyOf(template);
    const text = await honestPass(yard, { id: '41' });
    const run = await yard.run();
    await run.train({ model: BETTER });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('is of run "41", not of "42"'),
    });
  });

  cheat('replays the verdict of an earlier commit', async () => {
    await using yard = await copyOf(template);
    const text = await honestPass(yard);
    await yard.propose({ 'train.py': 'worse' });
    const run = await yard.run();
    await run.train({ model: BETTER });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({ published: 'error', refusal: saying('is of the tree') });
  });

  cheat('brings the verdict of another repository', async () => {
    await using yard = await copyOf(template);
    const text = (await honestPass(yard)).replace('"acme/digits"', '"mallory/digits"');
    const run = await yard.run();
    await run.train({ model: BETTER });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('is of the repository "mallory/digits"'),
    });
  });

  cheat('claims to be of a later attempt', async () => {
    await using yard = await copyOf(template);
    const text = (await honestPass(yard)).replace('"attempt": 1', '"attempt": 2');
    const run = await yard.run();
    await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject(REFUSED);
    const place = run.sectionPath('evaluation', 'gate').replace('.1.json', '.2.json');
    await writeFile(place, text);
    expect(await offered(run)).toMatchObject({ published: 'error', refusal: saying('is of attempt 2') });
  });

  cheat('keeps the pass of an attempt that was run again and failed', async () => {
    await using yard = await copyOf(template);
    const text = await honestPass(yard);
    const run = await yard.run({ attempt: 2 });
    await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject(REFUSED);
    await writeFile(run.sectionPath('evaluation', 'gate').replace('.2.json', '.1.json'), text);
    expect(await offered(run)).toMatchObject({ published: 'error', refusal: saying('accuracy is 0.0325') });
  });

  cheat('puts the verdict of another model under its own name', async () => {
    await using yard = await copyOf(template);
    const text = (await honestPass(yard)).replace('"subject": "digits"', '"subject": "letters"');
    const run = await yard.run();
    await run.train({ model: BETTER });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('says that it is "trainyard.letters.evaluation.gate.1"'),
    });
  });

  cheat('replays the pass of a good model for a bad one', async () => {
    await using yard = await copyOf(template);
    const text = await honestPass(yard);
    const run = await yard.run();
    await run.train({ model: BAD });
    await plant(run, text);
    expect(await offered(run)).toMatchObject({ published: 'error', refusal: saying('and not this model') });
  });

  cheat('adds a second verdict under another key', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    const { files } = await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject(REFUSED);
    const honest = parseSection(await readFile(run.sectionPath('evaluation', 'gate'), 'utf8'), 'gate');
    const forged = evaluationSection(modelDigest(files), { commit: honest.commit });
    const key = { ...honest.run, job: 'forged', key: 'forged' };
    await run.save({ ...forged, dataset: null, run: key }, 'forged');
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('Several evaluation sections of "digits" could be meant; their keys are forged, gate.'),
    });
  });

  cheat('trains twice, and has from-key pick the better training for the gate', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER, key: 'good' });
    await run.train({ model: BAD, key: 'bad' });
    const gate = await run.gate({ inputs: { 'from-key': 'good' } });
    expect(gate.verdict).toBe('pass');
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('Several training sections'),
    });
    expect(await offered(run, { 'from-key': 'bad' })).toMatchObject({
      published: 'error',
      refusal: saying('and not this model'),
    });
    expect(await offered(run, { 'from-key': 'good' })).toMatchObject({ published: 'pass' });
  });

  cheat('states the digest of a good model over the files of a bad one', async () => {
    await using yard = await copyOf(template);
    const good = await yard.run();
    const { files } = await good.train({ model: BETTER });
    const run = await yard.run();
    await run.train({ model: BAD, statedDigest: modelDigest(files) ?? '' });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying('The model digest of the training section is not that of its files.'),
    });
    await rm(run.sectionPath('evaluation', 'gate'));
    await plant(run, await honestPass(yard));
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('The training section states the model digest'),
    });
  });

  cheat('swaps the model after the gate', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    const { files } = await run.train({ model: BETTER });
    expect((await run.gate()).verdict).toBe('pass');
    await overwrite(files[0], BAD);
    expect(await offered(run)).toMatchObject({
      published: 'error',
      refusal: saying('The file "out/model.onnx" (model'),
    });
  });

  cheat('swaps the model between its training and the gate', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    const { files } = await run.train({ model: BAD });
    await overwrite(files[0], BETTER);
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('could not be fetched') });
  });

  cheat('lets its training fail and offers what it left', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    const failed = { verdict: 'fail' as const, passed: false, summary: 'exit code 1' };
    await run.train({ model: BETTER, section: failed });
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('The training ended with "fail"') });
  });

  cheat('cuts its section off, so that nobody can read what it says', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject(REFUSED);
    const place = run.sectionPath('evaluation', 'gate');
    const text = await readFile(place, 'utf8');
    await copyFile(place, `${place}.old`);
    await writeFile(place, text.slice(0, text.length / 2));
    expect(await offered(run)).toMatchObject({ published: 'error', refusal: saying('not JSON') });
  });
});

async function overwrite(
  file: { locations: readonly unknown[] } | undefined,
  content: Buffer,
): Promise<void> {
  const [location] = file?.locations ?? [];
  if (typeof location !== 'object' || location === null || !('path' in location)) throw new Error('no file');
  await writeFile(String(location.path), content);
}
