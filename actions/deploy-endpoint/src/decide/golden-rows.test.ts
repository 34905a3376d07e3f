import { describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../../../shared/onnx/metadata.ts';
import type { InferenceResponse } from '../server/inference-protocol.ts';
import { differenceOf, type GoldenRow, goldenRequest, parseGoldenRows } from './golden-rows.ts';

const METADATA: ModelMetadata = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'n', datatype: 'INT64', shape: [-1] },
  ],
  outputs: [],
};

const one = (line: string): GoldenRow => {
  const [row] = parseGoldenRows(line, 'golden.jsonl');
  if (row === undefined) throw new Error('no row');
  return row;
};

describe('parseGoldenRows', () => {
  it('reads one row a line, and leaves blank lines out', () => {
    const rows = parseGoldenRows(
      '\n{"inputs":{"x":[1,2]},"outputs":{"y":1}}\r\n\n{"id":"b","inputs":{"x":[3,4]},"outputs":{"y":2}}',
      'g',
    );
    expect(rows.map(({ label }) => label)).toEqual(['line 2', 'b']);
  });

  it.each<[string, RegExp]>([
    ['', /holds 0 rows/],
    ['{', /golden.jsonl:1 is no golden row/],
    ['{"inputs":{"x":[1]}}', /at "outputs"/],
    ['{"inputs":{},"outputs":{"y":1}}', /at "inputs"/],
    ['{"inputs":{"x":1},"outputs":{"y":1},"weight":2}', /golden.jsonl:1.*Unrecognized key/],
    [
      Array.from({ length: 1001 }, () => '{"inputs":{"x":1},"outputs":{"y":1}}').join('\n'),
      /holds 1001 rows/,
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseGoldenRows(text, 'golden.jsonl')).toThrow(message);
  });
});

describe('goldenRequest', () => {
  it.each([
    ['{"inputs":{"x":[1,2],"n":7},"outputs":{"y":1}}'],
    ['{"inputs":{"x":[[1,2]],"n":[7]},"outputs":{"y":1}}'],
  ])('makes one row a batch: %s', (line) => {
    expect(goldenRequest(one(line), METADATA)).toEqual({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] },
        { name: 'n', datatype: 'INT64', shape: [1], data: [7] },
      ],
    });
  });

  it('takes tensors of the protocol as they are, and sends large numbers as digits', () => {
    const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };
    const line = JSON.stringify({ inputs: [tensor], outputs: [{ ...tensor, name: 'y' }] });
    expect(goldenRequest(one(line), METADATA)).toEqual({ inputs: [tensor] });
    const large = one('{"inputs":{"n":9007199254740993},"outputs":{"y":1}}');
    expect(goldenRequest(large, METADATA).inputs[0]?.data).toEqual(['9007199254740993']);
    const float = one('{"inputs":{"x":[9007199254740992,0]},"outputs":{"y":1}}');
    expect(goldenRequest(float, METADATA).inputs[0]?.data).toEqual([2 ** 53, 0]);
    const whole = '{"name":"n","datatype":"INT64","shape":[1],"data":[9007199254740993]}';
    expect(JSON.stringify(goldenRequest(one(`{"inputs":[${whole}],"outputs":{"y":1}}`), METADATA))).toContain(
      '"9007199254740993"',
    );
  });

  it('refuses an input that the model does not have', () => {
    expect(() => goldenRequest(one('{"inputs":{"z":1},"outputs":{"y":1}}'), METADATA)).toThrow(
      /line 1 gives the input "z"/,
    );
    expect(() =>
      goldenRequest(one('{"inputs":{"z":1},"outputs":{"y":1}}'), { inputs: [], outputs: [] }),
    ).toThrow(/"z"/);
  });
});

describe('differenceOf', () => {
  const answer = (datatype: 'FP32' | 'INT64' | 'BYTES' | 'BOOL', data: unknown[]): InferenceResponse => ({
    model_name: 'm',
    outputs: [{ name: 'y', datatype, shape: [data.length], data }],
  });
  const expecting = (outputs: string): GoldenRow => one(`{"inputs":{"x":[1,2]},"outputs":${outputs}}`);

  it.each<[string, InferenceResponse, string | undefined]>([
    ['{"y":7}', answer('INT64', [7]), undefined],
    ['{"y":[[7]]}', answer('INT64', [7]), undefined],
    ['[{"name":"y","datatype":"INT64","shape":[1],"data":[7]}]', answer('INT64', [7]), undefined],
    ['{"y":9007199254740993}', answer('INT64', [9007199254740993n]), undefined],
    ['{"y":"a"}', answer('BYTES', ['a']), undefined],
    ['{"y":true}', answer('BOOL', [true]), undefined],
    ['{"y":0.3}', answer('FP32', [0.30005]), undefined],
    ['{"y":9007199254740992}', answer('FP32', [2 ** 53]), undefined],
    ['{"y":1000}', answer('FP32', [1000.05]), undefined],
    ['{"y":8}', answer('INT64', [7]), 'line 1: the output "y" is another'],
    ['{"y":7.00001}', answer('INT64', [7]), 'line 1: the output "y" is another'],
    ['{"y":0.3}', answer('FP32', [0.3002]), 'line 1: the output "y" is another'],
    ['{"y":"0.3"}', answer('FP32', [0.3]), 'line 1: the output "y" is another'],
    ['{"y":[1,2]}', answer('INT64', [1]), 'line 1: the output "y" has 1 values, expected are 2'],
    ['{"z":1}', answer('INT64', [1]), 'line 1: the answer lacks the output "z"'],
  ])('%s', (outputs, response, expected) => {
    expect(differenceOf(expecting(outputs), response, 1e-4)).toBe(expected);
  });
});
