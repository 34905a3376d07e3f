import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCEPTED,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  gateText,
  GOOD,
  judged,
  openYard,
  REFUSED,
  saying,
  UNDECIDED,
  WORSE,
  type Yard,
} from './yard.ts';

const IN_REACH = saying('which the change under test could have written');
/** What the worse model would pass, were it not compared, so that whoever chooses the baseline chooses the verdict. */
const COMPARING = gateText({ rule: '{ metric: accuracy, min: 0.5, max-regression: 0.02 }' });

let template: Yard;
beforeAll(async () => {
  template = await openYard({ gate: COMPARING });
});
afterAll(() => template[Symbol.asyncDispose]());

/** Publishes the bad model from a run of its own, with a gate that lets it, so that the registry has it as v2. */
async function publishBad(yard: Yard): Promise<void> {
  const run = await yard.run({ event: 'push', id: '8' });
  await run.train({ model: WORSE });
  const { verdict } = await run.publish({ 'require-gate': 'false' });
  expect(verdict).toBe('pass');
}

/** The registry of the yard as a folder of its workspace, where a pull request may commit to it. */
async function inWorkspace(yard: Yard): Promise<Record<string, string>> {
  await cp(yard.registry, join(yard.workspace, 'registry'), { recursive: true });
  return { registry: 'directory:registry' };
}

describe('honest twins', () => {
  it('a model that is no worse than the baseline is passed, and one that is worse is not', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject(ACCEPTED);
    const worse = await yard.run({ id: '43' });
    await worse.train({ model: WORSE });
    expect(await judged(worse)).toMatchObject({ ...REFUSED, why: saying('at most 0.02 worse is allowed') });
  });

  it('a registry in the workspace serves a run of the default branch', async () => {
    await using yard = await copyOf(template);
    const inputs = await inWorkspace(yard);
    const run = await yard.run({ event: 'push' });
    await run.train({ model: BETTER });
    expect(await judged(run, { inputs })).toMatchObject(ACCEPTED);
  });
});

describe('a pull request that cheats with the baseline', () => {
  cheat('empties the registry of the workspace, and calls itself a first run', async () => {
    await using yard = await copyOf(template);
    const inputs = await inWorkspace(yard);
    await rm(join(yard.workspace, 'registry'), { recursive: true });
    const run = await yard.run();
    await run.train({ model: WORSE });
    expect(await judged(run, { inputs })).toMatchObject({ ...UNDECIDED, why: IN_REACH });
  });

  cheat('moves the alias of the workspace registry to a worse version', async () => {
    await using yard = await copyOf(template);
    await publishBad(yard);
    const inputs = await inWorkspace(yard);
    const run = await yard.run();
    await run.train({ model: WORSE });
    expect(await judged(run, { inputs })).toMatchObject({ ...UNDECIDED, why: IN_REACH });
  });

  cheat('exchanges the bytes of the baseline in the registry', async () => {
    await using yard = await copyOf(template);
    const blobs = join(yard.registry, 'blobs/sha256');
    for (const name of await readdir(blobs)) {
      const bytes = await readFile(join(blobs, name));
      if (bytes.equals(GOOD)) await writeFile(join(blobs, name), Buffer.alloc(bytes.length));
    }
    const run = await yard.run();
    await run.train({ model: WORSE });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying('of digits:v1 has other content than its digest says'),
    });
  });

  cheat('has itself compared with an alias that points at nothing', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', COMPARING.replace('from: candidate', 'from: production'));
    yard.merge();
    const run = await yard.run();
    await run.train({ model: WORSE });
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('no alias "production"') });
  });

  cheat('lowers the metrics of the file that it is compared with', async () => {
    const gate = `version: 1\nbaseline: { from: "file:baseline.json" }\nrules:\n  - { metric: accuracy, max-regression: 0.02, test: none }\n`;
    const files = { 'baseline.json': '{"accuracy": 0.96}' };
    await using yard = await openYard({ gate, files, published: false });
    await yard.propose({ 'baseline.json': '{"accuracy": 0.1}' });
    const run = await yard.run();
    await run.train({ model: WORSE, metrics: { accuracy: 0.5 } });
    expect(await judged(run)).toMatchObject({ ...REFUSED, why: saying('0.96') });
  });

  cheat('brings the file that it is compared with, which the base lacks', async () => {
    const gate = `version: 1\nbaseline: { from: "file:baseline.json" }\nrules:\n  - { metric: accuracy, min: 0.5, max-regression: 0.02, test: none }\n`;
    await using yard = await openYard({ gate, published: false });
    await yard.propose({ 'baseline.json': '{"accuracy": 0.1}' });
    const run = await yard.run();
    await run.train({ model: WORSE, metrics: { accuracy: 0.5 } });
    expect(await judged(run)).toMatchObject({ ...UNDECIDED, why: IN_REACH });
  });

  cheat('gives metrics of a baseline by an input, in place of the registry', async () => {
    await using yard = await copyOf(template);
    await yard.propose({ 'low.json': '{"accuracy": 0.01}' });
    const run = await yard.run();
    await run.train({ model: WORSE });
    expect(await judged(run, { inputs: { 'baseline-metrics': 'low.json' } })).toMatchObject({
      ...BROKEN,
      why: saying('count only for a file as baseline'),
    });
  });
});

describe('a workflow that cheats with its jobs', () => {
  const needs = (result: string): string => JSON.stringify({ gate: { result, outputs: {} } });

  it('honest twin: one check stands for the legs of a matrix', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    await run.gate();
    const ended = await run.conclude({ models: 'digits', needs: needs('success') });
    expect(ended.verdict).toBe('pass');
  });

  cheat('skips the job of the gate', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    const ended = await run.conclude({ models: 'digits', needs: needs('skipped') });
    expect(ended).toMatchObject({ verdict: 'error', summary: saying('digits has no verdict') });
  });

  cheat('takes a leg out of the matrix', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    await run.gate();
    const ended = await run.conclude({ models: 'digits\nletters', needs: needs('success') });
    expect(ended).toMatchObject({ verdict: 'error', summary: saying('letters has no verdict') });
  });

  cheat('cancels the job of the gate after its verdict was stored', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    await run.gate();
    const ended = await run.conclude({ models: 'digits', needs: needs('cancelled') });
    expect(ended).toMatchObject({ verdict: 'error', summary: saying('The job "gate" ended as cancelled.') });
  });

  cheat('does not run the gate at all', async () => {
    await using yard = await copyOf(template);
    const run = await yard.run();
    await run.train({ model: BETTER });
    expect(await run.publish()).toMatchObject({
      verdict: 'error',
      summary: saying('No gate has judged digits in this run.'),
    });
  });
});
