import { describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../../../shared/onnx/metadata.ts';
import type { InferenceResponse } from '../server/inference-protocol.ts';
import { probeRequest, problemOf } from './smoke-request.ts';

const METADATA: ModelMetadata = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'flag', datatype: 'BOOL', shape: [] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

describe('probeRequest', () => {
  it('is one row of zeros', () => {
    expect(probeRequest(METADATA)).toEqual({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, 2], data: [0, 0] },
        { name: 'text', datatype: 'BYTES', shape: [1], data: [''] },
        { name: 'flag', datatype: 'BOOL', shape: [], data: [false] },
      ],
    });
  });
});

describe('problemOf', () => {
  const answer = (output: Partial<InferenceResponse['outputs'][number]>): InferenceResponse => ({
    model_name: 'm',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0, 1], ...output }],
  });

  it.each<[InferenceResponse, string | undefined]>([
    [answer({}), undefined],
    [answer({ data: [[0, 1]] }), undefined],
    [answer({ name: 'z' }), 'The answer lacks the output "y".'],
    [answer({ datatype: 'FP64' }), 'The output "y" has the datatype FP64, not FP32.'],
    [answer({ shape: [2] }), 'The output "y" has the shape [2], not [-1, 2].'],
    [answer({ shape: [1, 3] }), 'The output "y" has the shape [1, 3], not [-1, 2].'],
    [answer({ data: [0] }), 'The output "y" has 1 values, which its shape [1, 2] does not hold.'],
    [answer({ data: [0, null] }), 'The output "y" holds values that are not finite numbers.'],
  ])('%j', (response, expected) => {
    expect(problemOf(METADATA, response)).toBe(expected);
  });
});
