import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  countSafetensors,
  MalformedSafetensors,
} from '../../actions/evaluate-gate/src/parameters/safetensors.ts';
import { countInitialised } from '../../shared/onnx/parameters.ts';
import { MalformedMessage } from '../../shared/onnx/protobuf.ts';
import { bytesField, classifier, identity, integerField, tensor } from '../deployment/onnx-model.ts';
import { findPython } from './python.ts';
import { openScene, predictionsOf } from './scene.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ty-parameters-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(content: Buffer): string {
  files += 1;
  const path = join(folder, `${files}.bin`);
  writeFileSync(path, content);
  return path;
}

const weight = (shape: readonly number[], location?: string): Buffer =>
  tensor({ name: 'w', type: 'FP32', shape, ...(location === undefined ? {} : { location }) });
const graph = (...parts: Buffer[]): Buffer => bytesField(7, ...parts);
const model = (...parts: Buffer[]): string => fileOf(Buffer.concat([integerField(1, 8), ...parts]));
/** A node with a graph of its own, as If and Loop have. */
const around = (inner: Buffer, depth = 1): Buffer =>
  depth === 0 ? inner : bytesField(1, bytesField(5, bytesField(6, around(inner, depth - 1))));

describe('the parameters of an ONNX model', () => {
  it('are the elements of its initialisers: scalars, external, sparse and nested ones too', () => {
    expect(countInitialised(fileOf(classifier()))).toEqual({ tensors: 2, elements: 9 });
    expect(countInitialised(fileOf(identity('FP32')))).toEqual({ tensors: 0, elements: 0 });
    const path = model(
      graph(
        bytesField(5, weight([])),
        bytesField(5, weight([1000, 2000], 'not-there.bin')),
        // Stored values of a sparse tensor, their indices, and the dense shape, which is not stored.
        bytesField(15, bytesField(1, weight([7])), bytesField(2, weight([7])), integerField(3, 10_000)),
        around(bytesField(5, weight([3])), 2),
      ),
    );
    expect(countInitialised(path)).toEqual({ tensors: 4, elements: 1 + 2_000_000 + 7 + 3 });
  });

  it('may have their dimensions in one packed field', () => {
    const packed = bytesField(5, bytesField(1, Buffer.from([5, 0x80, 0x01])));
    expect(countInitialised(model(graph(packed))).elements).toBe(640);
  });

  it.each<[string, () => string, string]>([
    ['no protocol buffer', () => fileOf(Buffer.from('weights, not a model')), ''],
    ['no graph', () => model(), 'it has no graph'],
    ['two graphs', () => model(graph(), graph()), 'several graphs'],
    ['a negative size', () => model(graph(bytesField(5, integerField(1, 2n ** 64n - 1n)))), 'size -1'],
    [
      'sizes beyond all numbers',
      () => model(graph(bytesField(5, weight([2 ** 40, 2 ** 40])))),
      'its initialisers are too large',
    ],
    [
      'a thousand dimensions',
      () => model(graph(bytesField(5, bytesField(1, Buffer.alloc(1000, 1))))),
      'too many dimensions',
    ],
    ['graphs in graphs', () => model(graph(around(Buffer.alloc(0), 100))), 'nested too deeply'],
    ['a number for a tensor', () => model(graph(integerField(5, 1))), 'where a message belongs'],
  ])('cannot be counted with %s', (_, path, why) => {
    expect(() => countInitialised(path())).toThrow(MalformedMessage);
    expect(() => countInitialised(path())).toThrow(why);
  });

  const python = findPython();
  it.skipIf(python === undefined)('are those that the package onnx counts (needs .venv)', () => {
    const script = `
import sys
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper
rng = np.random.default_rng(1)
weights = [numpy_helper.from_array(rng.normal(size=s).astype(np.float32), f"w{i}") for i, s in enumerate([(64, 32), (32,), (32, 10), (10,)])]
values = helper.make_tensor("s", TensorProto.FLOAT, [5], [1, 2, 3, 4, 5])
sparse = helper.make_sparse_tensor(values, helper.make_tensor("i", TensorProto.INT64, [5], [1, 3, 5, 7, 9]), [20])
graph = helper.make_graph([], "g", [], [], weights, sparse_initializer=[sparse])
model = helper.make_model(graph)
onnx.save_model(model, sys.argv[1], save_as_external_data=True, location="w.data", size_threshold=0)
print(sum(int(np.prod(t.dims)) for t in onnx.load(sys.argv[1], load_external_data=False).graph.initializer) + len(sparse.values.float_data))
`;
    const path = join(folder, 'reference.onnx');
    const counted = Number(execFileSync(python ?? '', ['-c', script, path], { encoding: 'utf8' }));
    expect(counted).toBe(64 * 32 + 32 + 32 * 10 + 10 + 5);
    expect(countInitialised(path)).toEqual({ tensors: 5, elements: counted });
  });
});

describe('the parameters of a safetensors file', () => {
  const safetensors = (header: string, length = Buffer.byteLength(header)): string => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(length));
    return fileOf(Buffer.concat([bytes, Buffer.from(header)]));
  };

  it('are the elements of all its tensors', async () => {
    const header = `{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},
      "__proto__":{"dtype":"BF16","shape":[],"data_offsets":[48,50]},"c":{"dtype":"I8","shape":[0,9],"data_offsets":[50,50]}}`;
    expect(await countSafetensors(safetensors(header))).toBe(13);
  });

  it.each([
    ['{"a":{"shape":[-1]}}', undefined, 'without a valid shape'],
    ['{"a":{"shape":[1.5]}}', undefined, 'without a valid shape'],
    ['{"a":{"shape":[9007199254740991,9007199254740991]}}', undefined, 'its tensors are too large'],
    ['{"a":7}', undefined, 'without a valid shape'],
    ['[]', undefined, 'no object of tensors'],
    ['{"a":', undefined, 'no JSON'],
    ['{}', 3, 'cut short'],
    ['{}', 100_000_001, 'longer than 100000000 bytes'],
  ])('cannot be counted with the header %s (%s)', async (header, length, why) => {
    const attempt = countSafetensors(safetensors(header, length));
    await expect(attempt).rejects.toThrow(MalformedSafetensors);
    await expect(attempt).rejects.toThrow(why);
  });

  it('cannot be counted in a file of almost nothing', async () => {
    await expect(countSafetensors(fileOf(Buffer.from('abc')))).rejects.toThrow('shorter than the length');
  });
});

describe('a budget of parameters', () => {
  const gate = (limit: number): string => `version: 1
evaluation: {id: row, label: y, prediction: p, labels: [cat, dog]}
budget: {model-parameters: ${limit}}
rules:
  - {metric: accuracy, min: 0.8, test: none}
`;

  it.each<[string, Buffer | string, number, string, string]>([
    ['holds', classifier(), 9, 'pass', 'model-parameters is 9; at most 9'],
    ['is exceeded', classifier(), 8, 'fail', 'model-parameters is 9; at most 8'],
    ['cannot be measured on no model', 'weights', 9, 'error', '"out/model.onnx" is not an ONNX model'],
    ['is not taken for 0', identity('FP32'), 9, 'error', 'has no initialisers'],
  ])('%s', async (_, bytes, limit, result, reason) => {
    await using scene = await openScene({ gate: gate(limit) });
    await scene.train({ model: bytes, predictions: predictionsOf(100, 90) });
    const { body, verdict } = await scene.evaluate();
    expect(verdict).toBe(result);
    expect(body?.rules.find(({ metric }) => metric === 'model-parameters')).toMatchObject({
      result,
      reason: expect.stringContaining(reason) as string,
    });
  });
});
