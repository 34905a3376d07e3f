import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../../shared/errors.ts';
import type { Logger } from '../../../../shared/action/logger.ts';
import { createControlServer } from './control-server.ts';
import { type SupervisorAnswer, type SupervisorStart, supervisorStartSchema } from './messages.ts';
import { startTimeOf } from './process-identity.ts';
import { createProxy } from './proxy.ts';
import { createState, removeState } from './state-file.ts';
import { Supervisor } from './supervisor.ts';

/** A supervisor to which nobody brings a revision, because the step that started it died, ends by itself. */
const IDLE_MS = 60_000;

/** The channel to the action that starts the supervisor; `process` in a supervisor. */
export interface Channel {
  readonly pid: number;
  send?(message: SupervisorAnswer): unknown;
  once(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'SIGTERM', listener: () => void): unknown;
}

/** Runs a supervisor to its end: until its last revision is stopped, or it is told to stop. */
export async function runSupervisor(
  channel: Channel,
  logger: Logger,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const message = await new Promise<unknown>((resolve) => channel.once('message', resolve));
  const start = supervisorStartSchema.parse(message);
  const ended = Promise.withResolvers<undefined>();
  const idle = setTimeout(() => ended.resolve(undefined), IDLE_MS);
  const supervisor = new Supervisor({
    endpoint: start.endpoint,
    folder: start.folder,
    entry: start.workerEntry,
    // The rest of the job, and the supervisor, run on the same machine.
    threads: Math.max(1, Math.floor(availableParallelism() / 2)),
    onnxruntimePath: start.onnxruntimePath,
    environment,
    log: (line) => logger.info(line),
    onEmpty: () => ended.resolve(undefined),
  });
  const proxy = createProxy(() => supervisor.choose());
  const url = (): string => `http://127.0.0.1:${portOf(proxy)}`;
  const control = createControlServer(supervisor, start.token, url);
  control.once('request', () => clearTimeout(idle));
  channel.once('SIGTERM', () => {
    supervisor.stopAll().catch((error: unknown) => {
      logger.warning(`a revision could not be stopped: ${messageOf(error)}`);
      ended.resolve(undefined);
    });
  });
  try {
    if (await open(channel, start, proxy, control)) {
      logger.info(`endpoint "${start.endpoint}" on ${url()}, process ${channel.pid}`);
      await ended.promise;
      await removeState(start.folder);
      await rm(join(start.folder, 'revisions'), { recursive: true, force: true });
      logger.info(`endpoint "${start.endpoint}" ended`);
    }
  } finally {
    clearTimeout(idle);
    proxy.close();
    proxy.closeIdleConnections();
    control.close();
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Takes the port and the state file, and tells the action how that went. */
async function open(
  channel: Channel,
  start: SupervisorStart,
  proxy: Server,
  control: Server,
): Promise<boolean> {
  const failed = (code: 'port-in-use' | 'already-started' | 'other', message: string): false => {
    channel.send?.({ type: 'failed', code, message });
    return false;
  };
  try {
    await listen(proxy, start.port);
    await listen(control, 0);
    const created = await createState(start.folder, {
      schemaVersion: 1,
      endpoint: start.endpoint,
      pid: channel.pid,
      startTime: (await startTimeOf(channel.pid)) ?? null,
      startedAt: new Date().toISOString(),
      port: portOf(proxy),
      controlPort: portOf(control),
      token: start.token,
    });
    if (!created)
      return failed('already-started', 'Another deployment started this endpoint at the same time.');
    channel.send?.({ type: 'started' });
    return true;
  } catch (error) {
    const inUse =
      error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
    return failed(inUse ? 'port-in-use' : 'other', messageOf(error));
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
