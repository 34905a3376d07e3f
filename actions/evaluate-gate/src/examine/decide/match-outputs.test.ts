import { describe, expect, it } from 'vitest';
import type { Datatype } from '../../../../../shared/onnx/datatypes.ts';
import type { TensorMetadata } from '../../../../../shared/onnx/metadata.ts';
import { matchOutputs, scoreColumns } from './match-outputs.ts';

const output = (name: string, datatype: Datatype, ...shape: number[]): TensorMetadata => ({
  name,
  datatype,
  shape,
});
const LABEL = output('label', 'INT64', -1);
const PROBABILITIES = output('probabilities', 'FP32', -1, 3);
const NONE = { scores: [], labels: undefined, positive: undefined };
const THREE = { ...NONE, scores: ['p0', 'p1', 'p2'], labels: ['0', '1', '2'] };
const NAMES = { ...THREE, labels: ['cat', 'dog', 'emu'] };
const BINARY = { scores: ['s'], labels: ['well', 'sick'], positive: 'sick' };

const match = (
  outputs: readonly TensorMetadata[],
  evaluation: Parameters<typeof matchOutputs>[0]['evaluation'],
  named: { prediction?: string; scores?: string } = {},
) =>
  matchOutputs({
    outputs,
    evaluation,
    named: { prediction: named.prediction, scores: named.scores },
    label: 'm.onnx',
  });

describe('matchOutputs', () => {
  it.each<[string, ReturnType<typeof match>, ReturnType<typeof match>]>([
    [
      'a class and its scores',
      match([LABEL, PROBABILITIES], THREE),
      { prediction: { from: 'output', output: 'label', type: 'BIGINT' }, scores: 'probabilities' },
    ],
    [
      'a class only',
      match([output('c', 'BYTES', -1, 1), PROBABILITIES], { ...NONE, labels: ['a', 'b'] }),
      { prediction: { from: 'output', output: 'c', type: 'VARCHAR' }, scores: undefined },
    ],
    [
      'scores only',
      match([PROBABILITIES], THREE),
      {
        prediction: { from: 'greatest', output: 'probabilities', labels: ['0', '1', '2'] },
        scores: 'probabilities',
      },
    ],
    [
      'scores only, which the gate file does not name',
      match([PROBABILITIES], { ...THREE, scores: [] }),
      {
        prediction: { from: 'greatest', output: 'probabilities', labels: ['0', '1', '2'] },
        scores: undefined,
      },
    ],
    [
      'an index where the classes have names: the scores decide',
      match([LABEL, PROBABILITIES], NAMES),
      {
        prediction: { from: 'greatest', output: 'probabilities', labels: ['cat', 'dog', 'emu'] },
        scores: 'probabilities',
      },
    ],
    [
      'one score of two classes',
      match([output('p', 'FP32', -1, 1)], BINARY),
      { prediction: { from: 'threshold', output: 'p', labels: ['well', 'sick'] }, scores: 'p' },
    ],
    [
      'two scores, of which one is wanted',
      match([output('p', 'FP32', -1, 2)], BINARY),
      { prediction: { from: 'greatest', output: 'p', labels: ['well', 'sick'] }, scores: 'p' },
    ],
    [
      'scores of any size',
      match([output('p', 'FP32', -1, -1)], THREE),
      { prediction: { from: 'greatest', output: 'p', labels: ['0', '1', '2'] }, scores: 'p' },
    ],
    [
      'a number',
      match([output('y', 'FP32', -1, 1)], NONE),
      { prediction: { from: 'output', output: 'y', type: 'DOUBLE' }, scores: undefined },
    ],
    [
      'a number of a shape that is not told',
      match([output('y', 'FP64')], NONE),
      { prediction: { from: 'output', output: 'y', type: 'DOUBLE' }, scores: undefined },
    ],
    [
      'what is named',
      match([LABEL, output('other', 'INT32', -1), PROBABILITIES, output('logits', 'FP32', -1, 3)], THREE, {
        prediction: 'other',
        scores: 'logits',
      }),
      { prediction: { from: 'output', output: 'other', type: 'BIGINT' }, scores: 'logits' },
    ],
    [
      'scores that are named as the prediction',
      match([PROBABILITIES], { ...THREE, scores: [] }, { prediction: 'probabilities' }),
      {
        prediction: { from: 'greatest', output: 'probabilities', labels: ['0', '1', '2'] },
        scores: undefined,
      },
    ],
  ])('takes %s', (_what, plan, expected) => {
    expect(plan).toEqual(expected);
  });

  it.each<[string, () => unknown, string]>([
    [
      'two classes',
      () => match([LABEL, output('b', 'INT64', -1)], NONE),
      'has 2 outputs that can be its prediction. Its outputs: "label" (INT64, [n]), "b" (INT64, [n]).',
    ],
    [
      'two outputs of scores',
      () => match([PROBABILITIES, output('logits', 'FP32', -1, 3)], THREE),
      'has 2 outputs that can be its scores',
    ],
    [
      'no scores',
      () => match([LABEL], THREE),
      'has no output of 3 scores a row, and the gate file names the scores p0, p1, p2',
    ],
    [
      'scores of classes that are not declared',
      () => match([PROBABILITIES], NONE),
      'has no output that can be its prediction',
    ],
    ['no output of a kind', () => match([output('b', 'INT64', -1, 3)], NONE), 'can be its prediction'],
    [
      'nothing for two classes',
      () => match([output('b', 'INT64', -1, 3)], { ...NONE, labels: ['a', 'b'] }),
      'can be',
    ],
    [
      'an index without scores',
      () => match([LABEL], { ...NONE, labels: ['cat', 'dog'] }),
      'predicts whole numbers by "label", and none of the declared classes is a number',
    ],
    [
      'one score of nobody knows what',
      () => match([output('p', 'FP32', -1, 1)], { ...BINARY, labels: ['a', 'b', 'c'], positive: undefined }),
      'has one score a row ("p"), and the gate file does not say of which of two classes',
    ],
    [
      'a name that it has not',
      () => match([LABEL], NONE, { prediction: 'lable' }),
      '"evaluation.outputs.prediction" of the gate file names "lable", which the model m.onnx does not have',
    ],
  ])('refuses %s', (_what, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('scoreColumns', () => {
  it('takes all in their order, or that of the positive class', () => {
    expect(scoreColumns(THREE, 3, 'm')).toEqual([0, 1, 2]);
    expect(scoreColumns(BINARY, 2, 'm')).toEqual([1]);
    expect(scoreColumns({ ...BINARY, positive: 'well' }, 2, 'm')).toEqual([0]);
  });

  it.each([
    [THREE, 4],
    [BINARY, 3],
    [{ ...BINARY, positive: undefined }, 2],
    [{ ...BINARY, labels: undefined }, 2],
  ])('refuses another number: %j, %i', (evaluation, found) => {
    expect(() => scoreColumns(evaluation, found, 'm')).toThrow(`The model m gives ${found} scores a row`);
  });
});
