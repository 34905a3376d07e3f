import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { variableOf } from '../../shared/action/inputs.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { readActionFile, ROOT } from '../harness/action-file.ts';
import { parseCommandFile } from '../harness/step.ts';
import { isAlive, until } from './workplace.ts';

/** The runner sends SIGTERM after this, and kills 2.5 s later (facts: cancel). */
const RUNNER_PATIENCE_MS = 7_500;

let directory: string;
let fake: FakeGitHub;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-step-')));
  await mkdir(join(directory, 'workspace'));
  fake = await startFakeGitHub();
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

interface Step {
  readonly child: ChildProcess;
  readonly ended: Promise<{
    exitCode: number | null;
    stdout: string;
    outputs: Record<string, string>;
    state: Record<string, string>;
  }>;
}

/** Starts the action from its source, as the runner starts the bundle. */
async function start(
  entry: 'index' | 'post',
  script: string,
  inputs: Readonly<Record<string, string>> = {},
  further: Readonly<Record<string, string>> = {},
): Promise<Step> {
  const workspace = join(directory, 'workspace');
  await writeFile(join(workspace, 'train.mjs'), script);
  const { sha } = fake.commit({ 'a.txt': 'a' }, { ref: 'refs/heads/main' });
  const environment = await fake.environment({
    directory,
    workspace,
    sha,
    event: 'push',
    payload: { after: sha, repository: { full_name: fake.repository } },
    token: fake.defaultToken,
  });
  const defaults = Object.entries(readActionFile('train-model').inputs).map<[string, string]>(
    ([name, { default: value = '' }]) => [
      name,
      value.includes('github.token') ? fake.defaultToken : value.includes('toJSON(matrix)') ? 'null' : value,
    ],
  );
  const given = {
    ...Object.fromEntries(defaults),
    model: 'digits',
    command: `${process.execPath} train.mjs`,
    ...inputs,
  };
  const child = spawn(process.execPath, [join(ROOT, `actions/train-model/src/${entry}.ts`)], {
    cwd: workspace,
    env: {
      PATH: process.env['PATH'],
      ...environment,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
      ...further,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = once(child, 'close').then(async ([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout,
    outputs: parseCommandFile(await readFile(environment['GITHUB_OUTPUT'] ?? '', 'utf8')),
    state: parseCommandFile(await readFile(environment['GITHUB_STATE'] ?? '', 'utf8')),
  }));
  return { child, ended };
}

const SLEEPER = `
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  const near = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  writeFileSync('ready', process.pid + ' ' + near.pid);
  setInterval(() => {}, 1000);
`;

async function pids(): Promise<number[]> {
  const path = join(directory, 'workspace/ready');
  await until('it trains', async () => existsSync(path) && (await readFile(path, 'utf8')) !== '');
  return (await readFile(path, 'utf8')).split(' ').map(Number);
}

describe('train-model as a step', () => {
  it('hands on its outputs and its section, and lets the command order the runner nothing', async () => {
    const { ended } = await start(
      'index',
      `import { writeFileSync } from 'node:fs';
       writeFileSync('model.onnx', 'weights');
       console.log('::error::not an error of the step');
       console.log('::set-output name=verdict::hacked');
       console.log('::stop-commands::guess');`,
      { outputs: 'model=model.onnx' },
    );
    const { exitCode, stdout, outputs, state } = await ended;
    expect(exitCode).toBe(0);
    expect(outputs).toMatchObject({ verdict: 'pass', passed: 'true', 'exit-code': '0' });
    expect(outputs['model-digest']).toMatch(/^[0-9a-f]{64}$/);
    const [, token = ''] = /^::stop-commands::([0-9a-f-]{36})$/m.exec(stdout) ?? [];
    const [before, inside = '', after] = stdout.split(
      new RegExp(`^::(?:stop-commands::)?${token}(?:::)?$`, 'm'),
    );
    expect(inside).toContain('::error::not an error of the step');
    expect(`${before ?? ''}${after ?? ''}`).not.toContain('not an error');
    const names = fake.world.artifacts.map((artifact) => artifact.name);
    expect(names).toContain('trainyard.digits.training.job.1');
    expect(names).toContain('trainyard.digits.files.job.1');
    expect(JSON.parse(state['training-group'] ?? '')).toMatchObject({ mark: expect.any(String) as string });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with all its processes within the patience of the runner: %s',
    async (signal) => {
      const { child, ended } = await start('index', SLEEPER);
      const started = await pids();
      const at = performance.now();
      child.kill(signal);
      const { exitCode, outputs } = await ended;
      expect(performance.now() - at).toBeLessThan(RUNNER_PATIENCE_MS);
      expect(await Promise.all(started.map(isAlive))).toEqual([false, false]);
      expect(exitCode).toBe(1);
      expect(outputs).toMatchObject({ verdict: 'error', passed: 'false' });
      expect(fake.world.artifacts.map((artifact) => artifact.name)).toContain(
        'trainyard.digits.training.job.1',
      );
    },
  );

  it('is cleaned up by its post step where it was killed', async () => {
    const { child, ended } = await start('index', SLEEPER);
    const started = await pids();
    child.kill('SIGKILL');
    const { state } = await ended;
    expect(await Promise.all(started.map(isAlive))).toEqual([true, true]);
    const post = await start('post', '', {}, { 'STATE_training-group': state['training-group'] ?? '' });
    const { stdout, exitCode } = await post.ended;
    expect(stdout).toContain('::warning::Ended 2 processes that the training had left behind.');
    expect(exitCode).toBe(0);
    await until('they are gone', async () => !(await Promise.all(started.map(isAlive))).includes(true));
  });
});
