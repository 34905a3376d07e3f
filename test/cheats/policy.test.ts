import { symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCEPTED,
  BAD,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  gateText,
  judged,
  openYard,
  predictionsFile,
  REFUSED,
  ROWS,
  saying,
  UNDECIDED,
  type Yard,
} from './yard.ts';

/** Lets every model pass. */
const LAX = gateText({ rule: '{ metric: accuracy, min: 0 }', more: 'negative-control: false\n' });
const TOO_BAD = saying('accuracy is 0.0325');

let template: Yard;
beforeAll(async () => {
  template = await openYard();
});
afterAll(() => template[Symbol.asyncDispose]());

/** A pull request with a bad model, and with what it changes beside it. */
async function bad(yard: Yard, files: Readonly<Record<string, string>> = {}) {
  await yard.propose({ 'train.py': 'worse', ...files });
  const run = await yard.run();
  await run.train({ model: BAD });
  return run;
}

describe('honest twins', () => {
  it('a model as good is passed and published', async () => {
    await using yard = await copyOf(template);
    await yard.propose({ 'train.py': 'better' });
    const run = await yard.run();
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject(ACCEPTED);
  });

  it('what the cheats write would let the bad model pass, were it in force', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', LAX);
    yard.merge();
    const run = await bad(yard);
    expect(await judged(run)).toMatchObject(ACCEPTED);
  });
});

describe('a pull request that cheats with the policy', () => {
  cheat('edits gate.yml', async () => {
    await using yard = await copyOf(template);
    const end = await judged(await bad(yard, { 'gate.yml': LAX }));
    expect(end).toMatchObject({ ...REFUSED, why: TOO_BAD });
    expect(end.gate.body?.gate).toMatchObject({
      from: 'base',
      diff: saying('+  - { metric: accuracy, min: 0 }'),
    });
  });

  cheat('deletes gate.yml', async () => {
    await using yard = await copyOf(template);
    await unlink(join(yard.workspace, 'gate.yml'));
    expect(await judged(await bad(yard))).toMatchObject({ ...REFUSED, why: TOO_BAD });
  });

  cheat('names a laxer gate file that only its head has', async () => {
    await using yard = await copyOf(template);
    const run = await bad(yard, { 'lax.yml': LAX });
    expect(await judged(run, { inputs: { gate: 'lax.yml' } })).toMatchObject({
      ...UNDECIDED,
      why: saying('The gate file is new in this pull request and not yet in force.'),
    });
  });

  cheat('puts a symbolic link to a laxer file in the place of gate.yml', async () => {
    await using yard = await copyOf(template);
    await yard.write('lax.yml', LAX);
    await unlink(join(yard.workspace, 'gate.yml'));
    await symlink('lax.yml', join(yard.workspace, 'gate.yml'));
    expect(await judged(await bad(yard))).toMatchObject({ ...REFUSED, why: TOO_BAD });
  });

  cheat('adds policy-from: head to the workflow', async () => {
    await using yard = await copyOf(template);
    const run = await bad(yard, { 'gate.yml': LAX });
    const end = await judged(run, { inputs: { 'policy-from': 'head' } });
    expect(end).toMatchObject({
      verdict: 'pass',
      published: 'skipped',
      refusal: saying('by rules of the pull request under test (gate.yml), which were not in force'),
    });
    expect(end.gate.body?.gate?.from).toBe('head');
  });

  cheat('writes rules of its own into the workflow, in place of the gate file', async () => {
    await using yard = await copyOf(template);
    await yard.propose({ 'train.py': 'worse' });
    const run = await yard.run();
    await run.train({ model: BAD, more: [predictionsFile(ROWS)] });
    const columns = { 'label-column': 'label', 'prediction-column': 'y_pred' };
    expect(await judged(run, { inputs: { rules: 'accuracy >= 0.8', ...columns } })).toMatchObject({
      verdict: 'pass',
      published: 'skipped',
      refusal: saying('by rules of the pull request under test (the inputs of the step)'),
    });
  });

  cheat('makes its rule a warning', async () => {
    await using yard = await copyOf(template);
    const warning = gateText({ rule: '{ metric: accuracy, min: 0.8, severity: warning }' });
    expect(await judged(await bad(yard, { 'gate.yml': warning }))).toMatchObject({
      ...REFUSED,
      why: TOO_BAD,
    });
  });

  cheat('has its rules merged by the queue with another pull request', async () => {
    await using yard = await copyOf(template);
    await yard.propose({ 'gate.yml': LAX, 'other.txt': 'of another pull request' });
    const run = await yard.run({ event: 'merge_group' });
    await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject({ ...REFUSED, why: TOO_BAD });
  });

  cheat('merges a gate file that nothing can break', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', gateText({ rule: '{ metric: accuracy, min: 0 }' }));
    yard.merge();
    expect(await judged(await bad(yard))).toMatchObject({
      ...BROKEN,
      why: saying('The gate is decoration'),
    });
  });

  cheat('hides a lax rule behind a key that is there twice', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', `${gateText()}rules:\n  - { metric: accuracy, min: 0 }\n`);
    yard.merge();
    expect(await judged(await bad(yard))).toMatchObject({ ...BROKEN, why: saying('unique') });
  });

  cheat('hides a lax rule in a merge key of an anchor', async () => {
    await using yard = await copyOf(template);
    const lax = '&lax { metric: accuracy, min: 0 }\n  - { <<: *lax, min: 0.8 }';
    await yard.write('gate.yml', gateText({ rule: lax }));
    yard.merge();
    expect(await judged(await bad(yard))).toMatchObject({
      ...BROKEN,
      why: saying('unknown key "<<" in rule 2'),
    });
  });

  cheat('holds the gate up with a bomb of aliases', async () => {
    await using yard = await copyOf(template);
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `a${level}: &a${level} [${Array(10)
          .fill(level === 0 ? '1' : `*a${level - 1}`)
          .join(', ')}]`,
    );
    await yard.write('gate.yml', `${gateText()}${levels.join('\n')}\n`);
    yard.merge();
    const begun = performance.now();
    expect(await judged(await bad(yard))).toMatchObject({ ...BROKEN, why: saying('Excessive alias count') });
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  cheat('misspells a key, so that a rule would say nothing', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', gateText({ rule: '{ metric: accuracy, min: 0.01, max-regresion: 0.02 }' }));
    yard.merge();
    expect(await judged(await bad(yard))).toMatchObject({ ...BROKEN, why: saying('max-regresion') });
  });
});
