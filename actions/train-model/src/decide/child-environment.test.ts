import { describe, expect, it } from 'vitest';
import { childEnvironment } from './child-environment.ts';

describe('childEnvironment', () => {
  const told = { parameters: { a: 1 }, seed: null, mark: 'm' };

  it('drops what holds the value of a secret under another name', () => {
    const secret = 'ghs_0123456789abcdef';
    const child = childEnvironment(
      { MY_TOKEN: secret, OTHER: `x${secret}y`, PIN_TOKEN: '1', COUNT: '1' },
      told,
    );
    expect(child).toEqual({
      PYTHONUNBUFFERED: '1',
      COUNT: '1',
      TRAINYARD_PARAMETERS: '{"a":1}',
      TRAINYARD_ATTEMPT: '1',
      TRAINYARD_RESUME_FROM: '',
      TRAINYARD_SUBMISSION: 'm',
    });
  });

  it('leaves the user a setting of his own, but not what Trainyard tells', () => {
    const child = childEnvironment(
      { PYTHONUNBUFFERED: '0', TRAINYARD_PARAMETERS: 'x', PYTHONHASHSEED: '1', NONE: undefined },
      { ...told, seed: 5 },
    );
    expect(child).toMatchObject({
      PYTHONUNBUFFERED: '0',
      TRAINYARD_PARAMETERS: '{"a":1}',
      PYTHONHASHSEED: '5',
    });
    expect('NONE' in child).toBe(false);
  });

  it('gives the command the secrets that the user means it to have, and those alone', () => {
    const secret = 'hf_0123456789abcdefghij';
    const child = childEnvironment(
      { HF_TOKEN: secret, COPY: secret, AWS_SECRET_ACCESS_KEY: 'of the step' },
      { ...told, secrets: { HF_TOKEN: secret } },
    );
    expect(child['HF_TOKEN']).toBe(secret);
    expect('COPY' in child).toBe(false);
    expect('AWS_SECRET_ACCESS_KEY' in child).toBe(false);
  });

  it('tells the attempt and the checkpoint, which no secret can replace', () => {
    const child = childEnvironment(
      { TRAINYARD_RESUME_FROM: '/elsewhere' },
      {
        ...told,
        seed: 3,
        deterministic: true,
        attempt: 2,
        resumeFrom: '/checkpoints/5',
        secrets: { TRAINYARD_ATTEMPT: '9', PYTHONHASHSEED: '9' },
      },
    );
    expect(child).toMatchObject({
      TRAINYARD_ATTEMPT: '2',
      TRAINYARD_RESUME_FROM: '/checkpoints/5',
      PYTHONHASHSEED: '3',
      TF_DETERMINISTIC_OPS: '1',
    });
  });
});
