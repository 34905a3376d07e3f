import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../actions/deploy-endpoint/src/server/control-client.ts';
import { startTimeOf } from '../../actions/deploy-endpoint/src/server/process-identity.ts';
import { readState } from '../../actions/deploy-endpoint/src/server/state-file.ts';
import { classifier } from './onnx-model.ts';
import { processesIn, until } from './processes.ts';
import { Scene } from './scene.ts';

const LINUX = process.platform === 'linux';
const signal = new AbortController().signal;
const folderOf = (scene: Scene): string => join(scene.workspace, '.trainyard', 'endpoints', 'digits');

async function stateOf(scene: Scene): Promise<NonNullable<Awaited<ReturnType<typeof readState>>>> {
  const state = await readState(folderOf(scene));
  if (state === undefined) throw new Error('The endpoint has no state file.');
  return state;
}

/** The processes of the workers: those of the scene without the supervisor. */
async function workersOf(scene: Scene): Promise<number[]> {
  const { pid } = await stateOf(scene);
  return (await processesIn(scene.folder)).filter((candidate) => candidate !== pid);
}

describe('post step', () => {
  it('ends its own revision, and with the last one the supervisor', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    await scene.publish(classifier({ scale: 5 }));
    const second = await scene.deploy();
    // v1 was ended by the deployment of v2: its own post step has nothing to end.
    await scene.post(first);
    expect(await scene.ask(second.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
    await scene.post(second);
    expect(await processesIn(scene.folder)).toEqual([]);
    await expect(readState(folderOf(scene))).resolves.toBeUndefined();
  }, 60_000);

  it('leaves the endpoint where keep-alive is true; trainyard stop ends it', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const deployment = await scene.deploy({ keepAlive: true });
    await scene.post(deployment);
    expect(await scene.ask(deployment.outcome.outputs['url'] ?? '', [0, 1])).toBe(20);
    expect(await scene.stop('other')).toEqual([]);
    expect(await scene.stop('digits')).toEqual(['digits']);
    expect(await processesIn(scene.folder)).toEqual([]);
    expect(await scene.stop()).toEqual([]);
    await expect(scene.stop('No Name')).rejects.toThrow(/Input "endpoint" is "No Name"/);
  }, 60_000);

  it('ends nothing where the step started nothing, and warns where it cannot', async () => {
    await using scene = await Scene.create();
    await scene.post({ state: new Map() });
    expect(scene.log.at(-1)).toMatch(/Nothing to end/);
    const folder = folderOf(scene);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'endpoint.json'), '{}');
    await scene.post({
      state: new Map([
        ['endpoint-folder', folder],
        ['revision', 'v1-00'],
      ]),
    });
    expect(scene.log.at(-1)).toMatch(
      /warning: The revision v1-00 could not be ended: The state file .* is not valid/,
    );
    await writeFile(join(folder, 'endpoint.json'), '');
    await expect(scene.stop()).rejects.toThrow(/is not valid/);
    await rm(join(folder, 'endpoint.json'));
  });

  it('gives the traffic back where the main step was killed between shift and confirmation', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const { outcome } = await scene.deploy();
    const url = outcome.outputs['url'] ?? '';
    const folder = folderOf(scene);
    const connection = await connect(folder, signal);
    const model = await scene.modelFile(classifier({ labels: [20n, 10n, 30n] }));
    await connection?.client.add(
      {
        id: 'v2-killed',
        model: 'digits',
        version: 'v2',
        modelDigest: 'a'.repeat(64),
        path: model.path,
        label: 'm',
      },
      signal,
    );
    await until('v2 serves', async () => {
      const status = await connection?.client.status(signal);
      return status?.revisions.some(({ id, state }) => id === 'v2-killed' && state === 'serving') === true;
    });
    await connection?.client.shift('v2-killed', outcome.body?.revision ?? null, signal);
    expect(await scene.ask(url, [1, 0])).toBe(20);
    await scene.post({
      state: new Map([
        ['endpoint-folder', folder],
        ['revision', 'v2-killed'],
      ]),
    });
    expect(await scene.ask(url, [1, 0])).toBe(10);
  }, 60_000);
});

describe('endpoint', () => {
  it('says which port is in use, and ends nobody', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(scene.deploy({ port })).rejects.toMatchObject({
      owner: 'configuration',
      message: `Port ${port} of 127.0.0.1 is in use by another program.`,
    });
    expect(other.listening).toBe(true);
    other.close();
    await until('the supervisor has ended', async () => (await processesIn(scene.folder)).length === 0);
  }, 60_000);

  it.skipIf(!LINUX)(
    'starts a worker that crashed again',
    async () => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      const { outcome } = await scene.deploy();
      const url = outcome.outputs['url'] ?? '';
      const [worker = 0] = await workersOf(scene);
      process.kill(worker, 'SIGKILL');
      await until('the worker is gone', async () => !(await processesIn(scene.folder)).includes(worker));
      const answer = await scene.ask(url, [1, 0]);
      expect([502, 503, 10]).toContain(answer);
      await until('it answers again', async () => (await scene.ask(url, [1, 0])) === 10);
    },
    60_000,
  );

  it.skipIf(!LINUX)(
    'gives up on a worker that crashes on and on, and replaces it without a rollback to it',
    async () => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      const { outcome } = await scene.deploy();
      const connection = await connect(folderOf(scene), signal);
      const failed = async (): Promise<boolean> => {
        for (const pid of await workersOf(scene)) {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It ended by itself in between.
          }
        }
        const status = await connection?.client.status(signal);
        return status?.revisions[0]?.state === 'failed';
      };
      await until('the revision has failed', failed);
      const url = outcome.outputs['url'] ?? '';
      expect(await scene.ask(url, [1, 0])).toBe(503);
      await scene.publish(classifier({ scale: 5 }));
      const second = await scene.deploy();
      expect(second.outcome).toMatchObject({ verdict: 'pass', outputs: { url, version: 'v2' } });
      expect(second.outcome.body?.steps[0]).toMatchObject({ name: 'probe', result: 'warn' });
      expect(second.outcome.body?.steps[0]?.detail).toMatch(/crashed 4 times/);
    },
    60_000,
  );

  it.skipIf(!LINUX)(
    'starts anew where the supervisor crashed, and says so',
    async () => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      await scene.deploy();
      const { pid } = await stateOf(scene);
      process.kill(pid, 'SIGKILL');
      // Its worker ends by itself: the channel to the supervisor closed.
      await until('all processes are gone', async () => (await processesIn(scene.folder)).length === 0);
      const { outcome } = await scene.deploy();
      expect(outcome).toMatchObject({ verdict: 'pass', body: { previousRevision: null } });
      expect(scene.log.join('')).toMatch(
        new RegExp(`The supervisor of the endpoint "digits" \\(process ${pid}\\) is gone`),
      );
    },
    60_000,
  );

  it.skipIf(!LINUX)(
    'is ended by trainyard stop also where the supervisor hangs',
    async () => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      await scene.deploy();
      const { pid } = await stateOf(scene);
      process.kill(pid, 'SIGSTOP');
      await expect(connect(folderOf(scene), AbortSignal.timeout(300))).rejects.toThrow();
      expect(await scene.stop()).toEqual(['digits']);
      expect(await processesIn(scene.folder)).toEqual([]);
    },
    90_000,
  );

  it('leaves a process alone that only has the number of a supervisor that is gone', async () => {
    await using scene = await Scene.create();
    const stranger = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    await once(stranger, 'spawn');
    const folder = folderOf(scene);
    await mkdir(folder, { recursive: true });
    const state = {
      schemaVersion: 1,
      endpoint: 'digits',
      pid: stranger.pid,
      startTime: 'another time',
      startedAt: '2026-11-22T12:00:00Z',
      port: 1,
      controlPort: 1,
      token: 't'.repeat(64),
    };
    await writeFile(join(folder, 'endpoint.json'), JSON.stringify(state));
    expect(await scene.stop()).toEqual([]);
    expect(await startTimeOf(stranger.pid ?? 0)).toBeDefined();
    stranger.kill('SIGKILL');
  });

  it('ends in a defined state when it is cancelled in the middle', async () => {
    await using scene = await Scene.create();
    await scene.publish(classifier());
    const first = await scene.deploy();
    await scene.publish(classifier({ scale: 5 }));
    const controller = new AbortController();
    const deploying = scene.deploy({}, { signal: controller.signal });
    await until('the new worker is started', async () => {
      const status = (await connect(folderOf(scene), signal))?.status;
      return (status?.revisions.length ?? 0) > 1;
    });
    controller.abort(new Error('cancelled'));
    const { outcome, state } = await deploying;
    expect(outcome).toMatchObject({ verdict: 'error', body: { rolledBack: true, alias: null } });
    expect(outcome.summary).toBe('Cancelled before it ended. Rolled back: "digits" serves v1.');
    expect(await scene.ask(first.outcome.outputs['url'] ?? '', [1, 0])).toBe(10);
    expect(await scene.production()).toBe('v1');
    await scene.post({ state });
    expect(await processesIn(scene.folder)).toHaveLength(LINUX ? 2 : 0);
  }, 60_000);

  it.skipIf(!LINUX)(
    'gives its processes no secret',
    async () => {
      await using scene = await Scene.create();
      await scene.publish(classifier());
      await scene.deploy();
      for (const pid of await processesIn(scene.folder)) {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
        expect(environment).not.toMatch(/hush|INPUT_|TOKEN/);
        expect(command).not.toContain((await stateOf(scene)).token);
      }
    },
    60_000,
  );

  it('lies in the temporary folder of a runner', async () => {
    await using scene = await Scene.create();
    scene.environment = {
      ...scene.environment,
      GITHUB_ACTIONS: 'true',
      RUNNER_TEMP: join(scene.folder, 'temp'),
    };
    await scene.publish(classifier());
    const { state } = await scene.deploy();
    expect(state.get('endpoint-folder')).toBe(join(scene.folder, 'temp', 'trainyard', 'endpoints', 'digits'));
  }, 60_000);
});
