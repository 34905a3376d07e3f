import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphMetadata } from '../../shared/onnx/graph-metadata.ts';
import type { ModelMetadata } from '../../shared/onnx/metadata.ts';
import { bytesField, classifier, encodeModel, identity, integerField, writeModel } from './onnx-model.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-graph-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (model: Buffer): Promise<ModelMetadata | undefined> =>
  graphMetadata(await writeModel(join(folder, 'model.onnx'), model));

describe('graphMetadata', () => {
  it('reads names, element types and shapes without loading the model', async () => {
    expect(await read(classifier())).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
  });

  it('leaves out the weights that an old exporter lists as inputs', async () => {
    const x = { name: 'x', type: 'FP32', shape: [1] } as const;
    const w = { name: 'w', type: 'FP32', shape: [1] } as const;
    const model = encodeModel({
      inputs: [x, w],
      outputs: [{ name: 'y', type: 'FP32', shape: [1] }],
      initializers: [{ ...w, raw: Buffer.alloc(4) }],
      nodes: [{ operator: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    });
    expect((await read(model))?.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  const value = (...type: Buffer[]): Buffer =>
    bytesField(7, bytesField(11, bytesField(1, 'x'), bytesField(2, ...type)));
  it.each<[string, Buffer]>([
    ['no model', Buffer.from('This is no model.')],
    ['nothing', Buffer.alloc(0)],
    ['an element type that the protocol does not carry', identity('BF16')],
    ['a graph that is a number', integerField(7, 1)],
    ['an input without a shape', value(bytesField(1, integerField(1, 1)))],
    ['an input that is no tensor', value(bytesField(4, ''))],
    ['an endless name', bytesField(7, bytesField(5, bytesField(8, 'w'.repeat(5000))))],
  ])('says nothing of %s', async (_what, model) => {
    expect(await read(model)).toBeUndefined();
  });
});
