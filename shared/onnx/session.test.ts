import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bytesField,
  classifier,
  encodeModel,
  identity,
  integerField,
} from '../../test/deployment/onnx-model.ts';
import { onnxRuntime } from '../../test/deployment/onnx-runtime.ts';
import { parseExactly } from './exact-json.ts';
import { metadataOf } from './metadata.ts';
import { asOnnxRuntime, type OnnxRuntime } from './runtime.ts';
import { openModel, type OpenModel } from './session.ts';

let runtime: OnnxRuntime;
let folder: string;
beforeAll(async () => {
  runtime = await onnxRuntime();
  folder = await mkdtemp(join(tmpdir(), 'trainyard-onnx-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(content: Buffer): Promise<OpenModel> {
  const path = join(folder, 'model.onnx');
  await writeFile(path, content);
  return openModel(runtime, { path, label: 'model.onnx', threads: 1 });
}

describe('openModel', () => {
  it('tells what the model takes and gives', async () => {
    const model = await open(classifier());
    expect(model.metadata).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
      ],
    });
    await model.close();
  });

  it('refuses a model that the runtime cannot run', async () => {
    const model = encodeModel({
      nodes: [{ operator: 'NoSuchOperator', inputs: ['in'], outputs: ['out'] }],
      inputs: [{ name: 'in', type: 'FP32', shape: [1] }],
      outputs: [{ name: 'out', type: 'FP32', shape: [1] }],
    });
    await expect(open(model)).rejects.toMatchObject({
      owner: 'model',
      message: expect.stringMatching(
        /^ONNX Runtime cannot load the model "model.onnx": .*NoSuchOperator/,
      ) as string,
    });
  });

  it('refuses a message with the fields of a model that is none', async () => {
    await expect(open(Buffer.concat([integerField(1, 8), bytesField(7, '')]))).rejects.toMatchObject({
      owner: 'model',
    });
  });

  it('refuses a type that the protocol cannot carry', async () => {
    await expect(open(identity('BF16'))).rejects.toThrow(/model's input "in" has the type .*|cannot load/);
  });
});

describe('metadataOf', () => {
  it('refuses what is no tensor', () => {
    const session = { inputMetadata: [], outputMetadata: [{ name: 'probs', isTensor: false as const }] };
    expect(() => metadataOf(session)).toThrow(/output "probs" is no tensor/);
  });

  it('refuses a type that the protocol does not have', () => {
    const value = { name: 'a', isTensor: true as const, type: 'int4' as const, shape: [1] };
    expect(() => metadataOf({ inputMetadata: [value], outputMetadata: [] })).toThrow(
      /input "a" has the type int4/,
    );
  });
});

describe('asOnnxRuntime', () => {
  it.each([undefined, {}, { InferenceSession: {} }, { InferenceSession: { create: 1 }, Tensor: 1 }])(
    'refuses %j',
    (module) => {
      expect(() => asOnnxRuntime(module, '/somewhere')).toThrow(/What lies at \/somewhere is not/);
    },
  );
});

describe('parseExactly', () => {
  it('keeps whole numbers beyond 2^53', () => {
    expect(parseExactly('{"a":[9007199254740993,1,0.5,1e300]}')).toEqual({
      a: [9007199254740993n, 1, 0.5, 1e300],
    });
  });
});
