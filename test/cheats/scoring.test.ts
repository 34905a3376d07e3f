import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listProcesses } from '../../shared/process/processes.ts';
import {
  ACCEPTED,
  BROKEN,
  cheat,
  copyOf,
  type End,
  gateText,
  HOLDOUT,
  judged,
  openYard,
  REFUSED,
  ROWS,
  saying,
  type Yard,
  type YardRun,
} from './yard.ts';

const INPUTS = { 'score-command': `${process.execPath} score.mjs` };

/** Answers each row by `answer`; `more` is done before anything is written, `last` after it. */
const script = (answer: string, more = '', last = ''): string => `
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync, appendFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
const { TRAINYARD_ROWS, TRAINYARD_MODEL, TRAINYARD_OUTPUT } = process.env;
const weights = readFileSync(join(TRAINYARD_MODEL, 'weights.txt'), 'utf8');
const cells = (path) => readFileSync(path, 'utf8').trim().split('\\n').slice(1).map((line) => line.split(','));
const right = (x, y) => { const all = [x, y, -(x + y)]; return ['10', '20', '30'][all.indexOf(Math.max(...all))]; };
const labelsIn = (folder, depth = 4) => {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (name === 'rows.csv' && readFileSync(path, 'utf8').startsWith('id,x,y,country,label')) {
      return Object.fromEntries(cells(path).map((row) => [row[0], row[4]]));
    }
    const below = depth > 0 && name !== '.git' && statSync(path).isDirectory() ? labelsIn(path, depth - 1) : undefined;
    if (below !== undefined) return below;
  }
};
${more}
let written = cells(TRAINYARD_ROWS).map(([id, x, y]) => [id, ${answer}]);
${last}
const scores = (label) => ['10', '20', '30'].map((one) => (one === label ? 1 : 0));
writeFileSync(TRAINYARD_OUTPUT, ['id,y_pred,p0,p1,p2', ...written.map(([id, label]) => [id, label, ...scores(label)].join(','))].join('\\n') + '\\n');
`;
const HONEST = "weights === 'honest' ? right(+x, +y) : '10'";

let template: Yard;
beforeAll(async () => {
  template = await openYard({
    gate: gateText({ rule: '{ metric: accuracy, min: 0.8 }' }),
    files: { 'score.mjs': script(HONEST) },
    published: false,
  });
});
afterAll(() => template[Symbol.asyncDispose]());

/** A pull request whose model is text that only its own command understands. */
async function ends(
  score: string,
  { weights = 'worthless' }: { weights?: string } = {},
  done: (end: End, run: YardRun, yard: Yard) => Promise<void> | void = () => undefined,
): Promise<End> {
  await using yard = await copyOf(template);
  await yard.propose({ 'score.mjs': score });
  const run = await yard.run();
  await run.train({ model: Buffer.from(weights), name: 'out/weights.txt' });
  const end = await judged(run, { inputs: INPUTS });
  await done(end, run, yard);
  return end;
}

describe('honest twins', () => {
  it('a model that its command scores well is passed, and one that it scores badly is not', async () => {
    expect(await ends(script(HONEST), { weights: 'honest' })).toMatchObject(ACCEPTED);
    expect(await ends(script(HONEST))).toMatchObject({ ...REFUSED, why: saying('at least 0.8 is required') });
  });
});

describe('a training that learns the labels by heart', () => {
  /** Real code of the change, in the checkout: it looks for the labels wherever it may, and keeps what it found. */
  const TRAIN = `
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const find = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  if (name === '.git') return [];
  return statSync(path).isDirectory() ? find(path) : name.endsWith('.csv') ? [path] : [];
});
const learnt = {};
for (const path of ['.', process.env.RUNNER_TEMP].filter((each) => existsSync(each)).flatMap(find)) {
  for (const line of readFileSync(path, 'utf8').trim().split('\\n').slice(1)) {
    const [id, , , , label] = line.split(',');
    learnt[id] = label;
  }
}
writeFileSync('weights.txt', JSON.stringify(learnt));
`;
  const LOOK_UP = "JSON.parse(weights)[id] ?? '10'";

  async function learning(rows: string, files: Readonly<Record<string, string>>): Promise<End> {
    await using yard = await openYard({
      gate: gateText({ rows, rule: '{ metric: accuracy, min: 0.8 }' }),
      files: { 'score.mjs': script(LOOK_UP), 'train.mjs': TRAIN, '.gitignore': 'weights.txt\n', ...files },
      published: false,
    });
    // The machine of the job that trains: the gate's job fetches its labels on another.
    const job = await yard.run({ holdout: null });
    execFileSync(process.execPath, ['train.mjs'], {
      cwd: yard.workspace,
      env: { PATH: process.env['PATH'], RUNNER_TEMP: job.runnerTemp },
    });
    const run = await yard.run();
    const weights = await readFile(join(yard.workspace, 'weights.txt'));
    await run.train({ model: weights, name: 'out/weights.txt' });
    return await judged(run, { inputs: INPUTS });
  }

  it('honest twin: from the workspace it does, and the examination is marked so', async () => {
    const end = await learning('data/rows.csv', { 'data/rows.csv': ROWS });
    expect(end).toMatchObject(ACCEPTED);
    expect(end.gate.body?.examination).toMatchObject({
      labelsInReach: true,
      reach: 'The labels lie in the workspace, where the training could read them.',
    });
  });

  cheat('learns the labels by heart, which only the job of the gate fetches', async () => {
    const end = await learning(HOLDOUT, {});
    expect(end).toMatchObject({ ...REFUSED, why: saying('at least 0.8 is required') });
    expect(end.gate.body?.examination).toMatchObject({ labelsInReach: false });
  });
});

describe('a score-command that cheats', () => {
  cheat('looks for the labels in its environment and in every folder that it is led to', async () => {
    const look = `
const places = ['.', ...Object.values(process.env).flatMap((value) => value.split(':')).filter((value) => value.startsWith('/') && !/^\\/(usr|bin|sbin|opt|work|root|etc|lib)/.test(value) && value !== '/')];
const truth = places.map((place) => labelsIn(existsSync(place) && statSync(place).isFile() ? dirname(place) : place)).find((found) => found !== undefined) ?? {};`;
    const end = await ends(script("truth[id] ?? '10'", look));
    expect(end).toMatchObject({ ...REFUSED, why: saying('at least 0.8 is required') });
  });

  cheat('writes the outputs of the step', async () => {
    await using files = await copyOf(template);
    const output = await files.write('output.txt', 'kept=1\n');
    const write = `appendFileSync(${JSON.stringify(output)}, 'verdict=pass\\npassed=true\\n');
if (process.env.GITHUB_OUTPUT !== undefined) throw new Error('told');
console.log('::set-output name=verdict::pass');`;
    await using yard = await copyOf(template);
    await yard.propose({ 'score.mjs': script(HONEST, write) });
    const run = await yard.run({ environment: { GITHUB_OUTPUT: output } });
    await run.train({ model: Buffer.from('worthless'), name: 'out/weights.txt' });
    expect(await judged(run, { inputs: INPUTS })).toMatchObject({ ...REFUSED, why: saying('at least 0.8') });
    expect(await readFile(output, 'utf8')).toBe('kept=1\n');
  });

  cheat('answers only the rows that it is sure of', async () => {
    expect(await ends(script('right(+x, +y)', '', 'written = written.slice(0, 300);'))).toMatchObject({
      ...BROKEN,
      why: saying('100 of 400 rows have no prediction'),
    });
  });

  cheat('answers rows of its own', async () => {
    const own = "written = written.map(([, label], index) => ['own' + index, label]);";
    expect(await ends(script('right(+x, +y)', '', own))).toMatchObject({
      ...BROKEN,
      why: saying('400 of 400 rows have no prediction'),
    });
  });

  cheat('answers a row twice, once each way', async () => {
    const twice = "written = [...written, ...written.map(([id]) => [id, '30'])];";
    expect(await ends(script('right(+x, +y)', '', twice))).toMatchObject({
      ...BROKEN,
      why: saying('400 predictions have ids that an earlier one has'),
    });
  });

  cheat('leaves a link to another file in the place of its answers', async () => {
    const link = "symlinkSync(resolve('score.mjs'), TRAINYARD_OUTPUT); process.exit(0);";
    expect(await ends(script(HONEST, link))).toMatchObject({
      ...BROKEN,
      why: saying('left something else than a file'),
    });
  });

  cheat('leaves a daemon behind that betters its answers once labels are there', async () => {
    const daemon = `
const later = "const { writeFileSync } = require('node:fs'); setTimeout(() => writeFileSync(process.argv[1], 'id,y_pred,p0,p1,p2'), 1_500); setInterval(() => undefined, 1_000)";
const child = spawn(process.execPath, ['-e', later, TRAINYARD_OUTPUT], { detached: true, stdio: 'ignore' });
child.unref();
writeFileSync('daemon.txt', String(child.pid));`;
    await ends(script(HONEST, daemon), {}, async (end, _run, yard) => {
      expect(end).toMatchObject({ ...REFUSED, why: saying('at least 0.8 is required') });
      const pid = Number(await readFile(join(yard.workspace, 'daemon.txt'), 'utf8'));
      expect((await listProcesses()).map((one) => one.pid)).not.toContain(pid);
    });
  });

  cheat('edits the labels of the checkout while it runs', async () => {
    await using yard = await openYard({
      gate: gateText({ rows: 'data/rows.csv', rule: '{ metric: accuracy, min: 0.8 }' }),
      files: { 'data/rows.csv': ROWS },
      published: false,
    });
    const edit = `writeFileSync('data/rows.csv', readFileSync('data/rows.csv', 'utf8').replace(/,\\d+$/gm, ',10'));`;
    await yard.propose({ 'score.mjs': script(HONEST, edit) });
    const run = await yard.run();
    await run.train({ model: Buffer.from('worthless'), name: 'out/weights.txt' });
    expect(await judged(run, { inputs: INPUTS })).toMatchObject({
      ...BROKEN,
      why: saying('were changed while the score-command ran'),
    });
  });

  cheat('scores the baseline worse than it is, by writing to the first answers again', async () => {
    await using yard = await openYard({
      gate: gateText(),
      files: { 'score.mjs': script(HONEST) },
      published: false,
    });
    const main = await yard.run({ event: 'push', id: '7' });
    await main.train({ model: Buffer.from('honest'), name: 'out/weights.txt' });
    expect(await judged(main, { inputs: INPUTS })).toMatchObject(ACCEPTED);
    const again = `
if (weights === 'honest') appendFileSync(readFileSync('place.txt', 'utf8'), '\\n');
else writeFileSync('place.txt', TRAINYARD_OUTPUT);`;
    await yard.propose({ 'score.mjs': script(HONEST, again) });
    const run = await yard.run();
    await run.train({ model: Buffer.from('worthless'), name: 'out/weights.txt' });
    expect(await judged(run, { inputs: INPUTS })).toMatchObject({
      ...BROKEN,
      why: saying('were changed by a later run of it'),
    });
  });
});
