import { beforeAll, describe, expect, it } from 'vitest';
import { onnxRuntime } from '../../test/deployment/onnx-runtime.ts';
import { identity } from '../../test/deployment/onnx-model.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Datatype } from './datatypes.ts';
import type { OnnxRuntime } from './runtime.ts';
import { openModel } from './session.ts';
import { decodeTensor, encodeTensor, flattenData, type JsonTensor, TensorError } from './tensors.ts';

let runtime: OnnxRuntime;
beforeAll(async () => {
  runtime = await onnxRuntime();
}, 120_000);

/** Through a real model that gives back what it gets. */
async function roundTrip(tensor: Omit<JsonTensor, 'name'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trainyard-onnx-'));
  const path = join(folder, 'identity.onnx');
  const shape = tensor.shape.map((_size, index) => `d${index}`);
  await writeFile(path, identity(tensor.datatype, shape));
  const model = await openModel(runtime, { path, label: 'identity', threads: 1 });
  try {
    const result = await model.session.run({ in: decodeTensor({ name: 'in', ...tensor }, runtime) });
    const { out } = result;
    if (out === undefined) throw new Error('no output');
    return JSON.stringify(encodeTensor('out', tensor.datatype, out).data);
  } finally {
    await model.close();
    await rm(folder, { recursive: true, force: true });
  }
}

describe('tensors', () => {
  it.each<[Datatype, unknown[], string]>([
    ['BOOL', [true, false], '[true,false]'],
    ['UINT8', [0, 255], '[0,255]'],
    ['UINT16', [0, 65535], '[0,65535]'],
    ['UINT32', [0, 4294967295], '[0,4294967295]'],
    ['UINT64', ['18446744073709551615', 7], '[18446744073709551615,7]'],
    ['INT8', [-128, 127], '[-128,127]'],
    ['INT16', [-32768, 32767], '[-32768,32767]'],
    ['INT32', [-2147483648, 2147483647], '[-2147483648,2147483647]'],
    ['INT64', ['-9223372036854775808', '9007199254740993'], '[-9223372036854775808,9007199254740993]'],
    ['FP16', [1.5, -65504], '[1.5,-65504]'],
    ['FP32', [0.5, -1.25], '[0.5,-1.25]'],
    ['FP64', [0.1, -1e300], '[0.1,-1e+300]'],
    ['BYTES', ['', 'Zürich'], '["","Zürich"]'],
  ])('%s goes through the runtime and back', async (datatype, data, expected) => {
    expect(await roundTrip({ datatype, shape: [2], data })).toBe(expected);
  });

  it('takes nested data', async () => {
    const nested = {
      datatype: 'FP32' as const,
      shape: [2, 2],
      data: [
        [1, 2],
        [3, 4],
      ],
    };
    expect(await roundTrip(nested)).toBe('[1,2,3,4]');
  });

  it.each<[Datatype, unknown, RegExp]>([
    ['BOOL', 1, /datatype BOOL and holds the number 1/],
    ['BYTES', 5, /datatype BYTES and holds the number 5/],
    ['FP32', 'x', /the string "x" where a number belongs/],
    ['FP32', null, /null where a number belongs/],
    ['INT8', 128, /128, which the datatype INT8 cannot/],
    ['UINT8', -1, /-1, which the datatype UINT8 cannot/],
    ['INT32', 1.5, /holds the number 1.5; accepted: whole numbers/],
    ['INT64', 9007199254740992, /beyond 2\^53; send such numbers as strings/],
    ['INT64', '9223372036854775808', /which the datatype INT64 cannot/],
    ['UINT64', '0x10', /accepted: whole numbers/],
  ])('%s refuses %j', (datatype, value, message) => {
    const decode = (): unknown => decodeTensor({ name: 'a', datatype, shape: [1], data: [value] }, runtime);
    expect(decode).toThrow(TensorError);
    expect(decode).toThrow(message);
  });

  it.each<[number[], unknown[], RegExp]>([
    [[3], [1, 2], /has 2 values; its shape \[3\] holds 3/],
    [[-1], [1], /dimension -1/],
    [[1.5], [1], /dimension 1.5/],
  ])('refuses the shape %j for %j', (shape, data, message) => {
    expect(() => decodeTensor({ name: 'a', datatype: 'FP32', shape, data }, runtime)).toThrow(message);
  });

  it.each<[number[], unknown[]]>([
    [
      [2, 2],
      [[1, 2], [3]],
    ],
    [
      [2, 2],
      [[1, 2], 3],
    ],
    [
      [3, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [[2], [[1], [2]]],
    [
      [2, 2, 1],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])('refuses nesting that is not the shape %j: %j', (shape, data) => {
    expect(() => flattenData(data, shape, 'a')).toThrow(/nesting of the data of "a"/);
  });

  it('has no JSON for what is not finite', () => {
    const tensor = new runtime.Tensor('float32', Float32Array.from([1, NaN]), [2]);
    expect(() => encodeTensor('p', 'FP32', tensor)).toThrow(/"p" holds a value that is not finite/);
  });

  it('reads halves as bits too', () => {
    const tensor = new runtime.Tensor('float16', new Uint16Array([0x3c00]), [1]);
    Reflect.set(tensor, 'cpuData', new Uint16Array([0x3c00]));
    expect(encodeTensor('h', 'FP16', tensor).data).toEqual([1]);
  });
});
