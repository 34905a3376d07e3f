import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACCEPTED,
  BAD,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  judged,
  openYard,
  predictionsFile,
  REFUSED,
  ROWS,
  saying,
  type Yard,
} from './yard.ts';

/** What training claims, where the gate file names no rows and believes it. */
const BELIEVING = `version: 1
evaluation: { id: id, label: label, prediction: y_pred, labels: ['10', '20', '30'] }
baseline: { from: candidate, on-no-baseline: allow }
rules:
  - { metric: accuracy, min: 0.8, max-regression: 0.02 }
`;

const TOO_BAD = saying('accuracy is 0.0325');

let examined: Yard;
let believing: Yard;
beforeAll(async () => {
  examined = await openYard();
  believing = await openYard({ gate: BELIEVING, published: false });
  const main = await believing.run({ event: 'push', id: '7' });
  await main.train({ more: [predictionsFile(ROWS, honest)] });
  expect(await judged(main)).toMatchObject(ACCEPTED);
});
afterAll(async () => {
  await examined[Symbol.asyncDispose]();
  await believing[Symbol.asyncDispose]();
});

/** The right answers, with the scores of one who is sure. */
const answers = predictionsFile(
  ROWS,
  ([id = '', label = '']) => [
    id,
    label,
    label,
    ...['10', '20', '30'].map((one) => (one === label ? '1' : '0')),
  ],
  'id,label,y_pred,p0,p1,p2',
);

/** Wrong in every twentieth row, as models are. */
const honest = ([id = '', label = '', right = '']: string[], index: number): string[] => [
  id,
  label,
  index % 20 === 0 ? (label === '10' ? '20' : '10') : right,
];

describe('honest twins', () => {
  it('predictions of the training are believed where the gate file has no rows, and say so', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    await run.train({ model: BETTER, more: [predictionsFile(ROWS, honest)] });
    const end = await judged(run);
    expect(end).toMatchObject(ACCEPTED);
    expect(end.gate.body?.predictionsBy).toBe('training');
  });

  it('a model is examined, whatever its training wrote', async () => {
    await using yard = await copyOf(examined);
    const run = await yard.run();
    await run.train({
      model: BETTER,
      more: [predictionsFile(ROWS, (cells) => [...cells.slice(0, 2), '10'])],
    });
    const end = await judged(run);
    expect(end).toMatchObject(ACCEPTED);
    expect(end.gate.body?.predictionsBy).toBe('gate');
  });
});

describe('a training that cheats about its predictions', () => {
  cheat('writes the right answers as its predictions', async () => {
    await using yard = await copyOf(examined);
    const run = await yard.run();
    await run.train({ model: BAD, more: [predictionsFile(ROWS)] });
    expect(await judged(run)).toMatchObject({ ...REFUSED, why: TOO_BAD });
  });

  cheat('reports an accuracy of 1', async () => {
    await using yard = await copyOf(examined);
    const run = await yard.run();
    await run.train({ model: BAD, metrics: { accuracy: 1 } });
    const end = await judged(run);
    expect(end).toMatchObject({ ...REFUSED, why: TOO_BAD });
    expect(end.gate.notices.join(' ')).toContain('accuracy');
  });

  cheat('gives a metrics file of its own to the gate', async () => {
    await using yard = await copyOf(examined);
    await yard.propose({ 'metrics.json': '{"accuracy": 1}' });
    const run = await yard.run();
    await run.train({ model: BAD });
    expect(await judged(run, { inputs: { metrics: 'metrics.json' } })).toMatchObject({
      ...REFUSED,
      why: TOO_BAD,
    });
  });

  cheat('gives the right answers to the gate by the workflow', async () => {
    await using yard = await copyOf(examined);
    await yard.propose({ 'answers.csv': predictionsFile(ROWS).content });
    const run = await yard.run();
    await run.train({ model: BAD });
    const end = await judged(run, { inputs: { predictions: 'answers.csv' } });
    expect(end).toMatchObject({ ...REFUSED, why: TOO_BAD });
    expect(end.gate.notices.join(' ')).toContain('"predictions" was left aside');
  });

  cheat('ships a model that the gate cannot run, with the right answers', async () => {
    await using yard = await copyOf(examined);
    const run = await yard.run();
    await run.train({ model: BAD, name: 'out/weights.bin', more: [answers] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying('The numbers are self-reported, and the gate file does not accept that.'),
    });
  });

  cheat('ships a second .onnx, so that none is examined', async () => {
    await using yard = await copyOf(examined);
    const run = await yard.run();
    const second = { path: 'out/other.onnx', content: BETTER, role: 'model' as const };
    await run.train({ model: BAD, more: [second, answers] });
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('The numbers are self-reported') });
  });

  cheat('leaves out the rows that it has wrong', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    const easy = predictionsFile(ROWS, (cells, index) => (index % 4 === 0 ? [] : cells));
    await run.train({ model: BAD, more: [easy] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying("100 rows of the baseline are missing in the candidate's predictions"),
    });
  });

  cheat('repeats the rows that it has right', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    const { content, ...file } = predictionsFile(ROWS, honest);
    const [, ...lines] = content.trim().split('\n');
    const right = lines.filter((_, index) => index % 20 !== 0);
    await run.train({ model: BAD, more: [{ ...file, content: `${content}${right.join('\n')}\n` }] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying('380 rows that repeat an earlier "id"'),
    });
  });

  cheat('adds rows that nobody asked for', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    const { content, ...file } = predictionsFile(ROWS);
    const easy = Array.from({ length: 5_000 }, (_, index) => `easy${index},10,10`).join('\n');
    await run.train({ model: BAD, more: [{ ...file, content: `${content}${easy}\n` }] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying("5000 rows of the candidate's predictions are not among the baseline's"),
    });
  });

  cheat('writes its answers into the column of the labels', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    await run.train({ model: BAD, more: [predictionsFile(ROWS, ([id = '']) => [id, '10', '10'])] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying("another label in the baseline's predictions"),
    });
  });

  cheat('shifts the ids by one, so that other labels meet its answers', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    const shifted = predictionsFile(ROWS, ([, label = '', answer = ''], index) => [
      `r${(index + 1) % 400}`,
      label,
      answer,
    ]);
    await run.train({ model: BAD, more: [shifted] });
    expect(await judged(run)).toMatchObject({
      ...BROKEN,
      why: saying("another label in the baseline's predictions"),
    });
  });

  cheat('answers with a class that is none, and leaves rows unanswered', async () => {
    await using yard = await copyOf(believing);
    const run = await yard.run();
    const vague = predictionsFile(ROWS, ([id = '', label = ''], index) => [
      id,
      label,
      index < 5 ? '' : 'any',
    ]);
    await run.train({ model: BAD, more: [vague] });
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('5 rows without a value in "y_pred"') });
  });
});
