import { describe, expect, it } from 'vitest';
import type { TensorMetadata } from '../../../../../shared/onnx/metadata.ts';
import { matchInputs } from './match-inputs.ts';

const input = (name: string, shape: readonly number[]): TensorMetadata => ({ name, shape, datatype: 'FP32' });
const match = (inputs: readonly TensorMetadata[], names: readonly string[], pool = names) =>
  matchInputs(inputs, { names, pool }, 'm.onnx of the candidate', 'rows.csv');

describe('matchInputs', () => {
  it.each<[string, readonly number[], readonly string[], readonly number[], number | undefined]>([
    ['a matrix', [-1, 2], ['a', 'b'], [2], undefined],
    ['a matrix of any width', [-1, -1], ['a', 'b', 'c'], [3], undefined],
    ['an image', [-1, 1, 2, 2], ['a', 'b', 'c', 'd'], [1, 2, 2], undefined],
    ['an image of any height', [-1, -1, 2], ['a', 'b', 'c', 'd'], [2, 2], undefined],
    ['a vector', [-1], ['a'], [], undefined],
    ['a fixed number of rows', [8, 2], ['a', 'b'], [2], 8],
  ])('fills %s', (_what, shape, names, tail, batch) => {
    expect(match([input('x', shape)], names)).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', columns: names, tail }],
      batch,
    });
  });

  it('fills one input of one value by the column of its name', () => {
    expect(match([input('b', [-1, 1])], ['a', 'b']).inputs).toMatchObject([{ columns: ['b'], tail: [1] }]);
  });

  it('fills several inputs by their names', () => {
    expect(match([input('b', [-1, 1]), input('a', [-1])], ['a'], ['a', 'b'])).toMatchObject({
      inputs: [
        { name: 'b', columns: ['b'], tail: [1] },
        { name: 'a', columns: ['a'], tail: [] },
      ],
      batch: undefined,
    });
  });

  const nine = Array.from('abcdefghi');
  it.each<[readonly TensorMetadata[], readonly string[], string]>([
    [
      [input('x', [-1, 4])],
      nine,
      'The input "x" (FP32, [n, 4]) of the model m.onnx of the candidate takes 4 values a row; rows.csv has 9 feature columns (a, b, c, d, e, f, g, h and 1 more).',
    ],
    [[input('x', [-1, 1])], ['a', 'b'], 'takes 1 value a row; rows.csv has 2 feature columns (a, b)'],
    [
      [input('x', [-1, -1, 2])],
      ['a'],
      'takes a multiple of 2 values a row; rows.csv has 1 feature column (a)',
    ],
    [[input('x', [-1, -1, -1])], ['a', 'b'], 'takes values in several dimensions of any size'],
    [[input('x', [-1, -1])], [], 'has 0 feature columns (none)'],
    [[input('x', [])], ['a'], 'has no dimension for rows'],
    [[], ['a'], 'has no input'],
    [
      [input('a', [-1]), input('z', [-1])],
      ['a'],
      'has an input "z", and rows.csv has no such column among a.',
    ],
    [
      [input('a', [-1, 3]), input('b', [-1])],
      ['a', 'b'],
      'takes 3 values a row; the column "a" of rows.csv has one',
    ],
    [[input('a', [2]), input('b', [4])], ['a', 'b'], 'take different numbers of rows'],
  ])('refuses %j with %j', (inputs, names, message) => {
    expect(() => match(inputs, names)).toThrow(message);
  });
});
