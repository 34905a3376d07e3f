import type { AddressInfo } from 'node:net';
import type { Logger } from '../../../../shared/action/logger.ts';
import { messageOf, SubjectError } from '../../../../shared/errors.ts';
import { loadOnnxRuntime } from '../../../../shared/onnx/load.ts';
import { openModel } from '../../../../shared/onnx/session.ts';
import { createInferenceServer } from './inference-server.ts';
import { type WorkerAnswer, workerStartSchema, type WorkerStart } from './messages.ts';

export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

/** Loads one model and serves it on a free port of 127.0.0.1. */
export async function startWorker(
  start: WorkerStart,
  logger: Logger,
  environment: NodeJS.ProcessEnv,
): Promise<Running> {
  const signal = new AbortController().signal;
  const runtime = await loadOnnxRuntime({ logger, environment, signal, path: start.onnxruntimePath });
  const model = await openModel(runtime, { path: start.path, label: start.label, threads: start.threads });
  const server = await createInferenceServer({
    name: start.model,
    version: start.version,
    revision: start.revision,
    runtime,
    model,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    async close() {
      server.server.closeAllConnections();
      await server.close();
      await model.close();
    },
  };
}

/** The channel to the parent process; `process` in a worker. */
export interface Channel {
  send?(message: WorkerAnswer): unknown;
  once(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

/**
 * Runs a worker to its end: it serves the model that its supervisor names, and ends when the channel to the
 * supervisor closes, whether the supervisor asked for it or died.
 */
export async function runWorker(
  channel: Channel,
  logger: Logger,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const gone = new Promise<void>((resolve) => channel.once('disconnect', resolve));
  const message = await new Promise<unknown>((resolve) => channel.once('message', resolve));
  try {
    const running = await startWorker(workerStartSchema.parse(message), logger, environment);
    channel.send?.({ type: 'listening', port: running.port });
    await gone;
    await running.close();
  } catch (error) {
    const owner = error instanceof SubjectError ? 'model' : 'infrastructure';
    channel.send?.({ type: 'failed', owner, message: messageOf(error) });
    await gone;
  }
}
