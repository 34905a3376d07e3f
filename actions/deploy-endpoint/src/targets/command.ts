import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfrastructureError, UsageError } from '../../../../shared/errors.ts';
import type { CommandInputs } from '../inputs.ts';
import { takePort } from '../server/free-port.ts';
import { revisionFolder } from '../server/supervisor.ts';
import { type CommandOptions, fillWords, groupRuns, startServer, stopRecorded } from './command-process.ts';
import {
  type CommandRevision,
  type CommandState,
  readCommandState,
  writeCommandState,
} from './command-state.ts';
import { probe } from './local.ts';
import type { Deployable, EndpointTarget, Observation, Revision } from './target.ts';

export interface CommandTargetOptions extends CommandOptions {
  readonly command: CommandInputs;
  /** 0 takes a free one. */
  readonly port: number;
  /** Absolute; the commands run there. */
  readonly workingDirectory: string;
}

/** Who just ended may hold its port a moment longer. */
const PORT_RELEASE_MS = 5_000;
const POLL_MS = 100;

export const commandStatePath = (folder: string): string => join(folder, 'command.json');

/** Serves by the user's own commands. The old server ends before the new one starts: both want the same port. */
export class CommandTarget implements EndpointTarget {
  readonly kind = 'command';
  readonly dark = false;
  readonly #options: CommandTargetOptions;
  /** Those that this process started, by revision: only of them the exit code is known. */
  readonly #children = new Map<string, ChildProcess>();

  constructor(options: CommandTargetOptions) {
    this.#options = options;
  }

  folderOf(revision: string): string {
    return revisionFolder(this.#options.folder, revision);
  }

  async current(): Promise<Revision | undefined> {
    const { current } = await this.#read();
    return current === null
      ? undefined
      : { id: current.id, version: current.version, modelDigest: current.modelDigest };
  }

  async apply(deployable: Deployable): Promise<void> {
    const { command } = this.#options;
    const { current } = await this.#read();
    const { stop } = command;
    // What failed once would fail again: then the stop command counts that is given now, not the recorded one.
    const stopped = current && (current.stopFailed === true ? this.#withStop(current, stop) : current);
    if (stopped !== null) await this.#stop(stopped);
    await this.#write({ schemaVersion: 1, current: null, previous: stopped });

    const port = await this.#freePort();
    const values = { model: deployable.path, port };
    await this.#startAsCurrent(
      {
        id: deployable.id,
        version: deployable.version,
        modelDigest: deployable.modelDigest,
        start: fillWords(command.start, values),
        stop: stop === undefined ? null : fillWords(stop, values),
        served: values,
        readyUrl: command.readyUrl.replaceAll('{port}', String(port)),
        workingDirectory: this.#options.workingDirectory,
      },
      current,
    );
  }

  async observe(revision: string, signal: AbortSignal): Promise<Observation> {
    const { current } = await this.#read();
    if (current?.id !== revision) {
      return {
        state: 'failed',
        owner: 'infrastructure',
        reason: `The server of ${revision} is not started.`,
      };
    }
    const child = this.#children.get(revision);
    const code = child?.exitCode ?? child?.signalCode ?? null;
    if (code !== null && code !== 0) {
      const how = typeof code === 'number' ? `exited with ${code}` : `was ended by ${code}`;
      return this.#failed(`The start command ${how}.`);
    }
    const observation = await probe(current.readyUrl, new URL(current.readyUrl).origin, signal);
    if (observation.state === 'ready') return observation;
    if (current.stopFailed === true) {
      return this.#failed('It was told to stop, its stop command failed, and it does not answer.');
    }
    if (code === 0) {
      const ended = 'The start command ended with exit code 0 before it answered';
      // One that has left its server in the background, as `docker run -d` does, can only be ended by a stop command.
      if (current.stop === null && !groupRuns(current.pid)) {
        return this.#failed(
          `${ended}. Let it run as long as it serves; for one that leaves a server in the background, give "stop" as well.`,
        );
      }
      return { state: 'waiting', reason: `${observation.reason} ${ended}.` };
    }
    return observation;
  }

  /** There is no traffic to move: who was started has the port. */
  async shift(revision: string): Promise<string> {
    const { current } = await this.#read();
    if (current?.id === revision) return new URL(current.readyUrl).origin;
    throw new InfrastructureError(`The server of ${revision} is not started.`);
  }

  async restore(revision: string): Promise<string> {
    const { current, previous } = await this.#read();
    if (current?.id === revision) return new URL(current.readyUrl).origin;
    if (previous?.id !== revision) {
      throw new InfrastructureError(
        `There is no record of the revision ${revision}; it cannot be started again.`,
      );
    }
    if (current !== null) {
      await this.#stop(current);
      await this.#write({ schemaVersion: 1, current: null, previous });
    }
    await this.#startAsCurrent(previous, null);
    return new URL(previous.readyUrl).origin;
  }

  async confirm(revision: string): Promise<void> {
    const { current, previous } = await this.#read();
    if (current?.id !== revision) throw new InfrastructureError(`The server of ${revision} is not started.`);
    await this.#write({ schemaVersion: 1, current, previous: null });
    if (previous !== null) await rm(this.folderOf(previous.id), { recursive: true, force: true });
  }

  async remove(revision: string): Promise<void> {
    const { current, previous } = await this.#read();
    const before = previous?.id === revision ? null : previous;
    if (before !== null && (current === null || current.id === revision)) {
      // Nobody serves, where the step was killed after it had stopped the one before.
      await this.restore(before.id);
    } else {
      const stays = current?.id === revision ? null : current;
      if (current !== null && stays === null) await this.#stop(current);
      await this.#write({ schemaVersion: 1, current: stays, previous: before });
    }
    await rm(this.folderOf(revision), { recursive: true, force: true });
  }

  async #startAsCurrent(
    revision: Omit<CommandRevision, 'pid' | 'startTime'>,
    previous: CommandState['previous'],
  ): Promise<void> {
    const { child, pid, startTime } = await startServer(
      revision.start,
      revision.workingDirectory,
      this.#options,
    );
    this.#children.set(revision.id, child);
    await this.#write({ schemaVersion: 1, current: { ...revision, pid, startTime }, previous });
  }

  #withStop(revision: CommandRevision, stop: readonly string[] | undefined): CommandRevision {
    const words = stop === undefined ? null : fillWords(stop, revision.served ?? {});
    return { ...revision, stop: words, stopFailed: false };
  }

  async #stop(revision: CommandRevision): Promise<void> {
    await stopRecorded(revision, commandStatePath(this.#options.folder), this.#options);
  }

  #failed(why: string): Observation {
    const log = join(this.#options.folder, 'server.log');
    return { state: 'failed', owner: 'code', reason: `${why} Its output is in ${log}.` };
  }

  async #freePort(): Promise<number> {
    const { port } = this.#options;
    const deadline = Date.now() + PORT_RELEASE_MS;
    for (;;) {
      const taken = await takePort(port);
      if (taken !== undefined) return taken;
      if (Date.now() >= deadline) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new UsageError(`Port ${port} of 127.0.0.1 is in use by another program.`, {
      remedy:
        'Give another "port", 0 for a free one, or end that program. Trainyard ends nothing that it did not start.',
    });
  }

  #read(): Promise<CommandState> {
    return readCommandState(commandStatePath(this.#options.folder));
  }

  #write(state: CommandState): Promise<void> {
    return writeCommandState(commandStatePath(this.#options.folder), state);
  }
}
