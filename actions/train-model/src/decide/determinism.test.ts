import { describe, expect, it } from 'vitest';
import { determinismVariables, givenDeterminism } from './determinism.ts';

describe('determinismVariables', () => {
  it('are none where neither a seed nor determinism is asked for', () => {
    expect(determinismVariables(null, false)).toEqual({});
  });

  it('give the seed to the command, to Python and to Lightning', () => {
    expect(determinismVariables(0, false)).toEqual({
      TRAINYARD_SEED: '0',
      PYTHONHASHSEED: '0',
      PL_GLOBAL_SEED: '0',
    });
  });

  it('switch frameworks to deterministic operations, with or without a seed', () => {
    expect(determinismVariables(null, true)).toEqual({
      CUBLAS_WORKSPACE_CONFIG: ':4096:8',
      TF_DETERMINISTIC_OPS: '1',
      NVIDIA_TF32_OVERRIDE: '0',
    });
    expect(Object.keys(determinismVariables(7, true))).toHaveLength(6);
  });
});

describe('givenDeterminism', () => {
  it('tells what a command gets, and no other variable', () => {
    expect(
      givenDeterminism({ PATH: '/bin', TF_DETERMINISTIC_OPS: '1', PL_GLOBAL_SEED: '3', HOME: '/' }),
    ).toEqual({
      PL_GLOBAL_SEED: '3',
      TF_DETERMINISTIC_OPS: '1',
    });
  });
});
