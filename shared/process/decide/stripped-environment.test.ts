import { describe, expect, it } from 'vitest';
import { isWithheld, strippedEnvironment } from './stripped-environment.ts';

describe('isWithheld', () => {
  it.each([
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_RESULTS_URL',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'INPUT_TOKEN',
    'STATE_group',
    'GITHUB_TOKEN',
    'GH_TOKEN',
    'HF_TOKEN',
    'NPM_TOKEN_READ',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'AWS_SESSION_TOKEN',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'AZURE_CLIENT_SECRET',
    'OPENAI_API_KEY',
    'db_password',
    'SSH_AUTH_SOCK',
    'GITHUB_OUTPUT',
    'GITHUB_ENV',
    'GITHUB_PATH',
    'GITHUB_STATE',
    'GITHUB_STEP_SUMMARY',
    'Github_Env',
  ])('keeps %s from user code', (name) => {
    expect(isWithheld(name)).toBe(true);
  });

  it.each([
    'PATH',
    'HOME',
    'LANG',
    'CI',
    'CUDA_VISIBLE_DEVICES',
    'PYTHONPATH',
    'VIRTUAL_ENV',
    'GITHUB_SHA',
    'RUNNER_TEMP',
    'TOKENIZERS_PARALLELISM',
    'PATTERN',
  ])('lets %s through', (name) => {
    expect(isWithheld(name)).toBe(false);
  });
});

describe('strippedEnvironment', () => {
  it('drops what speaks to the runner, secrets, and copies of secrets', () => {
    const secret = 'ghs_0123456789abcdef';
    const kept = strippedEnvironment({
      MY_TOKEN: secret,
      COPY: `x${secret}y`,
      GITHUB_ENV: '/x',
      NONE: undefined,
      HOME: '/h',
    });
    expect(kept).toEqual({ PYTHONUNBUFFERED: '1', HOME: '/h' });
  });
});
