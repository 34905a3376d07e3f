import { describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../../../shared/onnx/metadata.ts';
import { checkGoldenRows } from './golden-check.ts';
import { parseGoldenRows } from './golden-rows.ts';

const METADATA: ModelMetadata = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'n', datatype: 'INT8', shape: [-1] },
  ],
  outputs: [
    { name: 'y', datatype: 'INT64', shape: [-1] },
    { name: 'p', datatype: 'FP64', shape: [-1, 3] },
    { name: 's', datatype: 'BYTES', shape: [1] },
    { name: 'b', datatype: 'BOOL', shape: [-1] },
  ],
};

const check = (line: string, metadata = METADATA): void =>
  checkGoldenRows(parseGoldenRows(`\n${line}`, 'data/golden.jsonl', 'golden.jsonl'), metadata);

const row = (inputs: string, outputs = '{"y":1}'): string => `{"inputs":${inputs},"outputs":${outputs}}`;
const X = '{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}';
const N = '{"name":"n","datatype":"INT8","shape":[1],"data":[1]}';

describe('checkGoldenRows', () => {
  it.each([
    [row('{"x":[1,2],"n":7}')],
    [row('{"x":[[1,2],[3,4]],"n":["-7",8]}', '{"y":[9007199254740993,"2"],"p":[[1,0,0],[0,1,0]]}')],
    [row('{"x":[9007199254740993,2.5],"n":7}', '{"s":"a","b":true}')],
    [row(`[${X},${N}]`, '[{"name":"y","datatype":"INT64","shape":[1],"data":[7]}]')],
  ])('accepts %s', (line) => {
    expect(() => check(line)).not.toThrow();
  });

  it.each([
    [
      row('{"z":1,"x":[1,2],"n":7}'),
      'it gives the input "z", which the model does not have; it has "x", "n"',
    ],
    [row('{"x":[1,2]}'), 'it lacks the input "n" (INT8 [-1])'],
    [row(`[${X},${X},${N}]`), 'it gives the input "x" twice'],
    [row('{"x":[1,2,3],"n":7}'), 'the input "x" has the shape [1, 3]; the model takes FP32 [-1, 2]'],
    [row('{"x":1,"n":7}'), 'the input "x" has the shape []; the model takes FP32 [-1, 2]'],
    [row('{"x":[[1],[2,3]],"n":7}'), 'the input "x" has lists of different lengths'],
    [row('{"x":[1,null],"n":7}'), 'the input "x" holds null where a value of FP32 belongs'],
    [row('{"x":[1,"2"],"n":7}'), 'the input "x" holds a string where a value of FP32 belongs'],
    [row('{"x":[1,{}],"n":7}'), 'the input "x" holds an object where'],
    [row('{"x":[1,1e999],"n":7}'), 'the input "x" holds a number that is not finite where'],
    [row('{"x":[1,1e39],"n":7}'), 'the input "x" holds a number that is not finite where'],
    [row('{"x":[1,2],"n":1e999}'), 'the input "n" holds a number that is not finite where'],
    [row('{"x":[1,2],"n":1.5}'), 'the input "n" holds a number that is not whole where'],
    [row('{"x":[1,2],"n":128}'), 'the input "n" holds a number out of range where'],
    [row('{"x":[1,2],"n":true}'), 'the input "n" holds a boolean where'],
    [row(`[${X.replace('FP32', 'FP64')},${N}]`), 'the input "x" is not of the element type'],
    [
      row(`[${X.replace('[1,2],"data"', '[2,2],"data"')},${N}]`),
      'the input "x" has 2 values; its shape [2, 2] holds 4',
    ],
    [
      row(`[${X.replace('"data":[1,2]', '"data":[[1],[[2]]]')},${N}]`),
      'the input "x" has lists of different',
    ],
    [row(`[${X},${N.replace('[1]}', '[null]}')}]`), 'the input "n" holds null'],
    [
      row('{"x":[1,2],"n":7}', '{"z":1}'),
      'it expects the output "z", which the model does not have; it has "y", "p"',
    ],
    [row('{"x":[1,2],"n":7}', '{"y":null}'), 'the output "y" holds null where a value of INT64 belongs'],
    [row('{"x":[1,2],"n":7}', '{"y":"a"}'), 'the output "y" holds a string'],
    [row('{"x":[1,2],"n":7}', '{"p":[1,2]}'), 'the output "p" has 2 values; the model gives FP64 [-1, 3]'],
    [row('{"x":[1,2],"n":7}', '{"p":[1,2,1e999]}'), 'the output "p" holds a number that is not finite'],
    [row('{"x":[1,2],"n":7}', '{"s":["a","b"]}'), 'the output "s" has 2 values; the model gives BYTES [1]'],
    [row('{"x":[1,2],"n":7}', '{"s":9007199254740993}'), 'the output "s" holds a number where'],
    [row('{"x":[1,2],"n":7}', '{"b":1}'), 'the output "b" holds a number where a value of BOOL belongs'],
    [
      row('{"x":[1,2],"n":7}', '[{"name":"y","datatype":"INT64","shape":[1,1],"data":[7]}]'),
      'the output "y" has the shape [1, 1]; the model gives INT64 [-1]',
    ],
  ])('refuses %s', (line, problem) => {
    let thrown: unknown;
    try {
      check(line);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      owner: 'configuration',
      where: { file: 'data/golden.jsonl', line: 2 },
      remedy: expect.stringMatching(/^The model takes "x" \(FP32 \[-1, 2\]\), "n"/) as string,
    });
    expect(String(thrown)).toContain(
      `Input "golden-rows": golden.jsonl:2 does not fit the model: ${problem}`,
    );
  });

  it('leaves alone what the metadata does not declare', () => {
    const line = row('{"anything":1}', '{"else":null}');
    expect(() => check(line, { inputs: [], outputs: [] })).not.toThrow();
    expect(() => check(line, { inputs: [], outputs: METADATA.outputs })).toThrow(
      expect.objectContaining({
        remedy: expect.stringMatching(/takes what it does not declare/) as string,
      }) as Error,
    );
  });
});
