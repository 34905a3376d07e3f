import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, UsageError } from '../../../../shared/errors.ts';
import { strippedEnvironment } from './environment.ts';
import { type SupervisorAnswer, supervisorAnswerSchema, type SupervisorStart } from './messages.ts';

export interface Programs {
  readonly supervisor: string;
  readonly worker: string;
}

export interface LaunchOptions {
  readonly endpoint: string;
  readonly folder: string;
  readonly port: number;
  readonly keepAlive: boolean;
  readonly onnxruntimePath: string;
  readonly programs: Programs;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const TOKEN_BYTES = 32;
/** Two ports and one file: a second is long, and a machine may be busy. */
const START_TIMEOUT_MS = 30_000;

/** Starts the supervisor of an endpoint, which outlives this process. Returns when it owns its port. */
export async function launchSupervisor(options: LaunchOptions): Promise<void> {
  const { endpoint, folder, port } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using log = await open(join(folder, 'supervisor.log'), 'a', 0o600);
  const child = spawn(process.execPath, [options.programs.supervisor], {
    cwd: folder,
    env: strippedEnvironment(options.environment, options.keepAlive),
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  const start: SupervisorStart = {
    type: 'start',
    endpoint,
    folder,
    port,
    token: randomBytes(TOKEN_BYTES).toString('hex'),
    workerEntry: options.programs.worker,
    onnxruntimePath: options.onnxruntimePath,
  };
  try {
    const answer = await answerOf(child, start, options.signal);
    if (answer.type === 'started') return;
    if (answer.code === 'port-in-use') {
      throw new UsageError(`Port ${port} of 127.0.0.1 is in use by another program.`, {
        remedy:
          'Give another "port", 0 for a free one, or end that program. Trainyard ends nothing that it did not start.',
      });
    }
    throw new InfrastructureError(`The endpoint "${endpoint}" could not be started: ${answer.message}`);
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function answerOf(
  child: ChildProcess,
  start: SupervisorStart,
  signal: AbortSignal,
): Promise<SupervisorAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => (): void =>
      reject(new InfrastructureError(`The supervisor ${why} before it started.`));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
    limit.addEventListener('abort', fail('was stopped, or took too long,'), { once: true });
    child.once('exit', fail('ended'));
    child.once('error', reject);
    child.once('message', (message) => {
      const parsed = supervisorAnswerSchema.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else reject(parsed.error);
    });
    child.send(start, (error) => {
      if (error !== null) reject(error);
    });
  });
}
