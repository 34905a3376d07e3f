import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { CommandInputs } from '../../actions/deploy-endpoint/src/inputs.ts';
import { fillWords } from '../../actions/deploy-endpoint/src/targets/command-process.ts';
import { classifier } from './onnx-model.ts';
import { processesIn, until } from './processes.ts';
import { Scene } from './scene.ts';
import { evaluation, training } from './sections.ts';

const SERVER = fileURLToPath(new URL('test-server.mjs', import.meta.url));
const LINUX = process.platform === 'linux';

const command = (...flags: string[]): CommandInputs => ({
  start: [process.execPath, SERVER, '{port}', ...flags],
  stop: undefined,
  readyUrl: 'http://127.0.0.1:{port}/ready',
});

const OVERRIDES = { target: 'command', goldenRows: undefined } as const;

describe('deploy-endpoint, target command', () => {
  it('starts a server, replaces it, and ends it with the post step', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy({ ...OVERRIDES, command: command() });
    expect(first.outcome).toMatchObject({
      verdict: 'pass',
      body: { target: 'command', strategy: 'recreate', smokeTest: { result: 'not-run' } },
    });
    await scene.publish(classifier({ scale: 5 }));
    const second = await scene.deploy({ ...OVERRIDES, command: command() });
    expect(second.outcome).toMatchObject({ verdict: 'pass', outputs: { version: 'v2' } });
    expect(await scene.production()).toBe('v2');
    if (LINUX) expect(await processesIn(scene.folder)).toHaveLength(1);
    await scene.post(first);
    if (LINUX) expect(await processesIn(scene.folder)).toHaveLength(1);
    await scene.post(second);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('starts the one before again when the new one does not become ready', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy({ ...OVERRIDES, command: command() });
    await scene.publish(classifier({ scale: 5 }));
    const options = { ...OVERRIDES, readyTimeoutMs: 2000 };
    const second = await scene.deploy({ ...options, command: command('--never-ready') });
    expect(second.outcome).toMatchObject({
      verdict: 'fail',
      body: { rolledBack: true },
      outputs: { version: 'v1' },
    });
    expect(second.outcome.summary).toMatch(
      /^The server was not ready within 2 s: It answers with status 404/,
    );
    const response = await fetch(`${first.outcome.outputs['url'] ?? ''}/ready`);
    expect(response.status).toBe(200);
    // A start command that fails is told at once.
    const third = await scene.deploy({ ...options, command: command('--exit', '3') });
    expect(third.outcome).toMatchObject({
      verdict: 'fail',
      blame: { owner: 'code' },
      body: { rolledBack: true },
    });
    expect(third.outcome.summary).toMatch(/The start command exited with 3/);
    expect(await scene.stop('digits')).toEqual(['digits']);
  }, 60_000);

  it('runs the stop command', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const marker = join(scene.workspace, 'stopped');
    const write = "require('fs').writeFileSync(process.argv[1], process.argv[2])";
    const stop = [process.execPath, '-e', write, marker, '{port}'];
    const deployment = await scene.deploy({ ...OVERRIDES, command: { ...command(), stop } });
    await scene.post(deployment);
    expect(await readFile(marker, 'utf8')).toBe(new URL(deployment.outcome.outputs['url'] ?? '').port);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('warns where the stop command fails', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const stop = [process.execPath, '-e', 'process.exit(5)'];
    const deployment = await scene.deploy({ ...OVERRIDES, command: { ...command(), stop } });
    await scene.post(deployment);
    expect(scene.log.at(-1)).toMatch(/could not be ended: The stop command ".*" exited with 5/);
    // What we started ourselves is ended all the same.
    if (LINUX) expect(await processesIn(scene.folder)).toEqual([]);
    // For the clean-up of this test, the stop command is taken out of the record.
    const path = join(scene.workspace, '.trainyard', 'endpoints', 'digits', 'command.json');
    const state = await readFile(path, 'utf8');
    await writeFile(path, state.replace(/"stop":\[[^\]]*\]/, '"stop":null'));
  }, 60_000);

  it('takes the stop command that is given after one has failed', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const failing = [process.execPath, '-e', 'process.exit(5)'];
    const first = await scene.deploy({ ...OVERRIDES, command: { ...command(), stop: failing } });
    const port = new URL(first.outcome.outputs['url'] ?? '').port;
    await expect(scene.stop('digits')).rejects.toThrow(/exited with 5/);
    const marker = join(scene.workspace, 'stopped');
    const write = "require('fs').appendFileSync(process.argv[1], process.argv[2] + ' ')";
    const stop = [process.execPath, '-e', write, marker, '{port}'];
    await scene.publish(classifier({ scale: 5 }));
    const second = await scene.deploy({ ...OVERRIDES, command: { ...command(), stop } });
    expect(second.outcome).toMatchObject({ verdict: 'pass', outputs: { version: 'v2' } });
    // Filled with what the server that it ended was started with.
    expect(await readFile(marker, 'utf8')).toBe(`${port} `);
    await scene.post(second);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('tells at once that a start command ended with 0 before it answered', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const startedAt = performance.now();
    const { outcome } = await scene.deploy({ ...OVERRIDES, command: command('--exit', '0') });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(outcome).toMatchObject({ verdict: 'fail', blame: { owner: 'code' } });
    expect(outcome.summary).toMatch(/^The start command ended with exit code 0 before it answered/);
  }, 60_000);

  it('waits for a server that the start command left in the background', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const launch =
      "require('child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'ignore' }).unref()";
    const start = [process.execPath, '-e', launch, SERVER, '{port}'];
    const stop = [
      process.execPath,
      '-e',
      "fetch('http://127.0.0.1:' + process.argv[1]).then((r) => r.text()).then((pid) => process.kill(Number(pid)))",
      '{port}',
    ];
    const deployment = await scene.deploy({ ...OVERRIDES, command: { ...command(), start, stop } });
    expect(deployment.outcome.verdict).toBe('pass');
    await scene.post(deployment);
  }, 60_000);

  it('says that a program does not exist, and which port is in use', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const missing = { ...command(), start: ['no-such-program-anywhere', '{port}'] };
    const { outcome } = await scene.deploy({ ...OVERRIDES, command: missing });
    expect(outcome).toMatchObject({ verdict: 'fail', blame: { owner: 'code' } });
    expect(outcome.summary).toMatch(/The command "no-such-program-anywhere" cannot be started/);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(scene.deploy({ ...OVERRIDES, command: command(), port })).rejects.toThrow(
      /^Port \d+ of 127.0.0.1 is in use/,
    );
    other.close();
  }, 60_000);

  it('refuses golden rows for a server that speaks another protocol', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const { outcome } = await scene.deploy({ target: 'command', command: command() });
    expect(outcome.summary).toMatch(/does not speak the Open Inference Protocol/);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('plans on a free port', async () => {
    await using scene = await Scene.create();
    const { reference } = await scene.modelFile(classifier());
    scene.sections = [training([reference], 'a'.repeat(64)), evaluation('a'.repeat(64))];
    const { outcome, state } = await scene.deploy({ ...OVERRIDES, mode: 'plan', command: command() });
    expect(outcome).toMatchObject({ verdict: 'pass', body: { strategy: 'smoke-serving' } });
    expect(existsSync(state.get('endpoint-folder') ?? '')).toBe(false);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('starts the one before again where the step was killed after it had stopped it', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy({ ...OVERRIDES, command: command() });
    const path = join(scene.workspace, '.trainyard', 'endpoints', 'digits', 'command.json');
    const state = JSON.parse(await readFile(path, 'utf8')) as { current: { pid: number } };
    process.kill(state.current.pid, 'SIGKILL');
    await until('nobody serves', async () => (await processesIn(scene.folder)).length === 0);
    await writeFile(path, JSON.stringify({ schemaVersion: 1, current: null, previous: state.current }));
    const killed = new Map(first.state).set('revision', 'v2-killed');
    await scene.post({ state: killed });
    const url = `${first.outcome.outputs['url'] ?? ''}/ready`;
    await until(
      'the first serves again',
      async () => (await fetch(url).catch(() => undefined))?.status === 200,
    );
    await scene.post(first);
    expect(await processesIn(scene.folder)).toEqual([]);
  }, 60_000);

  it('refuses a state file that is none', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const { outcome } = await scene.deploy({ ...OVERRIDES, command: command() });
    expect(outcome.verdict).toBe('pass');
    const path = join(scene.workspace, '.trainyard', 'endpoints', 'digits', 'command.json');
    const state = await readFile(path, 'utf8');
    await writeFile(path, '{');
    await expect(scene.stop()).rejects.toThrow(/state file .* is not valid/);
    await writeFile(path, state);
  }, 60_000);
});

describe('fillWords', () => {
  it('replaces in each word, and keeps words whole', () => {
    const words = ['serve', '--model={model}', '{port}', '{other}', '$(id)'];
    expect(fillWords(words, { model: '/a b/{port}', port: 80 })).toEqual([
      'serve',
      '--model=/a b/{port}',
      '80',
      '{other}',
      '$(id)',
    ]);
  });
});
