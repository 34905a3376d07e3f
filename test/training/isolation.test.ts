import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCheckoutCredentials } from '../../shared/process/checkout-credentials.ts';
import { guardRunner } from '../../shared/process/guard-runner.ts';
import { noteCommandFiles } from '../../shared/process/command-files.ts';
import { variableOf } from '../../shared/action/inputs.ts';
import { startFakeGitHub } from '../github/fake-github.ts';
import { readActionFile, ROOT } from '../harness/action-file.ts';
import { openScratch } from './scratch.ts';

const { signal } = new AbortController();

/** A training that looks for all that is none of its business, and says what it has found. */
const SPY = `
  import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
  const names = Object.keys(process.env);
  const own = readFileSync('/proc/self/environ', 'utf8');
  const wanted = JSON.parse(readFileSync('wanted.json', 'utf8'));
  writeFileSync('found.json', JSON.stringify({
    names: names.filter((name) => /^(ACTIONS_|INPUT_|STATE_)/i.test(name) || /TOKEN|SECRET|PASSWORD/i.test(name)),
    commandFiles: names.filter((name) => /^GITHUB_(OUTPUT|ENV|PATH|STATE|STEP_SUMMARY)$/.test(name)),
    values: wanted.filter((value) => own.includes(value) || JSON.stringify(process.env).includes(value)),
    given: process.env.API_KEY === wanted[0] ? 'yes' : 'no',
    plain: process.env.PLAIN,
  }));
  writeFileSync('model.onnx', 'weights');
  // It was not told where they lie; it may guess.
  for (const name of ['env', 'output']) appendFileSync('../' + name, 'EVIL=1\\n');
  for (const value of wanted) console.log('I have seen ' + value);
  console.error('my key is ' + process.env.API_KEY);
`;

describe('user code in a step', () => {
  it('finds no token, no command file and no state, and no secret that it prints is shown', async () => {
    await using place = await openScratch();
    await using fake = await startFakeGitHub();
    const workspace = join(place.directory, 'workspace');
    await mkdir(workspace);
    const { sha } = fake.commit({ 'a.txt': 'a' }, { ref: 'refs/heads/main' });
    const environment = await fake.environment({
      directory: place.directory,
      workspace,
      sha,
      event: 'push',
      payload: { after: sha, repository: { full_name: fake.repository } },
      token: fake.defaultToken,
    });
    const secret = 'the-key-that-it-needs';
    const others = {
      GITHUB_TOKEN: fake.defaultToken,
      DEPLOY_PASSWORD: 'a password of another step',
      COPY_OF_IT: 'Bearer a password of another step',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'oidc-request-token-0123456789',
      STATE_training: 'state of the runner',
      PLAIN: 'seen',
    };
    const hidden = [
      fake.defaultToken,
      environment['ACTIONS_RUNTIME_TOKEN'] ?? '',
      others.DEPLOY_PASSWORD,
      others.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    ];
    await writeFile(join(workspace, 'wanted.json'), JSON.stringify([secret, ...hidden]));
    await writeFile(join(workspace, 'train.mjs'), SPY);
    const defaults = Object.entries(readActionFile('train-model').inputs).map<[string, string]>(
      ([name, { default: value = '' }]) => [
        name,
        value.includes('github.token')
          ? fake.defaultToken
          : value.includes('toJSON(matrix)')
            ? 'null'
            : value,
      ],
    );
    const inputs = {
      ...Object.fromEntries(defaults),
      model: 'digits',
      command: `${process.execPath} train.mjs`,
      outputs: 'model=model.onnx',
      reuse: 'never',
      'secret-environment': `API_KEY=${secret}`,
    };
    const child = spawn(process.execPath, [join(ROOT, 'actions/train-model/src/index.ts')], {
      cwd: workspace,
      env: {
        PATH: process.env['PATH'],
        ...environment,
        ...others,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value])),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    expect(exitCode, said).toBe(0);
    expect(JSON.parse(await readFile(join(workspace, 'found.json'), 'utf8'))).toEqual({
      names: [],
      commandFiles: [],
      values: [secret],
      given: 'yes',
      plain: 'seen',
    });
    // What the runner is told to mask is no part of the log that it shows.
    const shown = said.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(shown.filter((line) => line.startsWith('I have seen '))).toEqual(Array(5).fill('I have seen ***'));
    expect(shown).toContain('my key is ***');
    for (const value of [secret, ...hidden]) {
      expect(shown.join('\n')).not.toContain(value);
    }
    expect(await readFile(environment['GITHUB_ENV'] ?? '', 'utf8')).toBe('');
    expect(await readFile(environment['GITHUB_OUTPUT'] ?? '', 'utf8')).not.toContain('EVIL');
    const summary = await readFile(environment['GITHUB_STEP_SUMMARY'] ?? '', 'utf8');
    expect(summary).toContain('that was undone');
    const section = fake.world.artifacts.find(({ name }) => name.startsWith('trainyard.digits.training.'));
    expect(section).toBeDefined();
  }, 60_000);
});

describe('a credential in the checkout', () => {
  it('is told, as actions/checkout leaves it there, directly or in a file that is included', async () => {
    await using place = await openScratch();
    const git = (...words: string[]) => execFileSync('git', words, { cwd: place.directory, stdio: 'ignore' });
    expect(await findCheckoutCredentials(place.directory, signal)).toBeUndefined();
    git('init');
    expect(await findCheckoutCredentials(place.directory, signal)).toBeUndefined();
    git('config', 'http.https://github.com/.extraheader', 'AUTHORIZATION: basic c2VjcmV0');
    const notice = await findCheckoutCredentials(place.directory, signal);
    expect(notice).toMatch(
      /which the command can read\. Give actions\/checkout "persist-credentials: false"/,
    );
    expect(notice).not.toContain('c2VjcmV0');
    git('config', '--unset', 'http.https://github.com/.extraheader');
    expect(await findCheckoutCredentials(place.directory, signal)).toBeUndefined();
    const included = await place.write(
      'credentials.config',
      '[http "https://github.com/"]\n extraheader = AUTHORIZATION: basic c2VjcmV0\n',
    );
    git('config', `includeIf.gitdir:${place.directory}/.git.path`, included);
    expect(await findCheckoutCredentials(place.directory, signal)).toBeDefined();
  });
});

describe("the runner's command files", () => {
  it('hold afterwards what they held before, and what was written by others is told', async () => {
    await using place = await openScratch();
    const environment = {
      GITHUB_ENV: await place.write('env', 'MODE=test\n'),
      GITHUB_PATH: await place.write('path', ''),
      GITHUB_OUTPUT: join(place.directory, 'none'),
      GITHUB_STEP_SUMMARY: '',
    };
    const files = await noteCommandFiles(environment);
    expect(await files.restore()).toEqual([]);
    await writeFile(environment.GITHUB_ENV, 'LD_PRELOAD=/tmp/evil.so\n', { flag: 'a' });
    await rm(environment.GITHUB_PATH);
    expect(await files.restore()).toEqual(['GITHUB_ENV', 'GITHUB_PATH']);
    expect(await readFile(environment.GITHUB_ENV, 'utf8')).toBe('MODE=test\n');
    expect(await readFile(environment.GITHUB_PATH, 'utf8')).toBe('');
    expect(await files.restore()).toEqual([]);
  });
});

describe('the guard of the runner', () => {
  it('tells what could be read, and undoes what was written', async () => {
    await using place = await openScratch();
    const guard = async (environment: NodeJS.ProcessEnv) =>
      await guardRunner({ environment, workingDirectory: place.directory, signal });
    const path = await place.write('env', '');
    const runner = { GITHUB_ACTIONS: 'true', GITHUB_ENV: path };
    expect(await (await guard(runner)).finish()).toEqual([]);
    execFileSync('git', ['init'], { cwd: place.directory, stdio: 'ignore' });
    const name = 'http.https://github.com/.extraheader';
    execFileSync('git', ['config', name, 'AUTHORIZATION: basic c2VjcmV0'], { cwd: place.directory });
    const begun = await guard(runner);
    await writeFile(path, 'A=b');
    const [credentials, written] = await begun.finish();
    expect(credentials).toMatch(/persist-credentials/);
    expect(written).toMatch(/wrote to the runner's GITHUB_ENV: that was undone/);
    // In a terminal it is the user's own machine, and the user's own git.
    expect(await (await guard({})).finish()).toEqual([]);
  });
});
