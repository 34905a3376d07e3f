import { describe, expect, it } from 'vitest';
import type { FileReference } from '../../../../../shared/record/common.ts';
import { chooseWeights } from './choose-weights.ts';

const file = (path: string, role: FileReference['role'] = 'model'): FileReference => ({
  path,
  role,
  bytes: 1,
  sha256: '0'.repeat(64),
  locations: [],
});
const chosen = (...paths: string[]): unknown => {
  const weights = chooseWeights(paths.map((path) => file(path)));
  return weights.format === null
    ? weights.reason
    : [weights.format, ...weights.files.map(({ path }) => path)];
};

describe('the files that tell the number of parameters', () => {
  it('are the .onnx files, whatever lies beside them', () => {
    expect(chosen('m/a.onnx', 'm/a.bin', 'm/a.safetensors')).toEqual(['onnx', 'm/a.onnx']);
  });

  it('are all shards of safetensors', () => {
    expect(chosen('config.json', '1.safetensors', '2.SAFETENSORS')).toEqual([
      'safetensors',
      '1.safetensors',
      '2.SAFETENSORS',
    ]);
  });

  it('are not safetensors beside weights of another format', () => {
    expect(chosen('small.safetensors', 'great.pt')).toBe(
      '"great.pt" lies beside .safetensors files, and parameters are counted in .onnx and .safetensors files',
    );
  });

  it('are none of another format, and none of another role', () => {
    expect(chosen('model.joblib')).toBe(
      '"model.joblib" is in another format: parameters are counted in .onnx and .safetensors files',
    );
    expect(chooseWeights([file('a.onnx', 'checkpoint')])).toMatchObject({
      format: null,
      reason: 'the training section names no file of role model',
    });
  });
});
