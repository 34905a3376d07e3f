import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInputs, variableOf } from '../../../shared/action/inputs.ts';
import { type Inputs, INPUTS, readInputs } from './inputs.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-inputs-')));
  await writeFile(join(workspace, 'golden.jsonl'), '');
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

/** As action.yml has them. */
const DEFAULTS = {
  target: 'local',
  mode: 'deploy',
  port: '8080',
  tolerance: '0.0001',
  'ready-timeout-seconds': '60',
  'keep-alive': 'false',
  'require-gate': 'true',
  'require-attestation': 'auto',
  'working-directory': '.',
  'on-inconclusive': 'warn',
};

function read(given: Record<string, string>): Inputs {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries({ ...DEFAULTS, ...given }))
    environment[variableOf(name)] = value;
  return readInputs(openInputs(INPUTS, environment, workspace));
}

describe('readInputs', () => {
  it('reads a deployment', () => {
    expect(read({ registry: 'github-release', 'golden-rows': 'golden.jsonl', version: 'v3' })).toMatchObject({
      subject: undefined,
      registry: 'github-release',
      version: 'v3',
      port: 8080,
      readyTimeoutMs: 60_000,
      goldenRows: join(workspace, 'golden.jsonl'),
      command: undefined,
    });
  });

  it('reads a server by command', () => {
    const given = {
      registry: 'github-release',
      target: 'command',
      start: '["serve", "{model}"]',
      stop: 'stop now',
      'ready-url': 'http://127.0.0.1:{port}/',
    };
    expect(read(given).command).toEqual({
      start: ['serve', '{model}'],
      stop: ['stop', 'now'],
      readyUrl: 'http://127.0.0.1:{port}/',
    });
  });

  const command = {
    registry: 'r',
    target: 'command',
    start: 'serve {port}',
    'ready-url': 'http://127.0.0.1:{port}/',
  };
  it.each<[Record<string, string>, RegExp]>([
    [{}, /Input "registry" is required in mode deploy/],
    [{ registry: 'r', version: '3' }, /Input "version" is "3"/],
    [{ registry: 'r', port: '70000' }, /Input "port" is "70000"/],
    [{ registry: 'r', port: '' }, /Input "port" is empty/],
    [{ registry: 'r', target: 'cloud' }, /Input "target" is "cloud"/],
    [{ registry: 'r', 'golden-rows': 'none.jsonl' }, /"none.jsonl" does not exist/],
    [{ registry: 'r', start: 'serve' }, /Input "start" is given, and the target is local/],
    [{ registry: 'r', stop: 'x' }, /Input "stop" is given, and the target is local/],
    [{ registry: 'r', 'ready-url': 'x' }, /Input "ready-url" is given, and the target is local/],
    [{ ...command, start: '' }, /Input "start" is required by the target command/],
    [{ ...command, 'ready-url': '' }, /Input "ready-url" is required by the target command/],
    [{ ...command, 'ready-url': 'file:///etc/passwd' }, /Input "ready-url" is "file/],
    [{ ...command, mode: 'plan', start: 'serve' }, /Mode plan of the target command needs \{port\}/],
    [{ ...command, mode: 'plan', 'ready-url': 'http://127.0.0.1:80/' }, /needs \{port\}/],
  ])('refuses %j', (given, message) => {
    expect(() => read(given)).toThrow(message);
  });

  it('needs no registry for a plan', () => {
    expect(read({ mode: 'plan' }).registry).toBeUndefined();
  });
});
