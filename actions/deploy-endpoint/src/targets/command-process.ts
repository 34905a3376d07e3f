import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, messageOf, SubjectError } from '../../../../shared/errors.ts';
import { endProcess, startTimeOf } from '../server/process-identity.ts';
import { type CommandRevision, readCommandState, writeCommandState } from './command-state.ts';

export interface CommandOptions {
  /** Where the log lies. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A server that was told to end has so long before it is killed. */
const STOP_GRACE_MS = 10_000;
/** The user's stop command has so long. */
const STOP_COMMAND_TIMEOUT_MS = 60_000;

/** Puts the values into each word. A word stays one word, whatever the value holds. */
export function fillWords(
  words: readonly string[],
  values: { readonly model?: string; readonly port?: number },
): string[] {
  return words.map((word) =>
    word.replace(/\{(model|port)\}/g, (all, name: 'model' | 'port') => String(values[name] ?? all)),
  );
}

/** Whether anything of the process group that a start command made still runs. */
export function groupRuns(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

/** Starts a server in a process group of its own, which outlives this process. */
export async function startServer(
  words: readonly string[],
  workingDirectory: string,
  options: CommandOptions,
): Promise<{ child: ChildProcess; pid: number; startTime: string | null }> {
  const child = await launch(words, workingDirectory, options);
  child.unref();
  const pid = child.pid ?? 0;
  return { child, pid, startTime: (await startTimeOf(pid)) ?? null };
}

async function launch(
  [program = '', ...parameters]: readonly string[],
  workingDirectory: string,
  options: CommandOptions,
): Promise<ChildProcess> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  await using log = await open(join(options.folder, 'server.log'), 'a', 0o600);
  const child = spawn(program, parameters, {
    cwd: workingDirectory,
    env: options.environment,
    detached: true,
    shell: false,
    stdio: ['ignore', log.fd, log.fd],
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new SubjectError('code', `The command "${program}" cannot be started: ${messageOf(cause)}`, {
      remedy: 'Name a program that is on PATH, or a path relative to the working directory.',
      cause,
    });
  }
  return child;
}

/** Ends the server that a state file records as the current one, and notes there where its stop command fails. */
export async function stopRecorded(
  revision: CommandRevision,
  path: string,
  options: CommandOptions,
): Promise<void> {
  try {
    await stopServer(revision, options);
  } catch (error) {
    const { previous } = await readCommandState(path);
    await writeCommandState(path, { schemaVersion: 1, current: { ...revision, stopFailed: true }, previous });
    throw error;
  }
}

/** Ends a server: by the user's stop command where there is one, and in any case what is left of its process group. */
async function stopServer(revision: CommandRevision, options: CommandOptions): Promise<void> {
  try {
    if (revision.stop !== null) await runStop(revision.stop, revision.workingDirectory, options);
  } finally {
    await endProcess({ pid: revision.pid, startTime: revision.startTime, group: true }, STOP_GRACE_MS);
  }
}

async function runStop(
  words: readonly string[],
  workingDirectory: string,
  options: CommandOptions,
): Promise<void> {
  const child = await launch(words, workingDirectory, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_COMMAND_TIMEOUT_MS);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  clearTimeout(timer);
  if (child.exitCode !== 0) {
    const how =
      child.exitCode === null
        ? `was ended by ${child.signalCode ?? 'a signal'}`
        : `exited with ${child.exitCode}`;
    throw new InfrastructureError(`The stop command "${words[0] ?? ''}" ${how}.`, {
      remedy: `Its output is in ${join(options.folder, 'server.log')}. What "start" left in its own process group was ended; give another "stop" with the next deployment; or, once nothing else of it runs, delete ${join(options.folder, 'command.json')}.`,
    });
  }
}
