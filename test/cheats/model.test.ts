import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, type Graph } from '../deployment/onnx-model.ts';
import {
  ACCEPTED,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  gateText,
  judged,
  openYard,
  REFUSED,
  saying,
  type Yard,
} from './yard.ts';

let template: Yard;
beforeAll(async () => {
  template = await openYard();
});
afterAll(() => template[Symbol.asyncDispose]());

async function end(model: Buffer, yard: Yard) {
  const run = await yard.run();
  await run.train({ model });
  return await judged(run);
}

const floats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const OUTPUT = { name: 'probabilities', type: 'FP32', shape: ['rows', 3] } as const;

/** Three scores from two features, by these nodes from `x`. */
const scoring = (graph: Partial<Graph>): Buffer =>
  encodeModel({
    inputs: [{ name: 'x', type: 'FP32', shape: ['rows', 2] }],
    outputs: [OUTPUT],
    nodes: [
      { operator: 'MatMul', inputs: ['x', 'weights'], outputs: ['logits'] },
      { operator: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: { axis: 1 } },
    ],
    initializers: [{ name: 'weights', type: 'FP32', shape: [2, 3], raw: floats([4, 0, -4, 0, 4, -4]) }],
    ...graph,
  });

describe('honest twins', () => {
  it('a model of two features and three scores is passed and published', async () => {
    await using yard = await copyOf(template);
    expect(await end(scoring({}), yard)).toMatchObject(ACCEPTED);
    expect(await end(BETTER, yard)).toMatchObject(ACCEPTED);
  });
});

describe('a model that cheats', () => {
  /** Takes a column beside the features, as an input of its own name. */
  const asking = (column: string): Buffer =>
    scoring({
      inputs: [
        { name: 'x', type: 'FP32', shape: ['rows', 1] },
        { name: column, type: 'FP32', shape: ['rows', 1] },
      ],
      nodes: [
        { operator: 'Concat', inputs: ['x', column], outputs: ['both'], attributes: { axis: 1 } },
        { operator: 'MatMul', inputs: ['both', 'weights'], outputs: ['probabilities'] },
      ],
    });

  it.each(['y'])('honest twin: the feature %s may be asked for by its name', async (column) => {
    await using yard = await copyOf(template);
    expect((await end(asking(column), yard)).verdict).toBe('pass');
  });

  cheat('asks for the label as a feature', async () => {
    await using yard = await copyOf(template);
    expect(await end(asking('label'), yard)).toMatchObject({
      ...BROKEN,
      why: saying('has an input "label"'),
    });
  });

  cheat('asks for the id as a feature, to look the answer up', async () => {
    await using yard = await copyOf(template);
    expect(await end(asking('id'), yard)).toMatchObject({ ...BROKEN, why: saying('has an input "id"') });
  });

  cheat('has the label named as a feature in the gate file', async () => {
    await using yard = await copyOf(template);
    await yard.write('gate.yml', gateText().replace('features: [x, y]', 'features: [x, label]'));
    yard.merge();
    expect(await end(BETTER, yard)).toMatchObject({
      ...BROKEN,
      why: saying('no model may be given what it is to tell'),
    });
  });

  cheat('reads its weights from a file of the machine', async () => {
    await using yard = await copyOf(template);
    const model = scoring({
      initializers: [{ name: 'weights', type: 'FP32', shape: [2, 3], location: '../../../etc/passwd' }],
    });
    expect(await end(model, yard)).toMatchObject({ ...BROKEN, why: saying('passwd') });
  });

  cheat('calls an operator of a library of its own', async () => {
    await using yard = await copyOf(template);
    const model = scoring({
      nodes: [{ operator: 'ReadLabels', inputs: ['x', 'weights'], outputs: ['probabilities'] }],
    });
    expect(await end(model, yard)).toMatchObject({ ...BROKEN, why: saying('ReadLabels') });
  });

  cheat('always gives the most frequent answer', async () => {
    await using yard = await copyOf(template);
    const model = scoring({
      initializers: [{ name: 'weights', type: 'FP32', shape: [2, 3], raw: floats([0, 0, 0, 0, 0, 0]) }],
    });
    expect(await end(model, yard)).toMatchObject(REFUSED);
  });

  cheat('answers with scores that are no numbers', async () => {
    await using yard = await copyOf(template);
    const model = scoring({
      nodes: [
        { operator: 'MatMul', inputs: ['x', 'weights'], outputs: ['logits'] },
        { operator: 'Sqrt', inputs: ['logits'], outputs: ['probabilities'] },
      ],
    });
    expect(await end(model, yard)).toMatchObject({
      ...BROKEN,
      why: saying('gave NaN or infinity for 400 of 400 rows'),
    });
  });

  cheat('answers with fewer rows than it was given', async () => {
    await using yard = await copyOf(template);
    const model = scoring({
      nodes: [
        { operator: 'MatMul', inputs: ['x', 'weights'], outputs: ['logits'] },
        {
          operator: 'ReduceMax',
          inputs: ['logits'],
          outputs: ['probabilities'],
          attributes: { keepdims: 1 },
        },
      ],
    });
    expect(await end(model, yard)).toMatchObject({ ...BROKEN, why: saying('of shape [1, 1] for 400 rows') });
  });

  cheat('is a script under the name of an ONNX model', async () => {
    await using yard = await copyOf(template);
    expect(await end(Buffer.from('#!/bin/sh\necho accuracy 1\n'), yard)).toMatchObject({
      ...BROKEN,
      why: saying('is not an ONNX model'),
    });
  });
});
