import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { variableOf } from '../../../shared/action/inputs.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { pullRequestPayload, pushPayload } from '../../github/payloads.ts';
import { readActionFile, ROOT } from '../../harness/action-file.ts';
import { parseCommandFile } from '../../harness/step.ts';

/** Says by a file that it ran, so that a training that was not run again shows. */
const TRAIN = `
  import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
  mkdirSync('out', { recursive: true });
  writeFileSync('out/model.bin', 'weights of ' + readFileSync('data/rows.csv', 'utf8'));
  writeFileSync('out/metrics.json', JSON.stringify({ accuracy: 0.97 }));
  writeFileSync('trained', '');
`;
const ROWS = '1\n';
const POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:${createHash('sha256').update(ROWS).digest('hex')}
size ${ROWS.length}
`;

let directory: string;
let fake: FakeGitHub;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-promote-')));
  fake = await startFakeGitHub();
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function git(workspace: string, ...words: string[]): string {
  return execFileSync('git', ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com', ...words], {
    cwd: workspace,
    encoding: 'utf8',
  }).trim();
}

/** A checkout of the project on a runner of its own. */
async function checkOut(name: string, script: string): Promise<string> {
  const workspace = join(directory, name, 'workspace');
  await mkdir(join(workspace, 'data'), { recursive: true });
  await writeFile(join(workspace, 'train.mjs'), script);
  await writeFile(join(workspace, 'data/rows.csv'), POINTER);
  await writeFile(join(workspace, '.gitignore'), 'out\ntrained\n');
  git(workspace, 'init', '--quiet', '--initial-branch=main');
  git(workspace, 'add', '.');
  git(workspace, 'commit', '--quiet', '--message', 'project');
  return workspace;
}

interface Ended {
  readonly exitCode: number | null;
  readonly outputs: Record<string, string>;
  readonly stdout: string;
}

/** Runs the action from its source as a step of a run. */
async function step(
  name: string,
  workspace: string,
  event: Partial<Parameters<FakeGitHub['environment']>[0]>,
): Promise<Ended> {
  const token = fake.token({
    permissions: { actions: 'read', contents: 'read', 'pull-requests': 'write', statuses: 'write' },
  });
  const environment = await fake.environment({
    directory: join(directory, name),
    workspace,
    token,
    ...event,
  });
  const defaults = Object.entries(readActionFile('train-model').inputs).map<[string, string]>(
    ([input, { default: value = '' }]) => [
      input,
      value.includes('github.token') ? token : value.includes('toJSON(matrix)') ? 'null' : value,
    ],
  );
  const inputs = {
    ...Object.fromEntries(defaults),
    model: 'digits',
    command: `${process.execPath} train.mjs`,
    outputs: 'model=out/model.bin',
    metrics: 'out/metrics.json',
    seed: '7',
    'data-paths': 'data',
  };
  const child = spawn(process.execPath, [join(ROOT, 'actions/train-model/src/index.ts')], {
    cwd: workspace,
    env: {
      PATH: process.env['PATH'],
      ...environment,
      ...Object.fromEntries(Object.entries(inputs).map(([input, value]) => [variableOf(input), value])),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [stdout, [exitCode]] = await Promise.all([text(child.stdout), closed]);
  const outputs = parseCommandFile(await readFile(environment['GITHUB_OUTPUT'] ?? '', 'utf8'));
  return { exitCode, outputs, stdout };
}

it('promotes on main what a pull request trained, without training and without pulling the data', async () => {
  const pull = await checkOut('pull', TRAIN);
  const sha = git(pull, 'rev-parse', 'HEAD');
  const request = fake.pullRequests.add({ head: { sha } });
  // The pull request's runner has pulled the data; git sees the file that its pointer stands for.
  git(pull, 'update-index', '--assume-unchanged', 'data/rows.csv');
  await writeFile(join(pull, 'data/rows.csv'), ROWS);
  const trained = await step('pull', pull, {
    runId: 7,
    event: 'pull_request',
    sha,
    headSha: sha,
    ref: 'refs/pull/1/merge',
    payload: pullRequestPayload(fake, request),
  });
  expect(trained).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', reused: 'false' } });
  expect(existsSync(join(pull, 'trained'))).toBe(true);
  // Main may read no cache of a pull request.
  fake.world.caches.splice(0);

  const main = await checkOut('main', TRAIN);
  const merged = git(main, 'rev-parse', 'HEAD');
  const promoted = await step('main', main, { runId: 8, sha: merged, payload: pushPayload(merged) });
  expect(promoted).toMatchObject({
    exitCode: 0,
    outputs: {
      verdict: 'pass',
      reused: 'true',
      fingerprint: trained.outputs['fingerprint'],
      'model-digest': trained.outputs['model-digest'],
    },
  });
  expect(promoted.stdout).toContain('https://github.com/acme/digits/actions/runs/7');
  expect(existsSync(join(main, 'trained'))).toBe(false);
  expect(await readFile(join(main, 'out/model.bin'), 'utf8')).toBe('weights of 1\n');

  // Other code is another training, and the step names what changed.
  const next = await checkOut('next', `${TRAIN}\n// changed`);
  await cp(join(pull, 'data'), join(next, 'data'), { recursive: true });
  git(next, 'update-index', '--assume-unchanged', 'data/rows.csv');
  const head = git(next, 'rev-parse', 'HEAD');
  const anew = await step('next', next, { runId: 9, sha: head, payload: pushPayload(head) });
  expect(anew).toMatchObject({ exitCode: 0, outputs: { reused: 'false' } });
  expect(anew.outputs['fingerprint']).not.toBe(trained.outputs['fingerprint']);
});
